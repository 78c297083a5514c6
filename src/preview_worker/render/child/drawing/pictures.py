"""Pictures on the frame: the camera's view, round corners, shadows, the blurred copy behind, and fading."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass

from preview_worker.render.child.drawing.filters import Bytes, averaged, interpolated, softened, surrounded
from preview_worker.render.child.drawing.items import Appearance, Stamped
from preview_worker.render.child.drawing.planes import BLACK, SHARE_ONE, Planes, dim, mix_planes
from preview_worker.render.child.drawing.plates import Plate
from preview_worker.render.child.drawing.shapes import edges_of, rounded_rectangle
from preview_worker.render.child.drawing.stamps import (
    Window,
    even_hull,
    intersection,
    overlay_premultiplied,
    stamp_of,
    window_of,
)
from preview_worker.render.child.drawing.workspace import Workspace
from preview_worker.timeline.camera import Camera
from preview_worker.timeline.geometry import Box

Corners = tuple[tuple[Box, Window], ...]
"""Even boxes at a box's corners, from its own top left, with what must show there again."""

BLUR_U = 24
BACKDROP_BRIGHTNESS = 0.45
SHADOW_REACH_U = 26
SHADOW_DROP_U = 7
SHADOW_OPACITY = 0.5
CUT_OUT_BLUR_U = 7
_BLUR_DIVISOR = 8
"""A blur this wide is taken at an eighth of the size and enlarged: nobody sees the difference, it costs a 64th."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A picture in its box as its camera sees it, opaque, with round corners."""

    plate: Plate
    box: Box
    corners: Corners
    camera: Camera
    appearance: Appearance

    @property
    def bounds(self) -> Box:
        """Its box."""
        return self.box

    def state(self, frame: int) -> Hashable | None:
        """The region seen, and how opaque it is."""
        share = self.appearance.share_256(frame)
        return (share, self.camera.region_at(frame)) if share else None

    def opaque(self, frame: int) -> Box | None:
        """Its box, where its corners are square and it is fully there."""
        full = not self.corners and self.appearance.share_256(frame) == SHARE_ONE
        return self.box if full else None

    def whole(self, frame: int, canvas: Planes, workspace: Workspace) -> Planes | None:
        """The frame filled by the picture, its luma lent by the workspace, if that is all there is to see of it."""
        if self.plate.still or self.opaque(frame) != canvas.whole:
            return None
        return self.plate.lend(self.camera.region_at(frame), canvas, workspace)

    def draw(self, frame: int, out: Planes, workspace: Workspace) -> None:
        """Resample the region into the box."""
        target = out.part(self.box)
        region = self.camera.region_at(frame)
        share = self.appearance.share_256(frame)
        if share < SHARE_ONE:
            shown = workspace.planes("view", self.box.width, self.box.height)
            below = workspace.planes("below", self.box.width, self.box.height)
            target.copy_into(below)
            self.plate.show(region, shown, workspace)
            mix_planes(below, shown, share, shown)
            _with_round_corners(target, self.corners, shown)
            return
        kept = _kept(target, self.corners)
        self.plate.show(region, target, workspace)
        _put_back(target, self.corners, kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOut:
    """A picture with transparent places: no box, its shadow follows its shape."""

    plate: Plate
    box: Box
    shadow_px: float
    clip: Box
    camera: Camera
    appearance: Appearance

    @property
    def bounds(self) -> Box:
        """Its box and its shadow's reach."""
        reach = self.shadow_px * 4
        grown = even_hull(self.box.x - reach, self.box.y - reach, self.box.right + reach, self.box.bottom + reach)
        return intersection(grown, self.clip) or self.box

    def state(self, frame: int) -> Hashable | None:
        """The region seen, and how opaque it is."""
        share = self.appearance.share_256(frame)
        return (share, self.camera.region_at(frame)) if share else None

    def opaque(self, frame: int) -> Box | None:
        """Never."""
        del frame
        return None

    def draw(self, frame: int, out: Planes, workspace: Workspace) -> None:
        """Shadow, then the picture over what lies below."""
        share = self.appearance.share_256(frame)
        bounds = out.part(self.bounds)
        below = None
        if share < SHARE_ONE:
            below = workspace.planes("below", bounds.width_px, bounds.height_px)
            bounds.copy_into(below)
        target = out.part(self.box)
        shown, luma, chroma = self.plate.show_alpha(self.camera.region_at(frame), target, workspace)
        if self.shadow_px:
            self._cast(luma, out)
        overlay_premultiplied(target, shown, luma, chroma)
        if below is not None:
            mix_planes(below, bounds, share, bounds)

    def _cast(self, opacity: Bytes, out: Planes) -> None:
        reach = math.ceil(self.shadow_px * 3)
        height, width = opacity.shape
        padded = surrounded(opacity, reach)
        small = averaged(padded, max(1, padded.shape[1] // 4), max(1, padded.shape[0] // 4))
        soft = softened(small, max(0.6, self.shadow_px / 4))
        mask = interpolated(soft, width + 2 * reach, height + 2 * reach)
        drop = round(self.shadow_px)
        stamp_of(
            mask, self.box.x - reach, self.box.y - reach + drop, BLACK, opacity=SHADOW_OPACITY, clip=self.clip
        ).blend(out)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backdrop:
    """A still picture filling a box: the blurred, darkened copy behind one that doesn't fill its slot."""

    planes: Planes
    box: Box
    corners: Corners
    appearance: Appearance

    @property
    def bounds(self) -> Box:
        """Its box."""
        return self.box

    def state(self, frame: int) -> Hashable | None:
        """How opaque it is."""
        return self.appearance.share_256(frame) or None

    def opaque(self, frame: int) -> Box | None:
        """Its box, where its corners are square and it is fully there."""
        full = not self.corners and self.appearance.share_256(frame) == SHARE_ONE
        return self.box if full else None

    def draw(self, frame: int, out: Planes, workspace: Workspace) -> None:
        """Copy it into its box."""
        target = out.part(self.box)
        shown = workspace.planes("view", self.box.width, self.box.height)
        self.planes.copy_into(shown)
        share = self.appearance.share_256(frame)
        if share < SHARE_ONE:
            mix_planes(target, shown, share, shown)
        _with_round_corners(target, self.corners, shown)


def blurred(
    planes: Planes, size: tuple[int, int], blur_px: float, brightness: float, *, shrink: int = _BLUR_DIVISOR
) -> Planes:
    """A soft, dark copy of planes, enlarged to `size` (width, height).

    Args:
        planes: The picture.
        size: Width and height of the copy.
        blur_px: Deviation of the blur at that size.
        brightness: Factor 0–1.
        shrink: At which part of the size the blur is taken; at most about the deviation.
    """
    result = Planes.allocate(*size)
    sigma = max(0.8, blur_px / shrink)
    for divisor, plane, target in (
        (shrink, planes.y, result.y),
        (2 * shrink, planes.u, result.u),
        (2 * shrink, planes.v, result.v),
    ):
        small_size = (max(2, size[0] // divisor), max(2, size[1] // divisor))
        small = averaged(plane, *small_size)
        soft = softened(small, sigma * shrink / divisor)
        height, width = target.shape
        target[...] = interpolated(soft, width, height)
    dim(result, round(brightness * SHARE_ONE))
    return result


def box_shadow(box: Box, corner_px: int, unit_px: float, clip: Box, appearance: Appearance) -> Stamped | None:
    """The soft shadow below a picture's box, inside `clip`; None if nothing of it is seen."""
    reach, drop = SHADOW_REACH_U * unit_px, SHADOW_DROP_U * unit_px
    area = even_hull(box.x - reach, box.y - reach, box.right + reach, box.bottom + reach + drop)
    visible = intersection(area, clip)
    if visible is None:
        return None
    edges = edges_of(Box(x=box.x, y=box.y + round(drop), width=box.width, height=box.height))
    mask = rounded_rectangle(visible, edges, corner_px + reach / 2, softness_px=2 * reach * 0.9)
    stamp = stamp_of(mask, visible.x, visible.y, BLACK, opacity=SHADOW_OPACITY)
    return Stamped(laid=(stamp,), appearance=appearance)


def round_corners(box: Box, corner_px: int) -> Corners:
    """What must show what was there before, so that a box of this size has round corners."""
    side = min((corner_px + 1) // 2 * 2, box.width // 4 * 2, box.height // 4 * 2)
    if not side:
        return ()
    whole = edges_of(Box(x=0, y=0, width=box.width, height=box.height))
    corners = (Box(x=x, y=y, width=side, height=side) for y in (0, box.height - side) for x in (0, box.width - side))
    return tuple((corner, window_of(255 - rounded_rectangle(corner, whole, corner_px))) for corner in corners)


def _with_round_corners(target: Planes, corners: Corners, shown: Planes) -> None:
    kept = _kept(target, corners)
    shown.copy_into(target)
    _put_back(target, corners, kept)


def _kept(planes: Planes, corners: Corners) -> tuple[Planes, ...]:
    return tuple(planes.part(box).copy() for box, _ in corners)


def _put_back(planes: Planes, corners: Corners, kept: tuple[Planes, ...]) -> None:
    for (box, window), before in zip(corners, kept, strict=True):
        window.show(planes.part(box), before)
