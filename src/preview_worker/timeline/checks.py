"""Warnings that need nothing but the request and the facts of its media."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction

from preview_worker.contract import NarrationMode, PreviewRequest, Step, spoken
from preview_worker.contract.asset_places import asset_places
from preview_worker.errors import AssetError
from preview_worker.timeline.brief import facts_key
from preview_worker.timeline.model import Clip, MediaFacts, MissingFacts, Note, PictureFacts, SoundFacts
from preview_worker.timeline.time import ms_of_frames
from preview_worker.timeline.voices import draft_voices

MOST_USES = 3


def asset_notes(request: PreviewRequest, facts: MediaFacts) -> tuple[Note, ...]:
    """Notes on assets that are missing, unused or shown too often, and on narration without sound."""
    return (*_missing(request, facts), *_unused(request), *_reused(request), *_unspoken(request, facts))


def refuse_wrong_media(request: PreviewRequest, facts: MediaFacts) -> None:
    """Refuse a sound that should be shown and a picture that should be heard.

    Raises:
        AssetError: ``asset-undecodable``, for the first one (permanent).
    """
    for step in request.steps:
        for visual in step.visuals:
            key = facts_key(visual)
            if isinstance(facts.get(key), SoundFacts):
                raise _refusal(request, key, f"step {step.id} shows it, but it is a sound", step.id)
        key = step.narration_asset_id or ""
        if isinstance(facts.get(key), PictureFacts):
            raise _refusal(request, key, f"step {step.id} speaks it, but it is a picture", step.id)
    music = request.audio.music
    if music is not None and isinstance(facts.get(music.asset_id), PictureFacts):
        raise _refusal(request, music.asset_id, "it is the music, but a picture")


def _refusal(request: PreviewRequest, key: str, fault: str, step_id: str | None = None) -> AssetError:
    return AssetError(
        f"Asset {key.removeprefix('path:')} can't be used: {fault}.",
        code="asset-undecodable",
        pointer=asset_places(request).get(key),
        step_id=step_id,
        hint="Name a file of the right kind.",
    )


def _missing(request: PreviewRequest, facts: MediaFacts) -> tuple[Note, ...]:
    uses = [(step.id, key) for step in request.steps for key in dict.fromkeys(_keys(step))]
    music = [(None, request.audio.music.asset_id)] if request.audio.music is not None else []
    return tuple(
        Note(
            code="asset-missing",
            step_id=step_id,
            at_ms=None,
            message=f"Asset {key.removeprefix('path:')} of {_user(step_id)} is missing: {found.reason}.",
            value=key.removeprefix("path:"),
            hint="Put the file below the project's asset folder, or correct its uri.",
        )
        for step_id, key in [*uses, *music]
        if isinstance(found := facts.get(key), MissingFacts)
    )


def _user(step_id: str | None) -> str:
    return "the music" if step_id is None else f"step {step_id}"


def _keys(step: Step) -> tuple[str, ...]:
    spoken_by = (key for key in (step.narration_asset_id, step.narration_timings) if key is not None)
    return (*(facts_key(visual) for visual in step.visuals), *spoken_by)


def _unused(request: PreviewRequest) -> tuple[Note, ...]:
    used = {key for step in request.steps for key in _keys(step)}
    if request.audio.music is not None:
        used.add(request.audio.music.asset_id)
    return tuple(
        Note(
            code="asset-unused",
            step_id=None,
            at_ms=None,
            message=f"Asset {asset.id} is listed, but no step uses it.",
            value=asset.id,
            hint="Show it in a step, or take it out of assets.",
        )
        for asset in request.assets
        if asset.id not in used
    )


def _reused(request: PreviewRequest) -> tuple[Note, ...]:
    """A note for each picture that is seen too often, about the first step that is one too many."""
    uses: dict[str, list[str]] = {}
    for step in request.steps:
        for key in dict.fromkeys(facts_key(visual) for visual in step.visuals):
            uses.setdefault(key, []).append(step.id)
    return tuple(
        Note(
            code="picture-reused",
            step_id=step_ids[MOST_USES],
            at_ms=None,
            message=f"Picture {key.removeprefix('path:')} is shown in {len(step_ids)} steps.",
            value=len(step_ids),
            limit=MOST_USES,
            hint="Show a closer crop or another picture in some of them.",
        )
        for key, step_ids in uses.items()
        if len(step_ids) > MOST_USES
    )


def placed_notes(notes: Iterable[Note], clips: Sequence[Clip], rate: Fraction) -> tuple[Note, ...]:
    """Notes with their place in the video: what is about a step and has no moment of its own stands at its start."""
    starts_ms = {clip.step_id: ms_of_frames(clip.frames.start, rate) for clip in clips}
    return tuple(
        replace(note, at_ms=starts_ms[note.step_id]) if note.at_ms is None and note.step_id in starts_ms else note
        for note in notes
    )


def _unspoken(request: PreviewRequest, facts: MediaFacts) -> tuple[Note, ...]:
    """Steps with words to speak and no sound of them; silence that was asked for is not reported."""
    if request.audio.narration is NarrationMode.SILENT:
        return ()
    drafts = draft_voices(facts)
    return tuple(
        Note(
            code="narration-missing",
            step_id=step.id,
            at_ms=None,
            message=f"Step {step.id} has words to speak but no narration file; {_instead(step.id in drafts)}.",
            value=len(spoken(step).split()),
            hint="Record it and name it in narrationAssetId, or set narration to an empty text.",
        )
        for step in request.steps
        if spoken(step)
        and (step.narration_asset_id is None or _is_missing(facts, step.narration_asset_id))
        and not (request.audio.narration is NarrationMode.TTS and step.id in drafts)
    )


def _instead(is_spoken: bool) -> str:  # noqa: FBT001 - called in one place
    return "a draft voice speaks it" if is_spoken else "its length is estimated from them"


def _is_missing(facts: MediaFacts, asset_id: str) -> bool:
    return isinstance(facts.get(asset_id), MissingFacts)
