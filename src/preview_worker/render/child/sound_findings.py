"""What making the sound has shown: its loudness and true peak as decoded, and warnings."""

from __future__ import annotations

import math
from collections.abc import Sequence

from preview_worker.contract import LoudnessFacts, WarningCode
from preview_worker.render.child.segment_file import Verdict
from preview_worker.timeline.loudness import AIMS, TOLERANCE_LU, integrated_lufs, measured_powers
from preview_worker.timeline.model import MediaFacts, Note, SoundFacts, SoundTrack, Timeline
from preview_worker.timeline.sound_spans import SoundSpan

AUDIBLE_LIMITING_RATIO = 0.01
"""Share of the samples above which the limiter can be heard at work."""
_FULL_SCALE = 1.0


def loudness_of(track: SoundTrack, spans: Sequence[SoundSpan], verdicts: Sequence[Verdict]) -> LoudnessFacts:
    """The finished sound as decoded; a verdict for each span."""
    pieces = [
        (span.end_sample - span.start_sample, verdict.loudness_db10)
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
    notes: list[Note] = []
    if all(verdict.silent for verdict in verdicts) and (track.voices or track.music is not None):
        notes.append(_note(WarningCode.AUDIO_SILENT, None, "There is nothing to hear in the sound that was given."))
    for voice in track.voices:
        found = facts.get(voice.asset_id)
        if isinstance(found, SoundFacts) and found.peak >= _FULL_SCALE:
            message = f"The narration of step {voice.step_id} reaches full scale: it was recorded too loud."
            notes.append(_note(WarningCode.AUDIO_CLIPPED, voice.step_id, message, value=found.peak, limit=_FULL_SCALE))
    share = sum(verdict.limited_samples for verdict in verdicts) / max(1, track.duration_samples)
    if share > AUDIBLE_LIMITING_RATIO:
        message = f"The sound's peaks are high for its loudness: {share:.0%} of it had to be turned down by more than 3 dB."
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
    value: float | None = None,
    limit: float | None = None,
) -> Note:
    return Note(
        code=code.value,
        step_id=step_id,
        at_ms=None,
        message=message,
        value=value,
        limit=limit,
        hint=_HINTS[code],
    )


_HINTS = {
    WarningCode.AUDIO_SILENT: "Listen to the files: they may be empty, or recorded from another source.",
    WarningCode.AUDIO_CLIPPED: "Record it with less level, or export it without heavy peaks.",
    WarningCode.LOUDNESS_OFF: "Record the narration nearer to the microphone, evenly, and export it without silence.",
}
