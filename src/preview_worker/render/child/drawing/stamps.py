"""Stamps: one colour through a coverage mask, blended into the planes within its own rectangle only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from preview_worker.render.child.drawing.filters import Bytes, averaged
from preview_worker.render.child.drawing.planes import SHARE_ONE, Planes, Yuv
from preview_worker.timeline.geometry import Box

Weights = npt.NDArray[np.uint16]

ROUNDING = np.uint16(SHARE_ONE // 2)
"""Half a level in 256ths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """A colour and where it goes.

    Attributes:
        box: Even rectangle of the frame.
        luma: uint16, shape (box.height, box.width), opacity in 256ths (0–256).
        chroma: uint16, shape (box.height / 2, box.width / 2), the same for the colour differences.
        colour: What is laid down.
    """

    box: Box
    luma: Weights
    chroma: Weights
    colour: Yuv

    def blend(self, out: Planes, share_256: int = SHARE_ONE) -> None:
        """Lay the colour over the planes, `share_256` 256ths of the full opacity; parts outside are cut off."""
        visible = intersection(self.box, out.whole)
        if visible is None or share_256 <= 0:
            return
        target = out.part(visible)
        left, top = visible.x - self.box.x, visible.y - self.box.y
        luma = self.luma[top : top + visible.height, left : left + visible.width]
        rows, columns = slice(top // 2, (top + visible.height) // 2), slice(left // 2, (left + visible.width) // 2)
        chroma = self.chroma[rows, columns]
        luma, chroma = scaled(luma, share_256), scaled(chroma, share_256)
        _lay(target.y, luma, self.colour[0])
        _lay(target.u, chroma, self.colour[1])
        _lay(target.v, chroma, self.colour[2])


def stamp_of(coverage: Bytes, x: int, y: int, colour: Yuv, *, opacity: float = 1.0, clip: Box | None = None) -> Stamp:
    """Make a stamp of a coverage mask.

    Args:
        coverage: uint8, shape (height_px, width_px), 255 where the colour is full.
        x: Column of the frame where the mask's first column goes; any integer.
        y: Row of the frame where its first row goes.
        colour: The colour.
        opacity: Factor 0–1.
        clip: Even rectangle that nothing leaves.
    """
    height, width = coverage.shape
    box = even_hull(x, y, x + width, y + height)
    if (box.x, box.y, box.width, box.height) != (x, y, width, height):
        padded = np.zeros((box.height, box.width), np.uint8)
        padded[y - box.y : y - box.y + height, x - box.x : x - box.x + width] = coverage
        coverage = padded
    if clip is not None:
        visible = intersection(box, clip) or Box(x=clip.x, y=clip.y, width=0, height=0)
        coverage = coverage[visible.y - box.y : visible.bottom - box.y, visible.x - box.x : visible.right - box.x]
        box = visible
    factor = round(opacity * SHARE_ONE)
    return Stamp(box=box, luma=_weights(coverage, factor), chroma=_weights(halved(coverage), factor), colour=colour)


def halved(coverage: Bytes) -> Bytes:
    """The mean of each four samples of a mask with even sides."""
    height, width = coverage.shape
    if not coverage.size:
        return np.zeros((height // 2, width // 2), np.uint8)
    return averaged(coverage, width // 2, height // 2)


def shifted(mask: Bytes, right_px: float, down_px: float) -> Bytes:
    """A mask moved by less than one pixel in 16ths, one row and one column larger."""
    columns, rows = round(right_px * 16), round(down_px * 16)
    height, width = mask.shape
    wide = np.zeros((height, width + 1), np.uint16)
    wide[:, :-1] += mask * np.uint16(16 - columns)
    wide[:, 1:] += mask * np.uint16(columns)
    tall = np.zeros((height + 1, width + 1), np.uint32)
    tall[:-1] += wide * np.uint32(16 - rows)
    tall[1:] += wide * np.uint32(rows)
    moved: Bytes = ((tall + 128) >> 8).astype(np.uint8)
    return moved


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A mask ready to show one picture through another: uint16 opacities in 256ths, for luma and for chroma."""

    luma: Weights
    chroma: Weights

    def show(self, out: Planes, other: Planes) -> None:
        """Show `other` through the mask over `out`; both are of the mask's size."""
        pairs = ((out.y, other.y, self.luma), (out.u, other.u, self.chroma), (out.v, other.v, self.chroma))
        for target, source, weights in pairs:
            laid = np.multiply(source, weights, dtype=np.uint16)
            laid += ROUNDING
            blend_layer(target, SHARE_ONE - weights, laid)


def window_of(coverage: Bytes) -> Window:
    """Make a window of a mask with even sides, 0–255."""
    return Window(luma=_weights(coverage, SHARE_ONE), chroma=_weights(halved(coverage), SHARE_ONE))


def overlay_premultiplied(out: Planes, other: Planes, luma: Bytes, chroma: Bytes) -> None:
    """Lay a picture whose samples are already multiplied by its opacity (`luma`, `chroma`: 0–255) over `out`."""
    pairs = ((out.y, other.y, luma), (out.u, other.u, chroma), (out.v, other.v, chroma))
    for target, source, opacity in pairs:
        mixed = np.multiply(target, 255 - opacity, dtype=np.uint16)
        # Exact division by 255 of products up to 255 × 255, rounded: (n + 128 + (n + 128 >> 8)) >> 8.
        mixed += 128
        mixed += mixed >> 8
        mixed >>= 8
        mixed += source
        np.minimum(mixed, 255, out=mixed)
        target[...] = mixed


def intersection(first: Box, second: Box) -> Box | None:
    """What two boxes share, None if nothing."""
    left, top = max(first.x, second.x), max(first.y, second.y)
    right, bottom = min(first.right, second.right), min(first.bottom, second.bottom)
    return Box(x=left, y=top, width=right - left, height=bottom - top) if left < right and top < bottom else None


def around(hole: Box, outer: Box) -> tuple[Box, ...]:
    """What of a box lies outside a hole in it: up to four boxes above, below, left and right of the hole."""
    boxes = (
        Box(x=outer.x, y=outer.y, width=outer.width, height=hole.y - outer.y),
        Box(x=outer.x, y=hole.bottom, width=outer.width, height=outer.bottom - hole.bottom),
        Box(x=outer.x, y=hole.y, width=hole.x - outer.x, height=hole.height),
        Box(x=hole.right, y=hole.y, width=outer.right - hole.right, height=hole.height),
    )
    return tuple(box for box in boxes if box.width > 0 and box.height > 0)


def hull(first: Box, second: Box) -> Box:
    """The smallest box around two boxes."""
    left, top = min(first.x, second.x), min(first.y, second.y)
    right, bottom = max(first.right, second.right), max(first.bottom, second.bottom)
    return Box(x=left, y=top, width=right - left, height=bottom - top)


def even_hull(left: float, top: float, right: float, bottom: float) -> Box:
    """The smallest even box around a rectangle."""
    x, y = int(left // 2) * 2, int(top // 2) * 2
    return Box(x=x, y=y, width=-int(-(right - x) // 2) * 2, height=-int(-(bottom - y) // 2) * 2)


def even_core(left: float, top: float, right: float, bottom: float) -> Box | None:
    """The largest even box inside a rectangle, None if there is none."""
    x, y = -int(-left // 2) * 2, -int(-top // 2) * 2
    width, height = int(right // 2) * 2 - x, int(bottom // 2) * 2 - y
    return Box(x=x, y=y, width=width, height=height) if width > 0 and height > 0 else None


def _weights(coverage: Bytes, factor_256: int) -> Weights:
    """0–255 to 0–`factor_256`, rounded."""
    if factor_256 == SHARE_ONE:
        weights = coverage.astype(np.uint16)
        weights += weights >> 7
        return weights
    products = coverage.astype(np.uint32) * np.uint32(factor_256) + np.uint32(128)
    # Division by 255 of numbers below 2**16, rounded.
    rounded: Weights = ((products + (products >> 8)) >> 8).astype(np.uint16)
    return rounded


def scaled(weights: Weights, share_256: int) -> Weights:
    """Weights at `share_256` 256ths of their opacity."""
    if share_256 >= SHARE_ONE:
        return weights
    fainter: Weights = (weights.astype(np.uint32) * share_256 >> 8).astype(np.uint16)
    return fainter


def blend_layer(target: Bytes, through: Weights, laid: Weights) -> None:
    """``target × through + laid``, both in 256ths, in place; `laid` holds the half that rounds the sum.

    Limited-range samples can't overflow 16 bits; with one stamp, neither can 255 × 256 + 128.
    """
    mixed = np.multiply(target, through, dtype=np.uint16)
    mixed += laid
    np.right_shift(mixed, 8, out=target, casting="unsafe")


def _lay(target: Bytes, weights: Weights, value: int) -> None:
    laid = weights * np.uint16(value)
    laid += ROUNDING
    blend_layer(target, SHARE_ONE - weights, laid)
