"""The timeline: from a request and the facts of its media to the whole plan, in frames.

`build_timeline` is pure. It can plan before anything was probed: unprobed narration is estimated from its words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from preview_worker.contract import PreviewRequest, Step, TransitionType
from preview_worker.errors import TooLongError
from preview_worker.timeline.brief import Brief, brief_of
from preview_worker.timeline.captions import reading_notes
from preview_worker.timeline.chapters import cut_chapters
from preview_worker.timeline.checks import asset_notes, refuse_wrong_media
from preview_worker.timeline.crop import crop
from preview_worker.timeline.duration import TITLE_CARD_MS, StepTiming, time_step
from preview_worker.timeline.loudness import AIMS, programme_gain_db
from preview_worker.timeline.model import (
    AssetFacts,
    Clip,
    Cue,
    MediaFacts,
    Music,
    Note,
    SoundFacts,
    SoundTrack,
    Timeline,
    Transition,
    Voice,
)
from preview_worker.timeline.palette import contrast_notes
from preview_worker.timeline.scenes import poster_scene, scene_of, title_scene
from preview_worker.timeline.segments import tile
from preview_worker.timeline.speech import refuse_wrong_timings, speech_of
from preview_worker.timeline.time import FrameRange, frames_of_ms, ms_of_frames, sample_of_frame

NO_TRANSITION = Transition(kind="cut", frames=0)
TITLE_STEP_ID = "title"
_KINDS: dict[TransitionType, Literal["cut", "crossfade", "fade", "slide"]] = {
    TransitionType.CUT: "cut",
    TransitionType.CROSSFADE: "crossfade",
    TransitionType.FADE: "fade",
    TransitionType.SLIDE: "slide",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Track:
    """Clips with their captions and voices while they are laid end to end."""

    clips: tuple[Clip, ...]
    cues: tuple[Cue, ...]
    voices: tuple[Voice, ...]
    notes: tuple[Note, ...]


def build_timeline(request: PreviewRequest, facts: MediaFacts, *, encoding: str, max_duration_ms: int) -> Timeline:
    """Plan a whole video.

    Args:
        request: The validated request.
        facts: What is known of each asset, by id (``path:<path>`` for a visual given by path).
        encoding: Identity of encoder, drawing code and versions, part of every segment's key.
        max_duration_ms: The longest video allowed.

    Raises:
        AssetError: A picture is to be heard, or a sound to be seen (permanent).
        TooLongError: The tutorial is longer than allowed (permanent).
    """
    refuse_wrong_media(request, facts)
    refuse_wrong_timings(request, facts)
    brief = brief_of(request, facts)
    timings = tuple(_timing(brief, step) for step in request.steps)
    _check_length(sum(timing.frames for timing in timings), brief.rate, max_duration_ms)
    track = _lay_out(brief, timings) if request.steps else _title_only(brief)
    frames = track.clips[-1].frames.end
    timeline = Timeline(
        rate=brief.rate,
        width_px=brief.frame.width_px,
        height_px=brief.frame.height_px,
        frames=frames,
        clips=track.clips,
        cues=track.cues,
        chapters=cut_chapters(request.steps, [clip.frames for clip in track.clips], language=request.language),
        sound=_sound(brief, track.voices, sample_of_frame(frames, brief.rate)),
        segments=tile(track.clips, brief.rate, encoding),
        poster=poster_scene(brief),
        notes=(*track.notes, *contrast_notes(request.options.theme), *asset_notes(request, facts)),
    )
    return timeline if request.options.range is None else crop(timeline, request.options.range)


def _timing(brief: Brief, step: Step) -> StepTiming:
    return time_step(step, _narration(brief, step), language=brief.request.language, rate=brief.rate)


def _narration(brief: Brief, step: Step) -> AssetFacts | None:
    return brief.facts_of(brief.narration_id(step))


def _check_length(frames: int, rate: Fraction, max_duration_ms: int) -> None:
    length_ms = ms_of_frames(frames, rate)
    if length_ms > max_duration_ms:
        raise TooLongError(
            f"The tutorial would last {length_ms / 1000:.1f} s; at most {max_duration_ms / 1000:.0f} s are allowed.",
            pointer="/previewRequest/steps",
            hint="Split it into chapters, shorten its steps, or raise PREVIEW_MAX_DURATION_S.",
        )


def _lay_out(brief: Brief, timings: Sequence[StepTiming]) -> _Track:
    clips: list[Clip] = []
    cues: list[Cue] = []
    voices: list[Voice] = []
    notes: list[Note] = []
    start = 0
    for index, (step, timing) in enumerate(zip(brief.request.steps, timings, strict=True)):
        frames = FrameRange(start=start, end=start + timing.frames)
        speech = speech_of(brief, step, timing)
        local_cues = speech.cues(rate=brief.rate, language=brief.request.language)
        burned = local_cues if brief.request.options.include_captions else ()
        step_cues = tuple(replace(cue, frames=cue.frames.shift(start)) for cue in local_cues)
        scene, scene_notes = scene_of(brief, speech.anchored(), timing.frames, burned)
        clips.append(
            Clip(
                step_id=step.id,
                step_index=index,
                title=step.title,
                frames=frames,
                source=FrameRange(start=0, end=timing.frames),
                transition=_transition(step, timing, timings[index - 1] if index else None, brief.rate),
                scene=scene,
                before=clips[-1].scene if clips else None,
                speech=timing.speech,
                estimated=timing.estimated,
            )
        )
        cues.extend(step_cues)
        voices.extend(_voice(brief, step, timing, start))
        notes.extend((*timing.notes, *speech.notes))
        notes.extend(_later(note, ms_of_frames(start, brief.rate)) for note in scene_notes)
        notes.extend(reading_notes(step_cues, brief.rate))
        start = frames.end
    return _Track(clips=tuple(clips), cues=tuple(cues), voices=tuple(voices), notes=tuple(notes))


def _later(note: Note, start_ms: int) -> Note:
    """A scene's note with its time counted from the video's start instead of the step's."""
    return note if note.at_ms is None else replace(note, at_ms=note.at_ms + start_ms)


def _transition(step: Step, timing: StepTiming, before: StepTiming | None, rate: Fraction) -> Transition:
    """A step's transition, clamped to half of the shorter neighbour; on the first step only a fade from black."""
    kind = step.transition.type
    if kind is TransitionType.CUT or (before is None and kind is not TransitionType.FADE):
        return NO_TRANSITION
    shorter = timing.frames if before is None else min(timing.frames, before.frames)
    frames = min(frames_of_ms(step.transition.duration_ms, rate), shorter // 2)
    return Transition(kind=_KINDS[kind], frames=frames) if frames else NO_TRANSITION


def _voice(brief: Brief, step: Step, timing: StepTiming, start: int) -> tuple[Voice, ...]:
    facts = _narration(brief, step)
    asset_id = brief.narration_id(step)
    if not isinstance(facts, SoundFacts) or asset_id is None:
        return ()
    return (
        Voice(
            asset_id=asset_id,
            step_id=step.id,
            start_sample=sample_of_frame(start, brief.rate) + timing.voice_lead_samples,
            source_start_sample=0,
            duration_samples=facts.duration_samples,
        ),
    )


def _sound(brief: Brief, voices: tuple[Voice, ...], duration_samples: int) -> SoundTrack:
    """The sound track, with the gain that brings it to its profile's loudness."""
    profile = brief.request.audio.profile
    track = SoundTrack(duration_samples=duration_samples, voices=voices, music=_music(brief), profile=profile)
    return replace(track, gain_db=programme_gain_db(track, brief.facts, AIMS[profile]))


def _music(brief: Brief) -> Music | None:
    music = brief.request.audio.music
    if music is None or not isinstance(brief.facts_of(music.asset_id), SoundFacts):
        return None
    return Music(asset_id=music.asset_id, gain_db=music.gain_db, duck_db=music.duck_db)


def _title_only(brief: Brief) -> _Track:
    """A payload without steps shows its title card for three seconds."""
    frames = frames_of_ms(TITLE_CARD_MS, brief.rate)
    clip = Clip(
        step_id=TITLE_STEP_ID,
        step_index=0,
        title=brief.request.title,
        frames=FrameRange(start=0, end=frames),
        source=FrameRange(start=0, end=frames),
        transition=NO_TRANSITION,
        scene=title_scene(brief, frames, enters=True),
        before=None,
        speech=FrameRange(start=0, end=0),
        estimated=False,
    )
    return _Track(clips=(clip,), cues=(), voices=(), notes=())
