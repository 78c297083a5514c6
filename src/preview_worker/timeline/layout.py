"""Where things stand on the frame: areas for pictures and texts, by layout and shape of the frame.

All sizes are in u (frame height ÷ 720, for portrait and square the shorter side ÷ 720), so that every resolution shows
the same picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from preview_worker.timeline.geometry import Box, even_box

OUTER_U = 16
GUTTER_U = 16
PROGRESS_U = 4
CORNER_U = 12
SAFE_PARTS = 20
"""The safe margin is one part of this many (5 %) at each side."""
PICTURE_SHARE = 0.62
STACKED_PANEL_SHARE = 0.46
"""Of the frame's height, where the panel stands below the picture: heading, badge, reference and three lines."""
STACKS_BELOW_ASPECT = 1.2
NARROW_BELOW_ASPECT = 1.5
CARD_SHARE = 2 / 3
NARROW_CARD_SHARE = 0.85
"""Of the safe width, in 4:3 frames: two thirds of it cut titles that have room beside them."""
RAGGED_COST = 0.8
"""A grid with full rows may have pictures this much smaller than one with gaps in its last row."""
GRID_ABOVE_SHARE = 0.4
"""How much of the height that cells leave free lies above them."""
CAPTION_BAND_U = 96
CAPTION_LIFT_SHARE = 0.08
HEADING_GAP_U = 18
"""Between a heading and the text under it."""
CAPTION_GAP_U = 16
"""Between the caption band and the texts above it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The frame's size and the measures that follow from it; `font_scale` is the theme's."""

    width_px: int
    height_px: int
    font_scale: float = 1.0

    @property
    def unit_px(self) -> float:
        """The design's u in pixels."""
        return min(self.width_px, self.height_px) / 720

    @property
    def stacked(self) -> bool:
        """Whether picture and panel stand one above the other (portrait and square)."""
        return self.width_px / self.height_px < STACKS_BELOW_ASPECT

    @property
    def whole(self) -> Box:
        """The whole frame."""
        return Box(x=0, y=0, width=self.width_px, height=self.height_px)

    @property
    def safe(self) -> Box:
        """The frame less 5 % at each side, rounded inwards: no letter leaves it."""
        left, top = (-(-side // (2 * SAFE_PARTS)) * 2 for side in (self.width_px, self.height_px))
        return Box(x=left, y=top, width=self.width_px - 2 * left, height=self.height_px - 2 * top)

    def px(self, units: float) -> int:
        """Design units to the nearest even number of pixels, at least two."""
        return max(2, int((units * self.unit_px + 1) // 2) * 2)

    def line_px(self, units: float, most_scale: float = 2.0) -> int:
        """Height of a place for text: it grows with the font scale, up to `most_scale`, and never shrinks."""
        return self.px(units * min(most_scale, max(1.0, self.font_scale)))

    def mirrored(self, box: Box) -> Box:
        """A box at the same distance from the other side, for texts that are read from right to left."""
        return Box(x=self.width_px - box.right, y=box.y, width=box.width, height=box.height)

    def inside_safe(self, box: Box) -> Box:
        """The part of a box that lies inside the safe margins."""
        safe = self.safe
        left, top = max(box.x, safe.x), max(box.y, safe.y)
        right, bottom = min(box.right, safe.right), min(box.bottom, safe.bottom)
        return self.moved_inside_safe(even_box(left, top, max(2, right - left), max(2, bottom - top)))

    def moved_inside_safe(self, box: Box) -> Box:
        """A box moved inside the safe margins, smaller only where it is larger than what they leave."""
        safe = self.safe
        width, height = min(box.width, safe.width), min(box.height, safe.height)
        x = min(max(box.x, safe.x), safe.right - width)
        y = min(max(box.y, safe.y), safe.bottom - height)
        return Box(x=x, y=y, width=width, height=height)


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Areas of a split layout."""

    picture: Box
    panel: Box


def progress_box(frame: Frame) -> Box:
    """The progress line at the very bottom."""
    height = frame.px(PROGRESS_U)
    return Box(x=0, y=frame.height_px - height, width=frame.width_px, height=height)


def split(frame: Frame, *, picture_left: bool) -> Split:
    """Picture beside panel; in portrait and square frames picture above panel."""
    outer, gutter = frame.px(OUTER_U), frame.px(GUTTER_U)
    usable_height = frame.height_px - outer - outer - frame.px(PROGRESS_U)
    if frame.stacked:
        picture_height = int(usable_height - gutter - frame.height_px * STACKED_PANEL_SHARE) // 2 * 2
        width = frame.width_px - 2 * outer
        picture = even_box(outer, outer, width, picture_height)
        top = picture.bottom + gutter
        return Split(picture=picture, panel=even_box(outer, top, width, outer + usable_height - top))
    picture_width = frame.width_px * PICTURE_SHARE
    panel_width = frame.width_px - 2 * outer - gutter - picture_width
    picture_x = outer if picture_left else outer + panel_width + gutter
    panel_x = outer + picture_width + gutter if picture_left else outer
    return Split(
        picture=even_box(picture_x, outer, picture_width, usable_height),
        panel=even_box(panel_x, outer, panel_width, usable_height),
    )


def grid(area: Box, count: int, frame: Frame, *, caption_px: int, aspects: Sequence[float] = ()) -> tuple[Box, ...]:
    """Equal cells with 16u gutters, the last row centred; each leaves room below it.

    Args:
        area: Where the cells go.
        count: Number of cells, 1–9.
        frame: The frame, for its unit.
        caption_px: Height kept free below each cell.
        aspects: Width ÷ height of the pictures: cells are cut to them, so that none lies in an empty band, and stand
            together a little above the middle. Without any, the cells fill the area.
    """
    gutter = frame.px(GUTTER_U)
    columns = _columns(area, count, gutter, caption_px, _mean(aspects))
    rows = -(-count // columns)
    width, height = _cell(area, rows, columns, gutter, caption_px)
    if aspects:
        height = min(height, width / min(aspects))
        width = min(width, height * max(aspects))
    free = area.height - rows * (height + caption_px) - (rows - 1) * gutter
    cells = []
    for index in range(count):
        row, column = divmod(index, columns)
        in_row = min(columns, count - row * columns)
        indent = (area.width - in_row * width - (in_row - 1) * gutter) / 2
        cells.append(
            even_box(
                area.x + indent + column * (width + gutter),
                area.y + free * GRID_ABOVE_SHARE + row * (height + caption_px + gutter),
                width,
                max(2.0, height),
            )
        )
    return tuple(cells)


def _cell(area: Box, rows: int, columns: int, gutter: int, caption_px: int) -> tuple[float, float]:
    width = (area.width - gutter * (columns - 1)) / columns
    return width, max(2.0, (area.height - gutter * (rows - 1)) / rows - caption_px)


def _mean(aspects: Sequence[float]) -> float:
    """Pictures of pieces are near 4:3."""
    return sum(aspects) / len(aspects) if aspects else 4 / 3


def _columns(area: Box, count: int, gutter: int, caption_px: int, aspect: float) -> int:
    """The columns that give the largest pictures; several full rows rather than a ragged last one, at little cost."""
    sizes = {number: _picture_size(area, count, number, gutter, caption_px, aspect) for number in range(1, count + 1)}
    largest = min(sizes, key=lambda number: (-sizes[number], -count % number))
    full = [number for number in range(2, count) if not count % number]
    if not count % largest or not full:
        return largest
    fullest = max(full, key=lambda number: sizes[number])
    return fullest if sizes[fullest] >= sizes[largest] * RAGGED_COST else largest


def _picture_size(area: Box, count: int, columns: int, gutter: int, caption_px: int, aspect: float) -> float:
    """Width of a picture of that aspect in a cell."""
    width, height = _cell(area, -(-count // columns), columns, gutter, caption_px)
    return min(width, height * aspect)


def card_stack(frame: Frame, *, captions: bool) -> Box:
    """Texts of a card: left, two thirds of the width (more in narrow frames), a little above the middle.

    Args:
        frame: The frame.
        captions: Whether captions are burned in, whose band is then left free.
    """
    safe = frame.safe
    lift = frame.height_px * 0.06
    bottom = safe.bottom - lift
    if captions:
        bottom = min(bottom, caption_box(frame.whole, frame).y - frame.px(CAPTION_GAP_U))
    return even_box(safe.x, safe.y, safe.width * _card_share(frame), max(2.0, bottom - safe.y))


def _card_share(frame: Frame) -> float:
    if frame.stacked:
        return 1.0
    return NARROW_CARD_SHARE if frame.width_px / frame.height_px < NARROW_BELOW_ASPECT else CARD_SHARE


def caption_box(area: Box, frame: Frame) -> Box:
    """Band of burned-in captions: two lines, 8 % of the frame above the bottom of an area."""
    height = frame.line_px(CAPTION_BAND_U)
    bottom = min(area.bottom, frame.height_px) - frame.height_px * CAPTION_LIFT_SHARE
    band = even_box(area.x, bottom - height, area.width, height)
    return frame.inside_safe(band)
