"""Highlights: the picture darkens except for the targets, whose edges are soft."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from preview_worker.render.child.drawing.aims import Aim, Entrance
from preview_worker.render.child.drawing.planes import SHARE_ONE, Planes, dim
from preview_worker.render.child.drawing.shapes import Edges, rounded_rectangle
from preview_worker.render.child.drawing.stamps import around, even_core, even_hull, intersection, window_of
from preview_worker.render.child.drawing.workspace import Workspace
from preview_worker.timeline.geometry import Box

KEPT_BRIGHTNESS = 0.45
PADDING_U = 8
CORNER_U = 14
SOFTNESS_U = 12
POINT_RADIUS_U = 44
LEAST_CORE_PX = 1 << 16
"""Measured: from here on copying the core and blending four pieces around it takes less than blending all at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Highlights:
    """All highlights of one picture, so that none darkens another's target.

    Attributes:
        lights: Targets with when they are seen.
        box: What is darkened: the picture, or the frame.
        unit_px: The design's u.
    """

    lights: tuple[tuple[Aim, Entrance], ...]
    box: Box
    unit_px: float

    @property
    def bounds(self) -> Box:
        """All that is darkened."""
        return self.box

    def state(self, frame: int) -> Hashable | None:
        """Which targets are lit, where, and how far the rest is darkened."""
        lit = tuple(
            (entrance.share_256(frame), entrance.factor(frame), aim.edges(frame))
            for aim, entrance in self.lights
            if entrance.share_256(frame)
        )
        return lit or None

    def opaque(self, frame: int) -> Box | None:
        """What is darkened still shows."""
        del frame
        return None

    def draw(self, frame: int, out: Planes, workspace: Workspace) -> None:
        """Keep the targets, darken all, and show the targets again."""
        del workspace
        share, kept = 0, []
        for aim, entrance in self.lights:
            own = entrance.share_256(frame)
            if not own:
                continue
            share = max(share, own)
            edges = self._lit(aim.edges(frame), entrance.factor(frame))
            around = edges.grown(SOFTNESS_U * self.unit_px / 2 + 1)
            area = intersection(even_hull(around.left, around.top, around.right, around.bottom), self.box)
            if area is not None:
                kept.append((area, edges, out.part(area).copy()))
        dim(out.part(self.box), round(SHARE_ONE - (1 - KEPT_BRIGHTNESS) * share))
        for area, edges, before in kept:
            self._light(out, area, edges, before)

    def _light(self, out: Planes, area: Box, edges: Edges, before: Planes) -> None:
        """Show a target as it was before: its core as it is, what lies around it through its soft edge."""
        mask = rounded_rectangle(area, edges, CORNER_U * self.unit_px, softness_px=SOFTNESS_U * self.unit_px)
        core = self._core(area, edges)
        if core is not None:
            before.part(_within(core, area)).copy_into(out.part(core))
        for box in around(core, area) if core is not None else (area,):
            own = _within(box, area)
            window_of(mask[own.y : own.bottom, own.x : own.right]).show(out.part(box), before.part(own))

    def _core(self, area: Box, edges: Edges) -> Box | None:
        """Where a target's mask is full for certain, None if that isn't worth the pieces around it."""
        full = edges.grown(-(CORNER_U + SOFTNESS_U / 2) * self.unit_px)
        inside = even_core(full.left, full.top, full.right, full.bottom)
        core = intersection(inside, area) if inside is not None else None
        return core if core is not None and core.width * core.height >= LEAST_CORE_PX else None

    def _lit(self, edges: Edges, factor: float) -> Edges:
        is_point = not edges.width and not edges.height
        return edges.grown((POINT_RADIUS_U if is_point else PADDING_U) * self.unit_px).scaled(factor)


def _within(box: Box, area: Box) -> Box:
    """A box of the frame, counted from an area's top left."""
    return Box(x=box.x - area.x, y=box.y - area.y, width=box.width, height=box.height)
