"""Which words of the payload a step paints, at whatever time: for scenes, and for what tells that they changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from preview_worker.contract import Asset, Callout, PreviewRequest, Step
from preview_worker.timeline.arrangement import arrangement_of, laid_out
from preview_worker.timeline.pictures import visual_index_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownWords:
    """Words of one step; empty ones aren't painted.

    Attributes:
        title: The heading.
        text: The words below it.
        reference: The line in the corner.
        callouts: Texts of the callouts, in their order.
        picture_captions: What stands below pictures, by the visual's index.
    """

    title: str
    text: str
    reference: str
    callouts: tuple[str, ...]
    picture_captions: Mapping[int, str]


def shown_words(step: Step, request: PreviewRequest, assets: Mapping[str, Asset]) -> ShownWords:
    """The words that a step paints, however they are cut to fit.

    Args:
        step: The step.
        request: Its tutorial, whose title and description stand on a title card without words of its own.
        assets: The tutorial's assets by id, whose `alt` stands below the pictures of a grid.
    """
    is_title = arrangement_of(step) == "title"
    return ShownWords(
        title=step.title or (request.title if is_title else ""),
        text=step.text or (request.description if is_title else ""),
        reference=step.reference,
        callouts=tuple(callout.text if _is_marked(step, callout) else "" for callout in step.callouts),
        picture_captions=_picture_captions(step, assets),
    )


def _is_marked(step: Step, callout: Callout) -> bool:
    """Whether a callout has words, and what it points at stands on the frame."""
    index = visual_index_of(step, callout)
    if not callout.text.strip():
        return False
    if index is None:
        return callout.target is None or callout.frame
    return index in laid_out(step) or step.visuals[index].placement is not None


def _picture_captions(step: Step, assets: Mapping[str, Asset]) -> dict[int, str]:
    """A grid with words beside it has no room for words below its pictures."""
    if arrangement_of(step) != "grid" or step.text:
        return {}
    shown = {index: assets.get(step.visuals[index].asset_id or "") for index in laid_out(step)}
    return {index: asset.alt for index, asset in shown.items() if asset is not None and asset.alt}
