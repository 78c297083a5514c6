"""The strip of changes: what steps looked like in an earlier preview, and what they look like now, side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from preview_worker.render.child.drawing.fonts import FontSet
from preview_worker.render.child.drawing.planes import Planes
from preview_worker.render.child.drawing.stills import (
    COLUMNS,
    FOOTER_PX,
    GUTTER_PX,
    HEADER_PX,
    INK,
    MARGIN_PX,
    MUTED,
    TEXT_PX,
    THUMB_LONG_PX,
    Page,
    jpeg,
    thumb_size,
)
from preview_worker.timeline.geometry import Box, even
from preview_worker.timeline.scene import TextRole

PAIRS_MAX = 24
_GAP_PX = 16
"""Between before and after: less than between pairs, so that two pictures read as one entry."""
_MORE_PX = 40
_INSET_PX = 16
_LINE_PX = 24
_ROUNDED_PX = 4
_WIDE_PAGE_PX = COLUMNS * THUMB_LONG_PX + (COLUMNS - 1) * GUTTER_PX
_NARROWEST_PAGE_PX = 2 * THUMB_LONG_PX + _GAP_PX
"""A single pair of portrait frames leaves no room for the heading; a landscape one does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A step in one of the two previews.

    Attributes:
        frame: The step at rest, of any size; None where there is no picture of it.
        absence: Says why there is none.
        start: When it begins, as it is to be read; empty where it isn't there.
    """

    frame: Planes | None
    absence: str
    start: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One step that changed.

    Attributes:
        before: How it was.
        after: How it is.
        number: "3", or empty.
        title: The step's title, may be empty.
        words: What changed.
    """

    before: Side
    after: Side
    number: str
    title: str
    words: str


def changes_page(
    pairs: Sequence[Pair], fonts: FontSet, *, frame_size_px: tuple[int, int], heading: str, note: str, more: int
) -> bytes:
    """A page with two small frames for each step, as a JPEG.

    Args:
        pairs: The steps, at most `PAIRS_MAX` of them.
        fonts: For the words.
        frame_size_px: Width and height of the video; only their ratio matters.
        heading: The tutorial's title.
        note: A muted line beside it: what it is compared with.
        more: How many further steps changed.
    """
    thumb = thumb_size(frame_size_px)
    pair_px = 2 * thumb[0] + _GAP_PX
    columns = max(1, min(len(pairs), (_WIDE_PAGE_PX + GUTTER_PX) // (pair_px + GUTTER_PX)))
    rows = math.ceil(len(pairs) / columns)
    inner = max(_NARROWEST_PAGE_PX, columns * pair_px + (columns - 1) * GUTTER_PX)
    bottom = MARGIN_PX + HEADER_PX - 16 + rows * (thumb[1] + TEXT_PX + GUTTER_PX)
    height = bottom - GUTTER_PX + 16 + FOOTER_PX + (_MORE_PX if more else 0)
    page = Page.of(even(inner + 2 * MARGIN_PX), even(height), fonts, heading=heading, note=note)
    for index, pair in enumerate(pairs):
        row, column = divmod(index, columns)
        x = even(MARGIN_PX + column * (pair_px + GUTTER_PX))
        y = even(MARGIN_PX + HEADER_PX - 16 + row * (thumb[1] + TEXT_PX + GUTTER_PX))
        before = Box(x=x, y=y, width=thumb[0], height=thumb[1])
        _draw(page, pair, before, Box(x=even(x + thumb[0] + _GAP_PX), y=y, width=thumb[0], height=thumb[1]))
    if more:
        page.write(f"and {more} more", TextRole.BADGE, (MARGIN_PX, bottom - 8, inner), MUTED, "left")
    return jpeg(page.planes)


def fitted(box: Box, width_px: int, height_px: int) -> Box:
    """Where a frame stands in an even box: in its middle, as large as its aspect allows; else the whole box.

    The earlier preview may have had another aspect. Differences that come from rounding to even pixels are none.
    """
    scale = min(box.width / width_px, box.height / height_px)
    width, height = max(2, even(width_px * scale)), max(2, even(height_px * scale))
    if max(box.width - width, box.height - height) <= _ROUNDED_PX:
        return box
    return Box(
        x=box.x + even((box.width - width) / 2),
        y=box.y + even((box.height - height) / 2),
        width=width,
        height=height,
    )


def _draw(page: Page, pair: Pair, before: Box, after: Box) -> None:
    _picture(page, pair.before, before)
    _picture(page, pair.after, after)
    top = before.bottom + 9
    number_px = page.write(pair.number, TextRole.BADGE, (before.x, top, 40), MUTED, "left")
    title_x = before.x + (number_px + 8 if number_px else 0)
    start_px = page.write(pair.before.start, TextRole.BADGE, (before.x, top, before.width), MUTED, "right")
    right = before.right - start_px - 10
    page.write(pair.title, "placeholder", (title_x, top - 2, right - title_x), INK, "left", lines=2)
    start_px = page.write(pair.after.start, TextRole.BADGE, (after.x, top, after.width), MUTED, "right")
    page.write(pair.words, "placeholder", (after.x, top - 2, after.width - start_px - 10), INK, "left", lines=2)


def _picture(page: Page, side: Side, box: Box) -> None:
    page.outline(box)
    if side.frame is not None:
        page.frame(side.frame, fitted(box, side.frame.width_px, side.frame.height_px))
        return
    place = (box.x + _INSET_PX, box.y + (box.height - _LINE_PX) / 2, box.width - 2 * _INSET_PX)
    page.write(side.absence, TextRole.BADGE, place, MUTED, "left", lines=2)
