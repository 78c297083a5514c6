"""What an author has edited between two saves: the step whose picture he wants to see first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from preview_worker.assets.library import FoundAsset
from preview_worker.contract.request import Asset, PreviewRequest
from preview_worker.contract.step import Step, spoken
from preview_worker.render.frame import step_ids
from preview_worker.timeline.brief import facts_key, placeholder_names
from preview_worker.timeline.shown_words import shown_words
from preview_worker.worker.intake import Intake

_LOOKS = {"resolution", "theme", "watermark", "furniture", "include_captions"}
"""Options that show in every picture; the others decide how the video is written, or which part of it."""
_NOT_AS_WRITTEN = {"metadata", "chapter", "title", "text", "narration", "reference", "callouts"}
"""Members of a step that don't show, or of which only what is painted or spoken counts."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a step shows and says."""

    content: Mapping[str, Any]
    files: tuple[str | tuple[str, str] | None, ...]
    everywhere: Mapping[str, Any]


def edited_step(before: Intake | None, after: Intake) -> str | None:
    """The first step that shows something else than before.

    That is the first one that is new, or whose content, assets or look (theme, captions, …) differ; if there is none,
    the first one that stands where another stood. A step that is gone leaves the one that is there now, if any.

    Args:
        before: The tutorial as it was looked at last; None: never.
        after: The tutorial as it is.

    Returns:
        Its id, None where nothing that is seen has changed.
    """
    now = step_ids(after.job.preview_request)
    if before is None:
        return now[0]
    then, were, are = step_ids(before.job.preview_request), _shown(before), _shown(after)
    changed = (step_id for step_id in now if were.get(step_id) != are.get(step_id) or step_id not in then)
    moved = (step_id for index, step_id in enumerate(now) if then[index : index + 1] != (step_id,))
    return next(changed, None) or next(moved, None)


def _shown(intake: Intake) -> dict[str, _Shown]:
    request = intake.job.preview_request
    everywhere = {"language": request.language} | request.options.model_dump(mode="json", include=_LOOKS)
    if not request.steps:
        title_card = {"title": request.title, "description": request.description}
        return dict.fromkeys(step_ids(request), _Shown(title_card, (), everywhere))
    assets = {asset.id: asset for asset in request.assets}
    return {
        step.id: _Shown(_content(step, request, assets), _files(step, assets, intake), everywhere)
        for step in request.steps
    }


def _content(step: Step, request: PreviewRequest, assets: Mapping[str, Asset]) -> dict[str, Any]:
    """What a step says and shows."""
    content = step.model_dump(mode="json", exclude=_NOT_AS_WRITTEN)
    callouts = [callout.model_dump(mode="json", exclude={"text"}) for callout in step.callouts]
    return content | {"callouts": callouts, "spoken": spoken(step), "words": shown_words(step, request, assets)}


def _files(step: Step, assets: Mapping[str, Asset], intake: Intake) -> tuple[str | tuple[str, str] | None, ...]:
    """The bytes behind a step's pictures, speech and word times; of a missing picture, the names drawn instead."""

    def sha256_of(key: str) -> str | None:
        found = intake.identified.assets.get(key)
        return found.sha256 if isinstance(found, FoundAsset) else None

    pictures = (sha256_of(facts_key(visual)) or placeholder_names(visual, assets) for visual in step.visuals)
    sounds = (key for key in (step.narration_asset_id, step.narration_timings) if key is not None)
    return (*pictures, *map(sha256_of, sounds))
