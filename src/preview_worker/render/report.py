"""preview.json: what was planned or made, as the contract's report. Pure: clock and host come from the caller."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from preview_worker.contract import (
    Build,
    CacheFacts,
    LoudnessFacts,
    PreviewRequest,
    Report,
    Step,
    StepKind,
    StepTiming,
    VideoFacts,
    spoken,
)
from preview_worker.contract import Chapter as ReportedChapter
from preview_worker.render.encoding import EncodingProfile, library_versions, version_of
from preview_worker.render.noted import not_rendered, warnings_of
from preview_worker.timeline.checks import placed_notes
from preview_worker.timeline.fingerprints import fingerprints, title_card_fingerprints
from preview_worker.timeline.model import AssetFacts, Clip, MediaFacts, Note, SoundFacts, Timeline
from preview_worker.timeline.time import SAMPLE_RATE_HZ, ms_of_frames
from preview_worker.timeline.voices import draft_voice_name

DISTRIBUTION = "mobius-preview-worker"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobNames:
    """How the job is called."""

    job_id: str
    project_id: str
    request_id: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """How the work on an edition is shared with the others of its job.

    Attributes:
        keys: Keys of the segments that were made for another edition.
        drawn_frames: Frames that were drawn and encoded for this one.
        prepared_pictures: Pictures that were decoded and scaled for this one.
    """

    keys: frozenset[str] = frozenset()
    drawn_frames: int = 0
    prepared_pictures: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a render found out beyond the plan; all empty for a plan.

    Attributes:
        notes: Warnings of the drawing, the encoder's check and the sound.
        size_bytes: Length of the video.
        cached_keys: Keys of the segments that were there already.
        loudness: The sound as measured.
        shares: What was made for this edition, and what for others.
    """

    notes: tuple[Note, ...] = ()
    size_bytes: int | None = None
    cached_keys: frozenset[str] | None = None
    loudness: LoudnessFacts | None = None
    shares: Shares = Shares()


def build_report(
    kind: Literal["preview", "plan"],
    names: JobNames,
    request: PreviewRequest,
    facts: MediaFacts,
    timeline: Timeline,
    profile: EncodingProfile,
    outcome: Outcome,
) -> Report:
    """The report of a preview or plan, without timings and host."""
    found = (*timeline.notes, *outcome.notes, *not_rendered(request, facts))
    notes = placed_notes(found, timeline.clips, timeline.rate)
    return Report(
        kind=kind,
        job_id=names.job_id,
        project_id=names.project_id,
        request_id=names.request_id,
        chapter_id=request.chapter_id,
        digest=names.digest,
        title=request.title,
        language=request.language,
        build=build_facts(),
        video=_video(timeline, profile, outcome),
        steps=_steps(request, facts, timeline, outcome, notes),
        chapters=_chapters(timeline),
        part=request.options.range is not None,
        warnings=warnings_of(notes),
        loudness=outcome.loudness,
        draft_voice=draft_voice_name(facts),
        cache=_cache(timeline, outcome),
        metadata=request.metadata,
        step_metadata={step.id: step.metadata for step in request.steps if step.metadata},
    )


def _steps(
    request: PreviewRequest, facts: MediaFacts, timeline: Timeline, outcome: Outcome, notes: Iterable[Note]
) -> tuple[StepTiming, ...]:
    counts = Counter(note.step_id for note in notes)
    by_id = {step.id: step for step in request.steps}
    prints, card = fingerprints(request, facts), title_card_fingerprints(request, facts)
    return tuple(
        _step(clip, by_id.get(clip.step_id), facts, timeline, outcome, counts).model_copy(
            update={"fingerprints": prints.get(clip.step_id, card)}
        )
        for clip in timeline.clips
    )


def _chapters(timeline: Timeline) -> tuple[ReportedChapter, ...]:
    return tuple(
        ReportedChapter(
            title=chapter.title,
            start_ms=ms_of_frames(chapter.frames.start, timeline.rate),
            end_ms=ms_of_frames(chapter.frames.end, timeline.rate),
        )
        for chapter in timeline.chapters
    )


def build_facts() -> Build:
    """Version of the product and of every library that decides bytes."""
    return Build(version=version_of(DISTRIBUTION), libraries=library_versions())


def _step(
    clip: Clip,
    step: Step | None,
    facts: MediaFacts,
    timeline: Timeline,
    outcome: Outcome,
    counts: Mapping[str | None, int],
) -> StepTiming:
    keys = [segment.key for segment in timeline.segments if timeline.clips[segment.clip_index] is clip]
    said = next((voice.asset_id for voice in timeline.sound.voices if voice.step_id == clip.step_id), None)
    sound = facts.get(said or "")
    cached = outcome.cached_keys
    return StepTiming(
        id=clip.step_id,
        index=clip.step_index,
        kind=step.kind if step is not None else StepKind.INTRO,
        title=clip.title,
        start_ms=ms_of_frames(clip.frames.start, timeline.rate),
        duration_ms=ms_of_frames(clip.frames.end, timeline.rate) - ms_of_frames(clip.frames.start, timeline.rate),
        start_frame=clip.frames.start,
        frames=len(clip.frames),
        duration_source=_duration_source(clip, step, sound),
        words=len(spoken(step).split()) if step is not None else 0,
        narration_ms=_narration_ms(clip, sound, timeline.rate),
        draft_voice=said is not None and step is not None and said != step.narration_asset_id,
        asset_ids=_asset_ids(step),
        cached=None if cached is None else all(key in cached for key in keys),
        warning_count=counts.get(clip.step_id, 0),
    )


def _duration_source(
    clip: Clip, step: Step | None, sound: AssetFacts | None
) -> Literal["payload", "narration", "estimate", "minimum"]:
    if step is None:
        return "minimum"
    if step.duration_ms is not None:
        return "payload"
    if isinstance(sound, SoundFacts):
        return "narration"
    return "estimate" if clip.estimated and spoken(step) else "minimum"


def _narration_ms(clip: Clip, sound: AssetFacts | None, rate: Fraction) -> int | None:
    if isinstance(sound, SoundFacts):
        return sound.duration_samples * 1000 // SAMPLE_RATE_HZ
    return ms_of_frames(len(clip.speech), rate) if len(clip.speech) else None


def _asset_ids(step: Step | None) -> tuple[str, ...]:
    if step is None:
        return ()
    ids: Sequence[str | None] = [*(visual.asset_id for visual in step.visuals), step.narration_asset_id]
    return tuple(dict.fromkeys(asset_id for asset_id in ids if asset_id is not None))


def _video(timeline: Timeline, profile: EncodingProfile, outcome: Outcome) -> VideoFacts:
    return VideoFacts(
        format=profile.format,
        quality=profile.quality,
        width_px=timeline.width_px,
        height_px=timeline.height_px,
        fps=float(timeline.rate),
        frames=timeline.frames,
        duration_ms=ms_of_frames(timeline.frames, timeline.rate),
        video_codec=profile.video.codec_name,
        audio_codec=profile.sound.codec_name,
        size_bytes=outcome.size_bytes,
    )


def _cache(timeline: Timeline, outcome: Outcome) -> CacheFacts | None:
    if outcome.cached_keys is None:
        return None
    shares = outcome.shares
    return CacheFacts(
        segments=len(timeline.segments),
        hits=sum(segment.key in outcome.cached_keys for segment in timeline.segments),
        shared=sum(segment.key in shares.keys for segment in timeline.segments),
        drawn_frames=shares.drawn_frames,
        prepared_pictures=shares.prepared_pictures,
    )
