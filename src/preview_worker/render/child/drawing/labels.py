"""Labels: a text on a dark pill beside its target, with a leader line; drawn anew while the picture moves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from preview_worker.render.child.drawing.aims import rim
from preview_worker.render.child.drawing.filters import Bytes
from preview_worker.render.child.drawing.marks import OUTLINE_OPACITY, OUTLINE_U, Letters, Mark
from preview_worker.render.child.drawing.planes import BLACK, Planes, Yuv
from preview_worker.render.child.drawing.shapes import Edges, Point, disc, rounded_rectangle, segment
from preview_worker.render.child.drawing.workspace import Workspace
from preview_worker.timeline.geometry import Box

LEADER_U = 3
LEADER_LENGTH_U = 44
PILL_COLOUR: Yuv = BLACK
PILL_OPACITY = 0.88


@dataclass(frozen=True, slots=True, kw_only=True)
class Label(Mark):
    """A text on a dark pill beside the target, joined to it by a line that ends at its edge.

    Attributes:
        text: The letters.
        side: Unit vector from the target to the pill.
        start_px: Distance from the target's edge at which the line begins.
        leader_px: Length of the line; without one (0) the pill stands directly at its start.
        place: Where the pill's middle stands, if the payload says so.
        inside: Even box within which the pill stays.
    """

    text: Letters
    side: Point
    start_px: float
    leader_px: float
    place: Point | None
    inside: Box

    def draw(self, frame: int, out: Planes, workspace: Workspace) -> None:
        """Leader line with a dot, then the pill and its letters."""
        del workspace
        if not self.visible(frame):
            return
        unit, share, edges = self.unit_px, self.entrance.share_256(frame), self.aim.edges(frame)
        start = rim(edges, self.side, self.start_px)
        pill = self._pill(edges)
        if self.leader_px:
            self._leader(out, start, _nearest(pill, start), share)
        around = pill.grown(1)
        area = self.area(around.left, around.top, around.right, around.bottom)
        if area is None:
            return
        body = rounded_rectangle(area, pill, pill.height / 2 if pill.height < 52 * unit else 12 * unit)
        self.lay(out, area, ((body, PILL_COLOUR, PILL_OPACITY),), share)
        self.text.lay(out, pill.center, share, self.clip)

    def _pill(self, edges: Edges) -> Edges:
        width, height = self.text.size_px
        half_width, half_height = width / 2 + 14 * self.unit_px, height / 2 + 7 * self.unit_px
        away = abs(self.side[0]) * half_width + abs(self.side[1]) * half_height
        x, y = self.place or rim(edges, self.side, self.start_px + self.leader_px + away)
        x = min(max(x, self.inside.x + half_width), max(self.inside.x + half_width, self.inside.right - half_width))
        y = min(max(y, self.inside.y + half_height), max(self.inside.y + half_height, self.inside.bottom - half_height))
        return Edges(left=x - half_width, top=y - half_height, right=x + half_width, bottom=y + half_height)

    def _leader(self, out: Planes, start: Point, end: Point, share_256: int) -> None:
        unit = self.unit_px
        reach = 9 * unit
        xs, ys = (start[0], end[0]), (start[1], end[1])
        area = self.area(min(xs) - reach, min(ys) - reach, max(xs) + reach, max(ys) + reach)
        if area is None:
            return

        def shape(swell_px: float) -> Bytes:
            line = segment(area, start, end, LEADER_U * unit + 2 * swell_px)
            joined: Bytes = np.maximum(line, disc(area, start, 5 * unit + swell_px))
            return joined

        layers = ((shape(OUTLINE_U * unit), self.outline, OUTLINE_OPACITY), (shape(0), self.accent, 1.0))
        self.lay(out, area, layers, share_256)


def _nearest(edges: Edges, point: Point) -> Point:
    """The point of a rectangle nearest to another."""
    return min(max(point[0], edges.left), edges.right), min(max(point[1], edges.top), edges.bottom)
