"""Where a callout points at each frame, and how it comes: growing in, then beating if it is asked to."""

from __future__ import annotations

import math
from dataclasses import dataclass

from preview_worker.render.child.drawing.planes import SHARE_ONE
from preview_worker.render.child.drawing.shapes import Edges, Point
from preview_worker.timeline.camera import Camera
from preview_worker.timeline.geometry import Box, Region
from preview_worker.timeline.scene import GROW_MS
from preview_worker.timeline.spots import VERTICAL_SHARE
from preview_worker.timeline.time import FrameRange

GROW_S = GROW_MS / 1000
GROW_FROM = 1.06
BEATS = 3
BEAT_S = 0.6
BEAT_GROWTH = 0.07


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """A target on a picture as its camera shows it, or on the frame (`camera` None, `box` the frame)."""

    target: Region
    box: Box
    camera: Camera | None

    def edges(self, frame: int) -> Edges:
        """The target on the frame, in 64ths of a pixel; of no size for a point."""
        view = self.camera.region_at(frame) if self.camera is not None else Region(x=0, y=0, width=1, height=1)
        scale_x, scale_y = self.box.width / view.width, self.box.height / view.height
        left = self.box.x + (self.target.x - view.x) * scale_x
        top = self.box.y + (self.target.y - view.y) * scale_y
        return Edges(
            left=_fixed(left),
            top=_fixed(top),
            right=_fixed(left + self.target.width * scale_x),
            bottom=_fixed(top + self.target.height * scale_y),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """When a mark is seen, and how it comes and beats; `fps` is the frame rate."""

    shown: FrameRange
    fps: float
    pulse: bool

    def share_256(self, frame: int) -> int:
        """Opacity in 256ths; 0 when it isn't seen."""
        if not self.shown.start <= frame < self.shown.end:
            return 0
        return round(SHARE_ONE * self._arrived(frame))

    def factor(self, frame: int) -> float:
        """Size of its outline: from 1.06 to 1, then up to 1.07 and back with each of three beats."""
        growth = 1 + (GROW_FROM - 1) * (1 - self._arrived(frame))
        beat = ((frame - self.shown.start) / self.fps - GROW_S) / BEAT_S
        if self.pulse and 0 < beat < BEATS:
            growth += BEAT_GROWTH * math.sin(math.pi * (beat % 1)) ** 2
        return round(growth * 4096) / 4096

    def _arrived(self, frame: int) -> float:
        share = (frame - self.shown.start + 1) / max(1.0, GROW_S * self.fps)
        return 1 - (1 - min(1.0, share)) ** 3


def side_of_most_room(edges: Edges, within: Box) -> Point:
    """Unit vector from a target to the side where a box leaves most room: left, right, up or down."""
    rooms = {
        (-1.0, 0.0): edges.left - within.x,
        (1.0, 0.0): within.right - edges.right,
        (0.0, -1.0): (edges.top - within.y) * VERTICAL_SHARE,
        (0.0, 1.0): (within.bottom - edges.bottom) * VERTICAL_SHARE,
    }
    return max(rooms, key=lambda side: rooms[side])


def corner_of_most_room(edges: Edges, within: Box) -> Point:
    """Unit vector, slanting, from a target to the corner of a box that leaves most room."""
    x = 1.0 if within.right - edges.right >= edges.left - within.x else -1.0
    y = 1.0 if within.bottom - edges.bottom >= edges.top - within.y else -1.0
    return x * 0.8, y * 0.6


def rim(edges: Edges, direction: Point, gap_px: float) -> Point:
    """Point `gap_px` outside a rectangle, seen from its middle in a direction (a unit vector)."""
    center_x, center_y = edges.center
    reach_x = edges.width / 2 / abs(direction[0]) if direction[0] else math.inf
    reach_y = edges.height / 2 / abs(direction[1]) if direction[1] else math.inf
    reach = min(reach_x, reach_y) + gap_px
    return center_x + direction[0] * reach, center_y + direction[1] * reach


def _fixed(position: float) -> float:
    return round(position * 64) / 64
