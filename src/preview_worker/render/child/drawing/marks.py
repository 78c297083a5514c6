"""Marks on pictures: outlines, arrows, numbered markers; drawn anew while they move."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from preview_worker.render.child.drawing.aims import Aim, Entrance, rim
from preview_worker.render.child.drawing.filters import Bytes
from preview_worker.render.child.drawing.planes import Planes, Yuv
from preview_worker.render.child.drawing.shapes import (
    Edges,
    Point,
    circle,
    convex,
    disc,
    rounded_frame,
    segment,
)
from preview_worker.render.child.drawing.stamps import even_hull, intersection, shifted, stamp_of
from preview_worker.render.child.drawing.workspace import Workspace
from preview_worker.timeline.geometry import Box

STROKE_U = 4
OUTLINE_U = 2
OUTLINE_OPACITY = 0.6
PADDING_U = 5
CORNER_U = 8
POINT_RADIUS_U = 34
ARROW_GAP_U = 10
ARROW_LENGTH_U = 112
HEAD_LENGTH_U = 26
HEAD_HALF_WIDTH_U = 14
SHAFT_U = 7
MARKER_U = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Letters:
    """A set text with its colour.

    Attributes:
        mask: uint8, the letters' coverage, with `overshoot_px` rows above and below their lines.
        overshoot_px: Rows that don't count for their size.
        colour: Their colour.
    """

    mask: Bytes
    overshoot_px: int
    colour: Yuv

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height of the lines."""
        return int(self.mask.shape[1]), int(self.mask.shape[0]) - 2 * self.overshoot_px

    def lay(self, out: Planes, center: Point, share_256: int, clip: Box) -> None:
        """Draw them about a point, to a 16th of a pixel."""
        height, width = self.mask.shape
        left, part_x = divmod(center[0] - width / 2, 1)
        top, part_y = divmod(center[1] - height / 2, 1)
        stamp_of(shifted(self.mask, part_x, part_y), int(left), int(top), self.colour, clip=clip).blend(out, share_256)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What all marks have in common.

    Attributes:
        aim: Where it points.
        entrance: When and how it is seen.
        clip: Even box that nothing leaves.
        unit_px: The design's u.
        accent: Its colour.
        outline: The colour around it, and of a number on it: dark on a light accent, light on a dark one.
    """

    aim: Aim
    entrance: Entrance
    clip: Box
    unit_px: float
    accent: Yuv
    outline: Yuv

    @property
    def bounds(self) -> Box:
        """Anywhere it may go."""
        return self.clip

    def state(self, frame: int) -> Hashable | None:
        """Where it points, how large and how opaque it is."""
        share = self.entrance.share_256(frame)
        return (share, self.entrance.factor(frame), self.aim.edges(frame)) if share else None

    def opaque(self, frame: int) -> Box | None:
        """Marks aren't."""
        del frame
        return None

    def visible(self, frame: int) -> bool:
        """Whether any part of the target, or the point, lies inside."""
        edges = self.aim.edges(frame)
        inside_x = edges.right >= self.clip.x and edges.left <= self.clip.right
        return inside_x and edges.bottom >= self.clip.y and edges.top <= self.clip.bottom

    def area(self, left: float, top: float, right: float, bottom: float) -> Box | None:
        """The even box around a shape, cut to where it may go."""
        return intersection(even_hull(left, top, right, bottom), self.clip)

    def lay(self, out: Planes, area: Box, layers: Iterable[tuple[Bytes, Yuv, float]], share_256: int) -> None:
        """Lay masks of one area over each other: coverage, colour, opacity."""
        for mask, colour, opacity in layers:
            stamp_of(mask, area.x, area.y, colour, opacity=opacity).blend(out, share_256)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline(Mark):
    """A box with soft corners, or a circle, around the target."""

    shape: Literal["box", "circle"]

    def draw(self, frame: int, out: Planes, workspace: Workspace) -> None:
        """Outline, then the accent stroke."""
        del workspace
        if not self.visible(frame):
            return
        unit, edges = self.unit_px, self.aim.edges(frame)
        stroke, dark = STROKE_U * unit, (STROKE_U + 2 * OUTLINE_U) * unit
        is_point = not edges.width and not edges.height
        edges = edges.grown(POINT_RADIUS_U * unit if is_point else PADDING_U * unit)
        factor = self.entrance.factor(frame)
        if self.shape == "circle":
            radius = max(edges.width, edges.height) / 2
            x, y = edges.center
            edges = Edges(left=x - radius, top=y - radius, right=x + radius, bottom=y + radius)
        edges = edges.scaled(factor)
        if self.shape == "box":
            edges = self._held(edges, dark / 2)
        around = edges.grown(dark / 2 + 1)
        area = self.area(around.left, around.top, around.right, around.bottom)
        if area is None:
            return
        wide, narrow = (self._ring(area, edges, width) for width in (dark, stroke))
        layers = ((wide, self.outline, OUTLINE_OPACITY), (narrow, self.accent, 1.0))
        self.lay(out, area, layers, self.entrance.share_256(frame))

    def _held(self, edges: Edges, stroke_px: float) -> Edges:
        """A box around a target that reaches the rim, its sides moved in so far that their stroke is still seen."""
        clip, most = self.clip, PADDING_U * self.unit_px + stroke_px
        return Edges(
            left=edges.left + min(most, max(0.0, clip.x + stroke_px - edges.left)),
            top=edges.top + min(most, max(0.0, clip.y + stroke_px - edges.top)),
            right=edges.right - min(most, max(0.0, edges.right - clip.right + stroke_px)),
            bottom=edges.bottom - min(most, max(0.0, edges.bottom - clip.bottom + stroke_px)),
        )

    def _ring(self, area: Box, edges: Edges, stroke_px: float) -> Bytes:
        if self.shape == "circle":
            return circle(area, edges.center, edges.width / 2, stroke_px)
        return rounded_frame(area, edges, CORNER_U * self.unit_px, stroke_px)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow(Mark):
    """An arrow that ends a little before its target; `side` is the unit vector from the target to its tail."""

    side: Point

    def tail(self, frame: int) -> Point:
        """Where it begins."""
        return rim(self.aim.edges(frame), self.side, (ARROW_GAP_U + ARROW_LENGTH_U) * self.unit_px)

    def draw(self, frame: int, out: Planes, workspace: Workspace) -> None:
        """Shaft and head in one piece over their outline."""
        del workspace
        if not self.visible(frame):
            return
        unit, edges = self.unit_px, self.aim.edges(frame)
        # Each beat moves it to its target and back instead of making it larger.
        push = (self.entrance.factor(frame) - 1) * 120 * unit
        tip, tail = (
            rim(edges, self.side, ARROW_GAP_U * unit + push),
            rim(edges, self.side, (ARROW_GAP_U + ARROW_LENGTH_U) * unit + push),
        )
        reach = (HEAD_HALF_WIDTH_U + 2 * OUTLINE_U) * unit
        xs, ys = (tip[0], tail[0]), (tip[1], tail[1])
        area = self.area(min(xs) - reach, min(ys) - reach, max(xs) + reach, max(ys) + reach)
        if area is None:
            return
        dark, bright = self._shape(area, tip, tail, OUTLINE_U * unit), self._shape(area, tip, tail, 0)
        layers = ((dark, self.outline, OUTLINE_OPACITY), (bright, self.accent, 1.0))
        self.lay(out, area, layers, self.entrance.share_256(frame))

    def _shape(self, area: Box, tip: Point, tail: Point, swell_px: float) -> Bytes:
        unit, (side_x, side_y) = self.unit_px, self.side
        neck_x, neck_y = tip[0] + side_x * HEAD_LENGTH_U * unit, tip[1] + side_y * HEAD_LENGTH_U * unit
        half = HEAD_HALF_WIDTH_U * unit
        head = convex(
            area,
            (
                tip,
                (neck_x - side_y * half, neck_y + side_x * half),
                (neck_x + side_y * half, neck_y - side_x * half),
            ),
            rounding_px=swell_px + unit,
        )
        shaft = segment(area, (neck_x, neck_y), tail, SHAFT_U * unit + 2 * swell_px)
        joined: Bytes = np.maximum(head, shaft)
        return joined


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker(Mark):
    """A numbered disc on the target: in its middle for a point, on its top left corner for a rectangle."""

    number: Letters

    def draw(self, frame: int, out: Planes, workspace: Workspace) -> None:
        """Rim, accent disc, number."""
        del workspace
        if not self.visible(frame):
            return
        edges, share = self.aim.edges(frame), self.entrance.share_256(frame)
        center = (edges.left, edges.top)
        radius = MARKER_U / 2 * self.unit_px * self.entrance.factor(frame)
        reach = radius + OUTLINE_U * self.unit_px + 1
        area = self.area(center[0] - reach, center[1] - reach, center[0] + reach, center[1] + reach)
        if area is None:
            return
        rim_mask = disc(area, center, radius + OUTLINE_U * self.unit_px)
        layers = ((rim_mask, self.outline, OUTLINE_OPACITY), (disc(area, center, radius), self.accent, 1.0))
        self.lay(out, area, layers, share)
        self.number.lay(out, center, share, self.clip)
