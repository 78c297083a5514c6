"""Areas of a step's pictures: one for all of them, or cells of a grid, with captions below these."""

from __future__ import annotations

from preview_worker.contract import Step
from preview_worker.timeline.brief import Brief
from preview_worker.timeline.geometry import Box, even_box
from preview_worker.timeline.layout import grid
from preview_worker.timeline.pictures import is_sequence
from preview_worker.timeline.scene import Palette, Text, TextRole
from preview_worker.timeline.time import FrameRange

CAPTION_U = 40
CAPTION_GAP_U = 4


def same_slot(step: Step, area: Box) -> dict[int, Box]:
    """The same area for every visual of the layout, by index."""
    return {index: area for index, visual in enumerate(step.visuals) if visual.placement is None}


def laid_out(brief: Brief, step: Step, area: Box) -> dict[int, Box]:
    """One slot for one picture or a sequence, else a grid of cells in the area."""
    flowing = tuple(same_slot(step, area))
    if len(flowing) <= 1 or is_sequence(step):
        return same_slot(step, area)
    return dict(zip(flowing[:9], grid(area, min(9, len(flowing)), brief.frame, caption_px=0), strict=True))


def captioned_cells(
    brief: Brief, step: Step, area: Box, palette: Palette, frames: int
) -> tuple[dict[int, Box], tuple[Text, ...]]:
    """Cells for up to nine pictures with the assets' `alt` as small captions below them."""
    flowing = tuple(same_slot(step, area))[:9]
    if not flowing:
        return {}, ()
    alts = {index: _alt(brief, step, index) for index in flowing}
    caption_px = brief.frame.line_px(CAPTION_U) if any(alts.values()) else 0
    sources = [brief.source_of(step.visuals[index]) for index in flowing]
    aspects = [source.width_px / source.height_px for source in sources]
    cells = grid(area, len(flowing), brief.frame, caption_px=caption_px, aspects=aspects)
    slots, gap = dict(zip(flowing, cells, strict=True)), brief.frame.px(CAPTION_GAP_U)
    texts = tuple(
        Text(
            role=TextRole.PICTURE_CAPTION,
            text=alt,
            box=even_box(slots[index].x, slots[index].bottom + gap, slots[index].width, max(2, caption_px - gap)),
            colour=palette.muted,
            align="center",
            anchor="top",
            rise_start=None,
            shown=FrameRange(start=0, end=frames),
            max_lines=2,
        )
        for index, alt in alts.items()
        if alt
    )
    return slots, texts


def _alt(brief: Brief, step: Step, index: int) -> str:
    asset = brief.assets.get(step.visuals[index].asset_id or "")
    return (asset.alt or "") if asset is not None else ""
