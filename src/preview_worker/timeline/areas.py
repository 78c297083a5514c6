"""Rectangles of the frame that callouts point at or hide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from preview_worker.timeline.geometry import Box, Region
from preview_worker.timeline.layout import Frame
from preview_worker.timeline.scene import Picture

PIECE_RADIUS_U = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A rectangle on the frame, in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def center(self) -> tuple[float, float]:
        """Its middle."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    @property
    def size(self) -> float:
        """In square pixels."""
        return max(0.0, self.right - self.left) * max(0.0, self.bottom - self.top)

    def grown(self, by_px: float) -> Area:
        """Larger by so much at each side."""
        return Area(left=self.left - by_px, top=self.top - by_px, right=self.right + by_px, bottom=self.bottom + by_px)

    def shared(self, other: Area) -> float:
        """Square pixels that both cover."""
        across = min(self.right, other.right) - max(self.left, other.left)
        return max(0.0, across) * max(0.0, min(self.bottom, other.bottom) - max(self.top, other.top))


def area_of(box: Box) -> Area:
    """A box as an area."""
    return Area(left=box.x, top=box.y, right=box.right, bottom=box.bottom)


def target_area(target: Region, picture: int | None, pictures: Sequence[Picture], frame: Frame) -> Area:
    """Where a target lies on the frame, in the middle of its camera's way; without a picture it is a share of it."""
    if picture is None:
        box, view = frame.whole, Region(x=0.0, y=0.0, width=1.0, height=1.0)
    else:
        shown = pictures[picture]
        box, view = shown.box, _middle(shown.camera.start, shown.camera.end)
    scale_x, scale_y = box.width / view.width, box.height / view.height
    left = box.x + (target.x - view.x) * scale_x
    top = box.y + (target.y - view.y) * scale_y
    return Area(left=left, top=top, right=left + target.width * scale_x, bottom=top + target.height * scale_y)


def piece_area(target: Region, picture: int | None, pictures: Sequence[Picture], frame: Frame) -> Area:
    """The target as far as nothing must lie on it: a point stands for something of a token's size."""
    area = target_area(target, picture, pictures, frame)
    return area if area.size else area.grown(PIECE_RADIUS_U * frame.unit_px)


def _middle(first: Region, last: Region) -> Region:
    return Region(
        x=(first.x + last.x) / 2,
        y=(first.y + last.y) / 2,
        width=(first.width + last.width) / 2,
        height=(first.height + last.height) / 2,
    )
