"""What the sound's files and making it have shown: its loudness and true peak as decoded, and warnings."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from preview_worker.contract import LoudnessFacts, WarningCode
from preview_worker.render.child.segment_file import Verdict
from preview_worker.render.child.sound import SILENCE_PEAK
from preview_worker.timeline.loudness import AIMS, TOLERANCE_LU, integrated_lufs, measured_powers
from preview_worker.timeline.model import MediaFacts, Note, SoundFacts, SoundTrack, Timeline, Voice
from preview_worker.timeline.sound_spans import SoundSpan
from preview_worker.timeline.time import SAMPLE_RATE_HZ
from preview_worker.timeline.voices import draft_voices

AUDIBLE_LIMITING_RATIO = 0.01
"""Share of the samples above which the limiter can be heard at work."""
CLIPPED_TENTHS = 3
"""A recording brought to full scale touches it in a tenth of a second or two; a clipped one more often."""
TRUNCATED_RATIO = 0.05
TRUNCATED_SAMPLES = SAMPLE_RATE_HZ // 5
"""A recording that lacks more than both breaks off; encoders and tags differ by less about a file's length."""
_FULL_SCALE = 1.0
_TENTH_SAMPLES = SAMPLE_RATE_HZ // 10


def loudness_of(track: SoundTrack, spans: Sequence[SoundSpan], verdicts: Sequence[Verdict]) -> LoudnessFacts:
    """The finished sound as decoded; a verdict for each span."""
    pieces = [
        (span.start_sample, span.end_sample - span.start_sample, verdict.loudness_db10)
        for span, verdict in zip(spans, verdicts, strict=True)
    ]
    lufs = integrated_lufs(measured_powers(pieces))
    peak = max((verdict.true_peak for verdict in verdicts), default=0.0)
    return LoudnessFacts(
        profile=track.profile,
        integrated_lufs=None if lufs is None else round(lufs, 1),
        true_peak_dbtp=round(20 * math.log10(peak), 1) if peak else None,
        gain_db=track.gain_db,
    )


def file_notes(timeline: Timeline, facts: MediaFacts) -> tuple[Note, ...]:
    """Notes on files that are silent, clipped or cut off before they came to us; nothing has to be mixed for them."""
    notes: list[Note] = []
    drafts = frozenset(draft_voices(facts).values())
    for voice in timeline.sound.voices:
        found = facts.get(voice.asset_id)
        if isinstance(found, SoundFacts):
            notes += _silent(voice, found)
            if voice.asset_id not in drafts:
                notes += _clipped(voice, found)
                notes += _truncated(voice, found)
    music = timeline.sound.music
    bed = facts.get(music.asset_id) if music is not None else None
    return (*notes, *_on_music(bed)) if isinstance(bed, SoundFacts) else tuple(notes)


def _on_music(bed: SoundFacts) -> Iterator[Note]:
    if bed.peak < SILENCE_PEAK:
        message = "There is nothing to hear in the music that was given."
        yield _note(WarningCode.AUDIO_SILENT, None, message, value=bed.peak, limit=SILENCE_PEAK)
    if (announced_samples := _lacking(bed)) is not None:
        yield _break(bed, announced_samples, "The music that was given", None, None)


def _silent(voice: Voice, found: SoundFacts) -> Iterator[Note]:
    if found.peak < SILENCE_PEAK:
        message = f"There is nothing to hear in the narration of step {voice.step_id}."
        at_ms = voice.start_sample * 1000 // SAMPLE_RATE_HZ
        yield _note(WarningCode.AUDIO_SILENT, voice.step_id, message, value=found.peak, limit=SILENCE_PEAK, at_ms=at_ms)


def _clipped(voice: Voice, found: SoundFacts) -> Iterator[Note]:
    """A note at the first of the tenths of a second that reach full scale."""
    full = [index for index, peak_db10 in enumerate(found.peak_db10) if peak_db10 >= 0]
    if found.peak < _FULL_SCALE or len(full) < CLIPPED_TENTHS:
        return
    into_voice = max(0, full[0] * _TENTH_SAMPLES - voice.source_start_sample)
    yield _note(
        WarningCode.AUDIO_CLIPPED,
        voice.step_id,
        f"The narration of step {voice.step_id} reaches full scale: it was recorded too loud.",
        value=found.peak,
        limit=_FULL_SCALE,
        at_ms=(voice.start_sample + into_voice) * 1000 // SAMPLE_RATE_HZ,
    )


def _truncated(voice: Voice, found: SoundFacts) -> Iterator[Note]:
    """A note at the place where a recording breaks off."""
    if (announced_samples := _lacking(found)) is not None:
        end_sample = voice.start_sample + voice.duration_samples
        at_ms = end_sample * 1000 // SAMPLE_RATE_HZ
        yield _break(found, announced_samples, f"The narration of step {voice.step_id}", voice.step_id, at_ms)


def _lacking(found: SoundFacts) -> int | None:
    """The length that a file says it has, where much of it isn't there."""
    announced_samples = found.announced_samples or 0
    lacking_samples = announced_samples - found.duration_samples
    breaks_off = lacking_samples > max(TRUNCATED_SAMPLES, TRUNCATED_RATIO * announced_samples)
    return announced_samples if breaks_off else None


def _break(found: SoundFacts, announced_samples: int, what: str, step_id: str | None, at_ms: int | None) -> Note:
    there_ms, announced_ms = (
        samples * 1000 // SAMPLE_RATE_HZ for samples in (found.duration_samples, announced_samples)
    )
    message = f"{what} breaks off after {there_ms / 1000:.1f} s; its file says {announced_ms / 1000:.1f} s."
    return _note(WarningCode.AUDIO_TRUNCATED, step_id, message, value=there_ms, limit=announced_ms, at_ms=at_ms)


def sound_notes(
    timeline: Timeline, facts: MediaFacts, verdicts: Sequence[Verdict], loudness: LoudnessFacts, *, whole: bool
) -> tuple[Note, ...]:
    """Notes on sound that isn't heard, was clipped before it came to us, is turned down a lot, or misses its loudness.

    Args:
        timeline: The plan.
        facts: Facts by asset id.
        verdicts: One for each span.
        loudness: The sound as measured.
        whole: Whether this is the whole tutorial: a part of it has the whole's gain, and a loudness of its own.
    """
    track = timeline.sound
    notes = list(file_notes(timeline, facts))
    is_told = any(note.code == WarningCode.AUDIO_SILENT for note in notes)
    if not is_told and all(verdict.silent for verdict in verdicts) and (track.voices or track.music is not None):
        message, peak = "There is nothing to hear in the sound.", max((verdict.peak for verdict in verdicts), default=0)
        notes.append(_note(WarningCode.AUDIO_SILENT, None, message, value=peak, limit=SILENCE_PEAK))
    share = sum(verdict.limited_samples for verdict in verdicts) / max(1, track.duration_samples)
    if share > AUDIBLE_LIMITING_RATIO:
        message = (
            f"The sound's peaks are high for its loudness: {share:.0%} of it had to be turned down by more than 3 dB."
        )
        notes.append(
            _note(WarningCode.AUDIO_CLIPPED, None, message, value=round(share, 3), limit=AUDIBLE_LIMITING_RATIO)
        )
    return (*notes, *_off(loudness)) if whole else tuple(notes)


def _off(loudness: LoudnessFacts) -> tuple[Note, ...]:
    aim, notes = AIMS[loudness.profile], []
    lufs, peak = loudness.integrated_lufs, loudness.true_peak_dbtp
    if lufs is not None and abs(lufs - aim.integrated_lufs) > TOLERANCE_LU:
        message = f"The sound has {lufs} LUFS instead of {aim.integrated_lufs:g}."
        notes.append(_note(WarningCode.LOUDNESS_OFF, None, message, value=lufs, limit=aim.integrated_lufs))
    if peak is not None and peak > aim.true_peak_dbtp:
        message = f"The sound's true peak is {peak} dBTP; at most {aim.true_peak_dbtp:g} is allowed."
        notes.append(_note(WarningCode.LOUDNESS_OFF, None, message, value=peak, limit=aim.true_peak_dbtp))
    return tuple(notes)


def _note(
    code: WarningCode,
    step_id: str | None,
    message: str,
    *,
    value: float,
    limit: float,
    at_ms: int | None = None,
) -> Note:
    return Note(
        code=code.value,
        step_id=step_id,
        at_ms=at_ms,
        message=message,
        value=value,
        limit=limit,
        hint=_HINTS[code],
    )


_HINTS = {
    WarningCode.AUDIO_SILENT: "Listen to the files: they may be empty, or recorded from another source.",
    WarningCode.AUDIO_CLIPPED: "Record it with less level, or export it without heavy peaks.",
    WarningCode.AUDIO_TRUNCATED: "Copy or export the file again: it was cut off on its way.",
    WarningCode.LOUDNESS_OFF: "Record the narration nearer to the microphone, evenly, and export it without silence.",
}
