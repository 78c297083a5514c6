"""Cameras: which region of a picture is seen, from the payload's motion or by the art direction's defaults."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from preview_worker.contract import Callout, Motion, MotionType, Rect, Visual
from preview_worker.timeline.camera import Camera, Curve, still
from preview_worker.timeline.geometry import Box, Region, clamp, cover, grow_to_aspect, scale
from preview_worker.timeline.time import FrameRange, frames_of_ms

STILL_UNDER_MS = 2500
REST_MS = 400
ZOOM = 0.92
PAN = 0.06


def camera_of(
    visual: Visual,
    callouts: Sequence[Callout],
    *,
    box: Box,
    picture_aspect: float,
    shown: FrameRange,
    rate: Fraction,
    cut_out: bool = False,
) -> Camera:
    """Camera of one picture.

    Args:
        visual: The payload's visual.
        callouts: Callouts that point at it; with any, the default is to hold still.
        box: Where the picture is drawn.
        picture_aspect: Width ÷ height of the picture.
        shown: Frames of the step in which it is seen.
        rate: Frames per second.
        cut_out: Whether it stands free with a shape of its own, which a closer view would cut off.
    """
    aspect = box.width / box.height
    # Also where the box has the picture's own aspect: rounded to even pixels it has it only nearly.
    fitted = cover(picture_aspect, aspect)
    motion = visual.motion
    kind = motion.type if motion is not None else _default_type(shown, rate, rests=cut_out or bool(callouts))
    start, end = _regions(kind, motion, fitted, callouts, picture_aspect, aspect)
    if start == end:
        return still(start)
    curve: Curve = motion.easing.value if motion is not None else "in_out_sine"
    rest = min(frames_of_ms(REST_MS, rate), len(shown) // 4)
    return Camera(start=start, end=end, curve=curve, moving=FrameRange(start=shown.start + rest, end=shown.end - rest))


def _default_type(shown: FrameRange, rate: Fraction, *, rests: bool) -> MotionType:
    if rests or len(shown) < frames_of_ms(STILL_UNDER_MS, rate):
        return MotionType.HOLD
    return MotionType.ZOOM_IN


def _regions(
    kind: MotionType,
    motion: Motion | None,
    fitted: Region,
    callouts: Sequence[Callout],
    picture_aspect: float,
    aspect: float,
) -> tuple[Region, Region]:
    given_start = _given(motion.from_ if motion else None, picture_aspect, aspect)
    given_end = _given(motion.to if motion else None, picture_aspect, aspect)
    start = given_start or fitted
    if kind is MotionType.HOLD:
        return start, start
    if given_end is not None:
        return start, given_end
    if kind is MotionType.ZOOM_OUT:
        closer = given_start or scale(fitted, ZOOM)
        return closer, fitted if given_start is None else _wider(closer, picture_aspect, aspect)
    if kind is MotionType.PAN:
        return _pan_from(start) if given_start is not None else _pan_about(start)
    return start, _closer(kind, start, callouts)


def _closer(kind: MotionType, start: Region, callouts: Sequence[Callout]) -> Region:
    """Where a zoom in, a Ken Burns move or a focus ends."""
    match kind:
        case MotionType.KEN_BURNS:
            return _off_centre(start)
        case MotionType.FOCUS:
            return scale(start, ZOOM, toward=_focus_point(callouts, start))
        case _:
            return scale(start, ZOOM)


def _given(rect: Rect | None, picture_aspect: float, aspect: float) -> Region | None:
    if rect is None:
        return None
    region = Region(x=rect.x, y=rect.y, width=rect.width, height=rect.height)
    return grow_to_aspect(region, picture_aspect, aspect)


def _wider(region: Region, picture_aspect: float, aspect: float) -> Region:
    """The inverse of a zoom in, as far as the picture reaches."""
    width, height = region.width / ZOOM, region.height / ZOOM
    center_x, center_y = region.center
    wider = Region(x=center_x - width / 2, y=center_y - height / 2, width=width, height=height)
    return grow_to_aspect(wider, picture_aspect, aspect)


def _pan_about(fitted: Region) -> tuple[Region, Region]:
    """Six per cent of the view, left to right or else top to bottom, half of it on each side of the fitted view.

    A view that shows the whole picture has nowhere to go; a 6 % smaller one crosses it instead.
    """
    step_x, step_y = PAN * fitted.width, PAN * fitted.height
    if 1 - fitted.width >= step_x:
        return _moved(fitted, -step_x / 2, 0), _moved(fitted, step_x / 2, 0)
    if 1 - fitted.height >= step_y:
        return _moved(fitted, 0, -step_y / 2), _moved(fitted, 0, step_y / 2)
    smaller = scale(fitted, 1 - PAN)
    return _moved(smaller, -step_x / 2, 0), _moved(smaller, step_x / 2, 0)


def _pan_from(start: Region) -> tuple[Region, Region]:
    """From the view asked for, by six per cent of it to where there is room: right, left, down or up."""
    step_x, step_y = PAN * start.width, PAN * start.height
    for right, down in ((step_x, 0.0), (-step_x, 0.0), (0.0, step_y), (0.0, -step_y)):
        wanted = Region(x=start.x + right, y=start.y + down, width=start.width, height=start.height)
        if clamp(wanted) == wanted:
            return start, wanted
    return _pan_about(start)


def _moved(region: Region, right: float, down: float) -> Region:
    return clamp(Region(x=region.x + right, y=region.y + down, width=region.width, height=region.height))


def _off_centre(start: Region) -> Region:
    """Ken Burns' usual move: closer, and a little up and to the right of the middle."""
    toward = (start.x + start.width * 0.54, start.y + start.height * 0.46)
    return scale(start, ZOOM, toward=toward)


def _focus_point(callouts: Sequence[Callout], start: Region) -> tuple[float, float]:
    for callout in callouts:
        if callout.target is not None:
            target = callout.target
            return target.x + (target.width or 0) / 2, target.y + (target.height or 0) / 2
    return start.center
