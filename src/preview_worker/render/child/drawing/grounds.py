"""What lies below: backgrounds, panels, lower thirds, the progress line."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from preview_worker.render.child.drawing.filters import Bytes
from preview_worker.render.child.drawing.items import Appearance, Base, Stamped
from preview_worker.render.child.drawing.pictures import blurred
from preview_worker.render.child.drawing.planes import Planes, yuv_of_colour
from preview_worker.render.child.drawing.plates import Plate
from preview_worker.render.child.drawing.shapes import (
    edges_of,
    hairline_share,
    rounded_frame,
    rounded_rectangle,
    vertical_ramp,
)
from preview_worker.render.child.drawing.stamps import Stamp, stamp_of
from preview_worker.render.child.drawing.words import Words
from preview_worker.timeline.geometry import Box
from preview_worker.timeline.palette import BEHIND_PHOTO
from preview_worker.timeline.scene import Gradient, Panel, Progress, Scene
from preview_worker.timeline.time import FrameRange

CARD_BRIGHTNESS = 0.9
CARD_BLUR_U = 5
CARD_SHRINK = 2
"""Taken at a quarter of the size, so small a blur would show the grid it was enlarged from."""
SCRIM_OPACITY = 0.9
"""White at 90 % behind it becomes #222327, on which the palette's texts over photos keep 7:1."""
SCRIM_LEAST_OPACITY = 0.12
SCRIM_PAD_U = 28
SCRIM_FALL_SHARE = 0.3
"""Of the frame: how far the scrim takes from its full darkness beside the texts to its least."""
SCRIM_ACROSS_SHARE = 0.78
"""Texts that reach further right than this leave no light beside them: it is let in above and below, as it always is
where the frame is no wider than high."""
RAMP_BELOW_TEXT_U = 26
LEAST_RAMP_SHARE = 0.2
FULL = 255
DITHER_LEVELS = 64


def plain_ground(scene: Scene) -> Base:
    """The background's colour, or its two colours from top to bottom."""
    planes = Planes.allocate(scene.width_px, scene.height_px)
    second = scene.background.second_colour
    if second is None:
        planes.fill(yuv_of_colour(scene.background.colour))
    else:
        _ramp(scene, second).copy_into(planes)
    return Base(planes=planes)


def picture_ground(scene: Scene, plate: Plate, words: Sequence[Words]) -> Base:
    """The background's picture, a little blurred: dark where the texts stand, light beside them.

    Args:
        scene: The scene.
        plate: The background's picture, cut to the frame's aspect.
        words: The texts that stand on it without a box of their own.
    """
    size = (scene.width_px, scene.height_px)
    planes = blurred(plate.levels[0].planes, size, CARD_BLUR_U * scene.unit_px, CARD_BRIGHTNESS, shrink=CARD_SHRINK)
    stamp_of(_scrim(scene, words), 0, 0, yuv_of_colour(BEHIND_PHOTO)).blend(planes)
    return Base(planes=planes)


def panel(described: Panel, scene: Scene) -> Stamped:
    """A filled rectangle with round corners and its hairline."""
    box, edges = described.box, edges_of(described.box)
    fill = rounded_rectangle(box, edges, described.corner_px)
    stamps = [stamp_of(fill, box.x, box.y, yuv_of_colour(described.colour))]
    if described.hairline is not None:
        line_px = max(1.0, scene.unit_px)
        line = rounded_frame(box, edges.grown(-line_px / 2), described.corner_px - line_px / 2, line_px)
        opacity = hairline_share(scene.unit_px)
        stamps.append(stamp_of(line, box.x, box.y, yuv_of_colour(described.hairline), opacity=opacity))
    return Stamped(laid=tuple(stamps), appearance=throughout(scene))


def gradient(described: Gradient, scene: Scene, words: Sequence[Words]) -> Stamped:
    """The soft darkening below a lower third's texts: full a little below where the first of them begins."""
    box = described.box
    tops = [item.ink.y for item in words if box.y < item.ink.y < box.bottom]
    first = min(tops, default=box.bottom) + RAMP_BELOW_TEXT_U * scene.unit_px
    full_at = min(1.0, max(LEAST_RAMP_SHARE, (first - box.y) / box.height))
    mask = vertical_ramp(box, described.strength, full_at)
    stamp = stamp_of(mask, described.box.x, described.box.y, yuv_of_colour(described.colour))
    return Stamped(laid=(stamp,), appearance=throughout(scene))


def progress(described: Progress, scene: Scene) -> Stamped:
    """Equal cells with a gap between them, those up to this step in the primary colour."""
    box, cells = described.box, max(1, described.cells)
    bounds = [box.x + round(box.width * index / cells) for index in range(cells + 1)]
    gap = max(1, round(2 * scene.unit_px)) if box.width / cells > 8 * scene.unit_px else 0
    filled, empty = np.zeros((box.height, box.width), np.uint8), np.zeros((box.height, box.width), np.uint8)
    for index, (left, right) in enumerate(pairwise(bounds)):
        mask = filled if index < described.filled else empty
        last = index == cells - 1
        mask[:, left - box.x : right - box.x - (0 if last else gap)] = FULL
    stamps: tuple[Stamp, ...] = (
        stamp_of(empty, box.x, box.y, yuv_of_colour(scene.palette.muted), opacity=0.28),
        stamp_of(filled, box.x, box.y, yuv_of_colour(scene.palette.primary)),
    )
    return Stamped(laid=stamps, appearance=throughout(scene))


def throughout(scene: Scene) -> Appearance:
    """Seen during the whole step."""
    return Appearance(shown=FrameRange(start=0, end=scene.frames))


def frame_box(scene: Scene) -> Box:
    """The whole frame."""
    return Box(x=0, y=0, width=scene.width_px, height=scene.height_px)


def _scrim(scene: Scene, words: Sequence[Words]) -> Bytes:
    """How much the texts' ground is darkened: ``uint8, shape (height_px, width_px)``."""
    width, height = scene.width_px, scene.height_px
    pad = SCRIM_PAD_U * scene.unit_px
    left = min((item.ink.x for item in words), default=2 * width) - pad
    right = max((item.ink.right for item in words), default=-width) + pad
    if width > height and width - left < right and width - left <= SCRIM_ACROSS_SHARE * width:
        return np.repeat(_darkness(width, left, width + pad)[None, :], height, axis=0)
    if not words or (width > height and right <= SCRIM_ACROSS_SHARE * width):
        return np.repeat(_darkness(width, -pad, right)[None, :], height, axis=0)
    top, bottom = min(item.ink.y for item in words) - pad, max(item.ink.bottom for item in words) + pad
    return np.repeat(_darkness(height, top, bottom)[:, None], width, axis=1)


def _darkness(length: int, first: float, last: float) -> Bytes:
    """Full from `first` to `last`, falling softly to the least opacity on both sides: ``uint8, shape (length,)``."""
    position = np.arange(length, dtype=np.float32) + np.float32(0.5)
    outside = np.maximum(np.float32(first) - position, position - np.float32(last))
    share = np.clip(outside / np.float32(SCRIM_FALL_SHARE * length), np.float32(0), np.float32(1))
    eased = share * share * (np.float32(3) - np.float32(2) * share)
    opacity = np.float32(SCRIM_OPACITY) - np.float32(SCRIM_OPACITY - SCRIM_LEAST_OPACITY) * eased
    darkness: Bytes = (opacity * np.float32(FULL) + np.float32(0.5)).astype(np.uint8)
    return darkness


def _ramp(scene: Scene, second: str) -> Planes:
    """From one colour at the top to another at the bottom."""
    planes = Planes.allocate(scene.width_px, scene.height_px)
    first, last = yuv_of_colour(scene.background.colour), yuv_of_colour(second)
    for plane, start, end in zip((planes.y, planes.u, planes.v), first, last, strict=True):
        plane[...] = _dithered(plane.shape, start, end)
    return planes


def _dithered(shape: tuple[int, ...], start: int, end: int) -> Bytes:
    """A ramp over the rows of ``uint8, shape (height, width)``, in 64ths of a step.

    What lies between two steps is spread over both by Bayer's pattern (B. E. Bayer: An optimum method for two-level
    rendition of continuous-tone pictures, IEEE ICC 1973): two dark colours are some twenty steps apart, and steps as
    wide as a twentieth of the frame are seen as bands.
    """
    height, width = shape
    rows = np.arange(height)
    levels = DITHER_LEVELS * (start * (height - 1 - rows) + end * rows) // max(1, height - 1)
    pattern = _bayer(3)
    side = len(pattern)
    thresholds = np.tile(pattern, (-(-height // side), -(-width // side)))[:height, :width]
    ramp: Bytes = ((levels[:, None] + thresholds) // DITHER_LEVELS).astype(np.uint8)
    return ramp


def _bayer(doublings: int) -> npt.NDArray[np.int64]:
    """Bayer's matrix: each whole number below its size once, neighbours as different as can be."""
    matrix = np.zeros((1, 1), np.int64)
    for _ in range(doublings):
        matrix = np.block([[4 * matrix, 4 * matrix + 2], [4 * matrix + 3, 4 * matrix + 1]])
    return matrix
