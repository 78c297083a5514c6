"""A part of the timeline: `options.range` by steps or by times of the whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from preview_worker.contract import Range
from preview_worker.errors import InvalidPayloadError
from preview_worker.timeline.model import Chapter, Clip, Cue, Note, Segment, SoundTrack, Timeline, Voice
from preview_worker.timeline.time import FrameRange, frames_of_ms, ms_of_frames, sample_of_frame


def crop(timeline: Timeline, part: Range) -> Timeline:
    """The part of a timeline, beginning at 0; steps keep their numbers, whole segments keep their keys.

    A segment at a border of a range given in times is kept whole: the part begins and ends on segment borders.

    Raises:
        InvalidPayloadError: The range lies behind the video's end (permanent).
    """
    wanted = _wanted(timeline, part)
    segments = tuple(segment for segment in timeline.segments if len(wanted.overlap(segment.frames)))
    if not segments:
        raise InvalidPayloadError(
            f"options.range starts behind the video's end at {ms_of_frames(timeline.frames, timeline.rate)} ms.",
            pointer="/previewRequest/options/range",
        )
    kept = FrameRange(start=segments[0].frames.start, end=segments[-1].frames.end)
    return replace(
        timeline,
        frames=len(kept),
        clips=tuple(_clips(timeline.clips, kept)),
        cues=tuple(_cues(timeline.cues, kept)),
        chapters=tuple(_chapters(timeline.chapters, kept)),
        sound=_sound(timeline.sound, kept, timeline.rate),
        segments=tuple(_segments(segments, timeline.clips, kept)),
        notes=tuple(_notes(timeline, kept)),
    )


def _wanted(timeline: Timeline, part: Range) -> FrameRange:
    if part.from_step is not None or part.to_step is not None:
        by_id = {clip.step_id: clip.frames for clip in timeline.clips}
        first = by_id[part.from_step] if part.from_step is not None else timeline.clips[0].frames
        last = by_id[part.to_step] if part.to_step is not None else timeline.clips[-1].frames
        return FrameRange(start=first.start, end=max(first.start, last.end))
    start = frames_of_ms(part.start_ms or 0, timeline.rate)
    end = timeline.frames if part.end_ms is None else frames_of_ms(part.end_ms, timeline.rate)
    return FrameRange(start=start, end=max(start, min(end, timeline.frames)))


def _notes(timeline: Timeline, kept: FrameRange) -> Iterable[Note]:
    """Notes on the whole and on steps of the part, with their times counted from the part's start."""
    start_ms, end_ms = ms_of_frames(kept.start, timeline.rate), ms_of_frames(kept.end, timeline.rate)
    shown = {clip.step_id for clip in timeline.clips if len(kept.overlap(clip.frames))}
    for note in timeline.notes:
        if note.step_id is not None and note.step_id not in shown:
            continue
        if note.at_ms is None:
            yield note
        elif start_ms <= note.at_ms < end_ms:
            yield replace(note, at_ms=note.at_ms - start_ms)


def _part(frames: FrameRange, kept: FrameRange) -> FrameRange | None:
    """What a range shares with the part, counted from the part's start; None for nothing."""
    shared = frames.overlap(kept)
    return shared.shift(-kept.start) if len(shared) else None


def _clips(clips: Iterable[Clip], kept: FrameRange) -> Iterable[Clip]:
    for clip in clips:
        frames = _part(clip.frames, kept)
        if frames is not None:
            start = frames.start + kept.start - clip.frames.start
            yield replace(clip, frames=frames, source=FrameRange(start=start, end=start + len(frames)))


def _cues(cues: Iterable[Cue], kept: FrameRange) -> Iterable[Cue]:
    for cue in cues:
        frames = _part(cue.frames, kept)
        if frames is not None:
            yield replace(cue, frames=frames)


def _chapters(chapters: Iterable[Chapter], kept: FrameRange) -> Iterable[Chapter]:
    for chapter in chapters:
        frames = _part(chapter.frames, kept)
        if frames is not None:
            yield replace(chapter, frames=frames)


def _segments(segments: tuple[Segment, ...], clips: tuple[Clip, ...], kept: FrameRange) -> Iterable[Segment]:
    """Segments with clips counted anew: the first kept segment's clip is the part's first."""
    shown = [index for index, clip in enumerate(clips) if len(kept.overlap(clip.frames))]
    for segment in segments:
        frames = segment.frames.shift(-kept.start)
        yield replace(segment, frames=frames, clip_index=segment.clip_index - shown[0])


def _sound(sound: SoundTrack, kept: FrameRange, rate: Fraction) -> SoundTrack:
    """Voices that are heard in the part; one that began before it is heard from where it has got to."""
    start, end = sample_of_frame(kept.start, rate), sample_of_frame(kept.end, rate)
    voices = tuple(
        _voice(voice, start)
        for voice in sound.voices
        if voice.start_sample < end and voice.start_sample + voice.duration_samples > start
    )
    return replace(sound, duration_samples=end - start, voices=voices)


def _voice(voice: Voice, start: int) -> Voice:
    begun = max(0, start - voice.start_sample)
    return replace(
        voice,
        start_sample=max(0, voice.start_sample - start),
        source_start_sample=voice.source_start_sample + begun,
        duration_samples=voice.duration_samples - begun,
    )
