"""Sheets: stamps that overlap, pressed into one layer, so that a moving picture below them costs one blend.

What is pressed together depends on nothing but what is seen at a frame: the same frame is the same bytes however
the frames around it look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from preview_worker.render.child.drawing.items import Item, Stamped
from preview_worker.render.child.drawing.planes import SHARE_ONE, Planes
from preview_worker.render.child.drawing.stamps import ROUNDING, Stamp, Weights, blend_layer, hull, intersection, scaled
from preview_worker.render.child.drawing.words import Words
from preview_worker.timeline.geometry import Box


class Veil(NamedTuple):
    """What a sheet does to one plane, or to several that share `through`.

    Attributes:
        through: uint16, how much of what lies below shows, in 256ths.
        laid: uint16, what is added, in 256ths of a level; in a finished sheet with the half that rounds the sum.
    """

    through: Weights
    laid: Weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Items that are painted together: laid ones that overlap, or any other one alone."""

    items: tuple[Item, ...]

    @property
    def laid(self) -> bool:
        """Whether it is all stamps, which are pressed into one sheet."""
        return isinstance(self.items[0], Stamped | Words)

    @property
    def bounds(self) -> Box:
        """Around all of them."""
        box = self.items[0].bounds
        for item in self.items[1:]:
            box = hull(box, item.bounds)
        return box

    def stamps(self, frame: int) -> tuple[tuple[Stamp, int], ...]:
        """What laid items lay at a frame, from back to front, and how opaque it is, in 256ths; nothing for others."""
        return tuple(pair for item in self.items if isinstance(item, Stamped | Words) for pair in item.stamps(frame))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A pressed layer.

    Attributes:
        box: Even rectangle of the frame.
        luma: Of y, shape (box.height, box.width).
        chroma: Of u and v together, `through` of shape (box.height / 2, box.width / 2), `laid` of (2, …).
    """

    box: Box
    luma: Veil
    chroma: Veil

    def blend(self, out: Planes) -> None:
        """Lay it over the planes."""
        target = out.part(self.box)
        blend_layer(target.y, *self.luma)
        blend_layer(target.uv, *self.chroma)


def grouped(visible: Sequence[Item]) -> tuple[Group, ...]:
    """Items in drawing order, neighbours that only lay stamps and overlap taken together."""
    groups: list[Group] = []
    run: list[list[Item]] = []
    for item in visible:
        if isinstance(item, Stamped | Words):
            run = _joined(run, item)
        else:
            groups.extend(Group(items=tuple(items)) for items in run)
            run = []
            groups.append(Group(items=(item,)))
    groups.extend(Group(items=tuple(items)) for items in run)
    return tuple(groups)


def _joined(run: list[list[Item]], item: Item) -> list[list[Item]]:
    """Add an item to the group that it overlaps; groups that it bridges become one, in drawing order."""
    touching = [items for items in run if any(intersection(item.bounds, other.bounds) is not None for other in items)]
    apart = [items for items in run if not any(items is other for other in touching)]
    return [*apart, [*(member for items in touching for member in items), item]]


def pressed(stamps: Sequence[tuple[Stamp, int]], whole: Box) -> Sheet | None:
    """Press stamps into one sheet, to be blended again and again; None if nothing of them is seen.

    Args:
        stamps: From back to front, with their opacity in 256ths.
        whole: The frame.
    """
    box: Box | None = None
    for stamp, _ in stamps:
        visible = intersection(stamp.box, whole)
        if visible is not None:
            box = visible if box is None else hull(box, visible)
    if box is None:
        return None
    luma, chroma = _blank(1, box.height, box.width), _blank(2, box.height // 2, box.width // 2)
    for stamp, share_256 in stamps:
        _press(luma, scaled(stamp.luma, share_256), _corner(stamp, box, 1), stamp.colour[:1])
        _press(chroma, scaled(stamp.chroma, share_256), _corner(stamp, box, 2), stamp.colour[1:])
    return Sheet(
        box=box, luma=Veil(luma.through, luma.laid[0] + ROUNDING), chroma=Veil(chroma.through, chroma.laid + ROUNDING)
    )


def _blank(planes: int, height: int, width: int) -> Veil:
    return Veil(np.full((height, width), SHARE_ONE, np.uint16), np.zeros((planes, height, width), np.uint16))


def _corner(stamp: Stamp, box: Box, divisor: int) -> tuple[int, int]:
    return (stamp.box.x - box.x) // divisor, (stamp.box.y - box.y) // divisor


def _press(veil: Veil, weights: Weights, corner: tuple[int, int], values: tuple[int, ...]) -> None:
    """Lay a colour, a value for each plane, over what the veil does already."""
    height, width = veil.through.shape
    left, top = max(0, corner[0]), max(0, corner[1])
    right, bottom = min(width, corner[0] + weights.shape[1]), min(height, corner[1] + weights.shape[0])
    if left >= right or top >= bottom:
        return
    own = weights[top - corner[1] : bottom - corner[1], left - corner[0] : right - corner[0]].astype(np.uint32)
    rest = SHARE_ONE - own
    added = [np.uint32(0), *(own * np.uint32(value) for value in values)]
    for plane, more in zip((veil.through, *veil.laid), added, strict=True):
        part = plane[top:bottom, left:right]
        part[...] = ((part * rest + np.uint32(SHARE_ONE // 2)) >> 8) + more
