"""Sheets: stamps that overlap, pressed into one layer, so that a moving picture below them costs one blend.

What is pressed together depends on nothing but what is seen at a frame: the same frame is the same bytes however
the frames around it look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from preview_worker.render.child.drawing.items import Item, Stamped
from preview_worker.render.child.drawing.planes import SHARE_ONE, Planes
from preview_worker.render.child.drawing.stamps import ROUNDING, Stamp, Weights, blend_layer, hull, intersection, scaled
from preview_worker.render.child.drawing.words import Words
from preview_worker.timeline.geometry import Box


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
        through: For y, u and v: uint16, how much of what lies below shows, in 256ths.
        laid: For y, u and v: uint16, what is added, in 256ths of a level, with the half that rounds the sum.
    """

    box: Box
    through: tuple[Weights, Weights, Weights]
    laid: tuple[Weights, Weights, Weights]

    def blend(self, out: Planes) -> None:
        """Lay it over the planes."""
        target = out.part(self.box)
        for plane, through, laid in zip((target.y, target.u, target.v), self.through, self.laid, strict=True):
            blend_layer(plane, through, laid)


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
    half = Box(x=box.x // 2, y=box.y // 2, width=box.width // 2, height=box.height // 2)
    y, u, v = _blank(box), _blank(half), _blank(half)
    for stamp, share_256 in stamps:
        luma, chroma = scaled(stamp.luma, share_256), scaled(stamp.chroma, share_256)
        _press(y, luma, _corner(stamp, box, 1), stamp.colour[0])
        _press(u, chroma, _corner(stamp, box, 2), stamp.colour[1])
        _press(v, chroma, _corner(stamp, box, 2), stamp.colour[2])
    return Sheet(box=box, through=(y[0], u[0], v[0]), laid=(y[1] + ROUNDING, u[1] + ROUNDING, v[1] + ROUNDING))


def _blank(box: Box) -> tuple[Weights, Weights]:
    shape = (box.height, box.width)
    return np.full(shape, SHARE_ONE, np.uint16), np.zeros(shape, np.uint16)


def _corner(stamp: Stamp, box: Box, divisor: int) -> tuple[int, int]:
    return (stamp.box.x - box.x) // divisor, (stamp.box.y - box.y) // divisor


def _press(layer: tuple[Weights, Weights], weights: Weights, corner: tuple[int, int], value: int) -> None:
    through, laid = layer
    height, width = through.shape
    left, top = max(0, corner[0]), max(0, corner[1])
    right, bottom = min(width, corner[0] + weights.shape[1]), min(height, corner[1] + weights.shape[0])
    if left >= right or top >= bottom:
        return
    own = weights[top - corner[1] : bottom - corner[1], left - corner[0] : right - corner[0]].astype(np.uint32)
    rest = SHARE_ONE - own
    for plane, added in ((through, np.uint32(0)), (laid, own * np.uint32(value))):
        part = plane[top:bottom, left:right]
        part[...] = ((part * rest + np.uint32(SHARE_ONE // 2)) >> 8) + added
