"""Boxes on the frame and regions of a picture."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle of whole output pixels; origin top left, even coordinates so that chroma planes line up."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """First pixel column right of the box."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """First pixel row below the box."""
        return self.y + self.height

    def inset(self, horizontal_px: int, vertical_px: int) -> Box:
        """Shrink by the given margins on both sides, never below two pixels."""
        return even_box(
            self.x + horizontal_px,
            self.y + vertical_px,
            max(2, self.width - 2 * horizontal_px),
            max(2, self.height - 2 * vertical_px),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A rectangle in fractions 0–1 of a picture or frame; origin top left."""

    x: float
    y: float
    width: float
    height: float

    @property
    def center(self) -> tuple[float, float]:
        """Centre as (x, y)."""
        return self.x + self.width / 2, self.y + self.height / 2


WHOLE = Region(x=0.0, y=0.0, width=1.0, height=1.0)


def even(value: float) -> int:
    """Nearest even integer, halves upwards."""
    return int((value + 1) // 2) * 2


def even_box(x: float, y: float, width: float, height: float) -> Box:
    """Box whose edges are the given ones moved to the nearest even pixel, at least two pixels wide and high."""
    left, top = even(x), even(y)
    return Box(x=left, y=top, width=max(2, even(x + width) - left), height=max(2, even(y + height) - top))


def meet(first: Box, second: Box) -> bool:
    """Whether two boxes share a pixel."""
    across = max(first.x, second.x) < min(first.right, second.right)
    return across and max(first.y, second.y) < min(first.bottom, second.bottom)


def contain(slot: Box, aspect: float) -> Box:
    """Largest box of the given aspect (width ÷ height) inside the slot, centred."""
    if slot.width / slot.height > aspect:
        width = slot.height * aspect
        return even_box(slot.x + (slot.width - width) / 2, slot.y, width, slot.height)
    height = slot.width / aspect
    return even_box(slot.x, slot.y + (slot.height - height) / 2, slot.width, height)


def cover(picture_aspect: float, box_aspect: float) -> Region:
    """Largest centred region of the picture that has the box's aspect."""
    if picture_aspect > box_aspect:
        width = box_aspect / picture_aspect
        return Region(x=(1 - width) / 2, y=0.0, width=width, height=1.0)
    height = picture_aspect / box_aspect
    return Region(x=0.0, y=(1 - height) / 2, width=1.0, height=height)


def grow_to_aspect(region: Region, picture_aspect: float, box_aspect: float) -> Region:
    """Grow a region about its centre until it shows without distortion in a box, then clamp it into the picture.

    Args:
        region: The rectangle asked for, in fractions of the picture.
        picture_aspect: Width ÷ height of the picture in pixels.
        box_aspect: Width ÷ height of the box it is drawn in.

    Returns:
        A region of the box's aspect; where even the whole picture isn't large enough, the largest one that is.
    """
    wanted = box_aspect / picture_aspect
    width = max(region.width, region.height * wanted)
    height = width / wanted
    limit = cover(picture_aspect, box_aspect)
    if width > limit.width or height > limit.height:
        width, height = limit.width, limit.height
    center_x, center_y = region.center
    return clamp(Region(x=center_x - width / 2, y=center_y - height / 2, width=width, height=height))


def scale(region: Region, factor: float, *, toward: tuple[float, float] | None = None) -> Region:
    """Shrink or enlarge a region about its centre, or so that it moves towards a point, clamped into the picture."""
    width, height = min(1.0, region.width * factor), min(1.0, region.height * factor)
    center_x, center_y = toward if toward is not None else region.center
    moved = Region(x=center_x - width / 2, y=center_y - height / 2, width=width, height=height)
    return _inside(moved, region) if factor <= 1 else clamp(moved)


def clamp(region: Region) -> Region:
    """Move a region, without resizing it, so that it lies within the picture."""
    return _inside(region, WHOLE)


def _inside(region: Region, limit: Region) -> Region:
    x = min(max(region.x, limit.x), limit.x + limit.width - region.width)
    y = min(max(region.y, limit.y), limit.y + limit.height - region.height)
    return Region(x=x, y=y, width=region.width, height=region.height)
