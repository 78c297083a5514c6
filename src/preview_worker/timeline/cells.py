"""Areas of a step's pictures: one for all of them, or cells of a grid, with captions below these."""

from __future__ import annotations

from preview_worker.contract import Step
from preview_worker.timeline.arrangement import laid_out
from preview_worker.timeline.brief import Brief
from preview_worker.timeline.geometry import Box, even_box
from preview_worker.timeline.layout import grid
from preview_worker.timeline.pictures import is_sequence
from preview_worker.timeline.scene import Palette, Text, TextRole
from preview_worker.timeline.shown_words import shown_words
from preview_worker.timeline.time import FrameRange

CAPTION_U = 40
CAPTION_GAP_U = 4


def same_slot(step: Step, area: Box) -> dict[int, Box]:
    """The same area for every visual of the layout, by index."""
    return dict.fromkeys(laid_out(step), area)


def side_by_side(brief: Brief, step: Step, area: Box) -> dict[int, Box]:
    """One slot for one picture or a sequence, else a grid of cells in the area."""
    flowing = laid_out(step)
    if len(flowing) <= 1 or is_sequence(step):
        return same_slot(step, area)
    return dict(zip(flowing, grid(area, len(flowing), brief.frame, caption_px=0), strict=True))


def captioned_cells(
    brief: Brief, step: Step, area: Box, palette: Palette, frames: int
) -> tuple[dict[int, Box], tuple[Text, ...]]:
    """Cells for up to nine pictures with the assets' `alt` as small captions below them."""
    flowing = laid_out(step)
    if not flowing:
        return {}, ()
    captions = shown_words(step, brief.request, brief.assets).picture_captions
    caption_px = brief.frame.line_px(CAPTION_U) if captions else 0
    sources = [brief.source_of(step.visuals[index]) for index in flowing]
    aspects = [source.width_px / source.height_px for source in sources]
    cells = grid(area, len(flowing), brief.frame, caption_px=caption_px, aspects=aspects)
    slots, gap = dict(zip(flowing, cells, strict=True)), brief.frame.px(CAPTION_GAP_U)
    texts = tuple(
        Text(
            role=TextRole.PICTURE_CAPTION,
            text=caption,
            box=even_box(slots[index].x, slots[index].bottom + gap, slots[index].width, max(2, caption_px - gap)),
            colour=palette.muted,
            align="center",
            anchor="top",
            rise_start=None,
            shown=FrameRange(start=0, end=frames),
            max_lines=2,
        )
        for index, caption in captions.items()
    )
    return slots, texts
