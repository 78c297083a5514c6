"""Coverage masks of smooth-edged shapes with sub-pixel geometry, from signed distances.

Every mask is ``uint8, shape (area.height, area.width)``, 255 inside. Distances are in pixels, negative inside, computed
in float32 by single operations that IEEE 754 rounds exactly. Formulas: Inigo Quilez, "2D distance functions".
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from preview_worker.render.child.drawing.filters import Bytes
from preview_worker.timeline.geometry import Box

Distances = npt.NDArray[np.float32]
Point = tuple[float, float]
SHARP_PX = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """A rectangle of the frame with sub-pixel edges."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def center(self) -> Point:
        """Middle as (x, y)."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    @property
    def width(self) -> float:
        """Width in pixels."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Height in pixels."""
        return self.bottom - self.top

    def grown(self, margin_px: float) -> Edges:
        """Larger by a margin at each side."""
        return Edges(
            left=self.left - margin_px,
            top=self.top - margin_px,
            right=self.right + margin_px,
            bottom=self.bottom + margin_px,
        )

    def scaled(self, factor: float) -> Edges:
        """Larger or smaller about the middle."""
        center_x, center_y = self.center
        half_width, half_height = self.width / 2 * factor, self.height / 2 * factor
        return Edges(
            left=center_x - half_width,
            top=center_y - half_height,
            right=center_x + half_width,
            bottom=center_y + half_height,
        )


def hairline_share(unit_px: float) -> float:
    """How opaque a line of one u is drawn, which can't be thinner than a pixel: neither too heavy nor too faint."""
    return min(1.0, math.sqrt(unit_px))


def edges_of(box: Box) -> Edges:
    """A box as edges."""
    return Edges(left=box.x, top=box.y, right=box.right, bottom=box.bottom)


def rounded_rectangle(area: Box, edges: Edges, radius_px: float, softness_px: float = SHARP_PX) -> Bytes:
    """A filled rectangle with round corners; a large softness makes a shadow's edge."""
    return _by_slices(area, edges, radius_px, softness_px, stroke_px=None)


def rounded_frame(area: Box, edges: Edges, radius_px: float, stroke_px: float) -> Bytes:
    """The outline of a rounded rectangle; the stroke is centred on the edge."""
    return _by_slices(area, edges, radius_px, SHARP_PX, stroke_px=stroke_px)


def disc(area: Box, center: Point, radius_px: float) -> Bytes:
    """A filled circle."""
    return _coverage(_from_center(area, center) - np.float32(radius_px), SHARP_PX)


def circle(area: Box, center: Point, radius_px: float, stroke_px: float) -> Bytes:
    """A circle's outline."""
    distance = np.abs(_from_center(area, center) - np.float32(radius_px)) - np.float32(stroke_px / 2)
    return _coverage(distance, SHARP_PX)


def segment(area: Box, start: Point, end: Point, width_px: float) -> Bytes:
    """A straight line with round ends."""
    x, y = _grid(area)
    along_x, along_y = end[0] - start[0], end[1] - start[1]
    square = max(1e-6, along_x * along_x + along_y * along_y)
    x, y = x - np.float32(start[0]), y - np.float32(start[1])
    share = np.clip((x * np.float32(along_x) + y * np.float32(along_y)) * np.float32(1 / square), 0, 1)
    away_x, away_y = x - share * np.float32(along_x), y - share * np.float32(along_y)
    return _coverage(np.sqrt(away_x * away_x + away_y * away_y) - np.float32(width_px / 2), SHARP_PX)


def convex(area: Box, corners: tuple[Point, ...], rounding_px: float = 0.0) -> Bytes:
    """A convex polygon, its corners given in either order, optionally swollen by a rounding."""
    x, y = _grid(area)
    if _turn(corners) < 0:
        corners = corners[::-1]
    distance = np.full((area.height, area.width), -1e6, np.float32)
    for first, second in zip(corners, (*corners[1:], corners[0]), strict=True):
        along_x, along_y = second[0] - first[0], second[1] - first[1]
        length = math.sqrt(along_x * along_x + along_y * along_y)
        normal_x, normal_y = np.float32(along_y / length), np.float32(-along_x / length)
        distance = np.maximum(distance, (x - np.float32(first[0])) * normal_x + (y - np.float32(first[1])) * normal_y)
    return _coverage(distance - np.float32(rounding_px), SHARP_PX)


def vertical_ramp(area: Box, strength: float, full_at: float = 1.0) -> Bytes:
    """Coverage from nothing at the top to `strength` at `full_at` (0–1) of the height, eased so that no edge shows."""
    share = (np.arange(area.height, dtype=np.float32) + np.float32(0.5)) * np.float32(1 / (area.height * full_at))
    share = np.minimum(share, np.float32(1))
    eased = share * share * (np.float32(3) - np.float32(2) * share)
    column = (eased * np.float32(255 * strength) + np.float32(0.5)).astype(np.uint8)
    return np.repeat(column[:, None], area.width, axis=1)


def _by_slices(area: Box, edges: Edges, radius_px: float, softness_px: float, *, stroke_px: float | None) -> Bytes:
    """Evaluate the distance near the corners only and repeat the middle row and column: large shapes cost little."""
    reach = radius_px + softness_px + (stroke_px or 0.0) + 2
    columns, column_counts = _sparse(area.x, area.width, edges.left, edges.right, reach)
    rows, row_counts = _sparse(area.y, area.height, edges.top, edges.bottom, reach)
    center_x, center_y = edges.center
    radius = min(radius_px, edges.width / 2, edges.height / 2)
    away_x = np.abs(columns[None, :] - np.float32(center_x)) - np.float32(edges.width / 2 - radius)
    away_y = np.abs(rows[:, None] - np.float32(center_y)) - np.float32(edges.height / 2 - radius)
    outside_x, outside_y = np.maximum(away_x, 0), np.maximum(away_y, 0)
    outside = np.sqrt(outside_x * outside_x + outside_y * outside_y)
    distance = outside + np.minimum(np.maximum(away_x, away_y), 0) - np.float32(radius)
    if stroke_px is not None:
        distance = np.abs(distance) - np.float32(stroke_px / 2)
    return np.repeat(np.repeat(_coverage(distance, softness_px), row_counts, axis=0), column_counts, axis=1)


def _sparse(origin: int, size: int, low: float, high: float, reach_px: float) -> tuple[Distances, npt.NDArray[np.intp]]:
    """Pixel centres along one axis, those far from both edges reduced to one, and how often each is repeated."""
    first, last = math.ceil(low + reach_px) - origin, math.floor(high - reach_px) - origin
    if last - first < 2:  # noqa: PLR2004 - nothing to reduce
        return np.arange(origin, origin + size, dtype=np.float32) + np.float32(0.5), np.ones(size, np.intp)
    first, last = min(max(first, 0), size), min(max(last, 0), size)
    if last - first < 2:  # noqa: PLR2004 - nothing to reduce
        return np.arange(origin, origin + size, dtype=np.float32) + np.float32(0.5), np.ones(size, np.intp)
    positions = np.concatenate([np.arange(first), [(first + last) // 2], np.arange(last, size)])
    counts = np.ones(len(positions), np.intp)
    counts[first] = last - first
    return (positions + origin).astype(np.float32) + np.float32(0.5), counts


def _coverage(distance: Distances, softness_px: float) -> Bytes:
    share = np.clip(np.float32(0.5) - distance * np.float32(1 / softness_px), 0, 1)
    if softness_px > 2 * SHARP_PX:
        share = share * share * (np.float32(3) - np.float32(2) * share)
    covered: Bytes = (share * np.float32(255) + np.float32(0.5)).astype(np.uint8)
    return covered


def _turn(corners: tuple[Point, ...]) -> float:
    """Twice the area of a polygon, positive if its corners go clockwise on the screen."""
    pairs = zip(corners, (*corners[1:], corners[0]), strict=True)
    return sum(first[0] * second[1] - second[0] * first[1] for first, second in pairs)


def _grid(area: Box) -> tuple[Distances, Distances]:
    x = np.arange(area.x, area.right, dtype=np.float32) + np.float32(0.5)
    y = np.arange(area.y, area.bottom, dtype=np.float32) + np.float32(0.5)
    return x[None, :], y[:, None]


def _from_center(area: Box, center: Point) -> Distances:
    x, y = _grid(area)
    x, y = x - np.float32(center[0]), y - np.float32(center[1])
    distances: Distances = np.sqrt(x * x + y * y)
    return distances
