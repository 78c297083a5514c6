"""The frame's planes: 8-bit YUV 4:2:0, BT.709, limited range; conversions from and to sRGB, and mixing two frames.

Formulas: Rec. ITU-R BT.709-6, section 3 (luma coefficients 0.2126, 0.7152, 0.0722) and its 8-bit quantisation
(luma 16–235, colour differences 16–240 about 128). A chroma sample lies in the middle of its four luma samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, assert_never

import cv2
import numpy as np
import numpy.typing as npt

from preview_worker.render.child.drawing.filters import Bytes, averaged, faded, interpolated, weighted
from preview_worker.timeline.camera import ease
from preview_worker.timeline.colour import channels
from preview_worker.timeline.geometry import Box, even

Yuv = tuple[int, int, int]
Fixed = npt.NDArray[np.int32]
"""Sums of samples in 20-bit fixed point."""
MixKind = Literal["cut", "crossfade", "fade", "slide"]

BLACK: Yuv = (16, 128, 128)
SHARE_ONE = 256
"""Shares are whole 256ths: their products with 8-bit samples are exact in float32, so that every processor agrees."""

_RED, _GREEN, _BLUE = 0.2126, 0.7152, 0.0722
_FRACTION_BITS = 20
_ONE = 1 << _FRACTION_BITS
_LUMA_SPAN, _CHROMA_SPAN = 219, 224
_STRIP_ROWS = 32
"""Rows converted at a time: their 32-bit sums stay in the processor's cache, twice as fast as a whole picture."""


@dataclass(frozen=True, slots=True)
class Planes:
    """One frame.

    Attributes:
        y: uint8, shape (height_px, width_px), luma 16–235, writable; may be a strided view.
        uv: uint8, shape (2, height_px / 2, width_px / 2), blue and red difference; likewise.
    """

    y: Bytes
    uv: Bytes

    @classmethod
    def allocate(cls, width_px: int, height_px: int) -> Planes:
        """New planes of undefined content; both sides must be even."""
        return cls(np.empty((height_px, width_px), np.uint8), np.empty((2, height_px // 2, width_px // 2), np.uint8))

    @property
    def u(self) -> Bytes:
        """The blue difference: uint8, shape (height_px / 2, width_px / 2)."""
        blue: Bytes = self.uv[0]
        return blue

    @property
    def v(self) -> Bytes:
        """The red difference: uint8, shape (height_px / 2, width_px / 2)."""
        red: Bytes = self.uv[1]
        return red

    @property
    def width_px(self) -> int:
        """Width in luma samples."""
        return int(self.y.shape[1])

    @property
    def height_px(self) -> int:
        """Height in luma samples."""
        return int(self.y.shape[0])

    @property
    def whole(self) -> Box:
        """The whole frame as a box."""
        return Box(x=0, y=0, width=self.width_px, height=self.height_px)

    def copy_into(self, out: Planes) -> None:
        """Copy every sample into planes of the same size."""
        np.copyto(out.y, self.y)
        np.copyto(out.uv, self.uv)

    def copy(self) -> Planes:
        """An own, contiguous copy."""
        return Planes(self.y.copy(), self.uv.copy())

    def part(self, box: Box) -> Planes:
        """A view of an even box inside the frame."""
        return Planes(
            self.y[box.y : box.bottom, box.x : box.right],
            self.uv[:, box.y // 2 : box.bottom // 2, box.x // 2 : box.right // 2],
        )

    def fill(self, colour: Yuv) -> None:
        """Set every sample to one colour."""
        self.y.fill(colour[0])
        self.u.fill(colour[1])
        self.v.fill(colour[2])


def yuv_of_colour(colour: str) -> Yuv:
    """``#RRGGBB`` in sRGB to the nearest 8-bit BT.709 limited-range colour."""
    red, green, blue = (channel / 255 for channel in channels(colour))
    luma = _RED * red + _GREEN * green + _BLUE * blue
    return (
        int(16 + _LUMA_SPAN * luma + 0.5),
        int(128 + _CHROMA_SPAN * (blue - luma) / (2 - 2 * _BLUE) + 0.5),
        int(128 + _CHROMA_SPAN * (red - luma) / (2 - 2 * _RED) + 0.5),
    )


def planes_of_rgb(rgb: Bytes) -> Planes:
    """Convert ``uint8, shape (height_px, width_px, 3), sRGB`` with even sides; luma is rounded exactly.

    Chroma is taken from the mean of each four pixels, itself rounded to 8 bits.
    """
    height, width = rgb.shape[:2]
    mean = averaged(rgb, width // 2, height // 2)
    blue_scale, red_scale = 2 - 2 * _BLUE, 2 - 2 * _RED
    blue_difference = _weigh(mean, (-_RED / blue_scale, -_GREEN / blue_scale, 0.5), _CHROMA_SPAN, 128)
    red_difference = _weigh(mean, (0.5, -_GREEN / red_scale, -_BLUE / red_scale), _CHROMA_SPAN, 128)
    return Planes(_weigh(rgb, (_RED, _GREEN, _BLUE), _LUMA_SPAN, 16), np.stack((blue_difference, red_difference)))


def rgb_of_planes(planes: Planes) -> Bytes:
    """Convert to ``uint8, shape (height_px, width_px, 3), sRGB`` for stills; chroma is interpolated linearly."""
    size = (planes.width_px, planes.height_px)
    blue, red = interpolated(planes.u, *size), interpolated(planes.v, *size)
    luma_table, red_table, blue_table, green_of_blue, green_of_red = _rgb_tables()
    rgb = np.empty((*planes.y.shape, 3), np.uint8)
    for top in range(0, planes.height_px, _STRIP_ROWS):
        strip = slice(top, top + _STRIP_ROWS)
        luma = _looked_up(planes.y[strip], luma_table)
        blues, reds = blue[strip], red[strip]
        rgb[strip, :, 0] = _levels(luma + _looked_up(reds, red_table))
        rgb[strip, :, 1] = _levels(luma + _looked_up(blues, green_of_blue) + _looked_up(reds, green_of_red))
        rgb[strip, :, 2] = _levels(luma + _looked_up(blues, blue_table))
    return rgb


def mix(kind: MixKind, share: float, before: Planes, after: Planes, out: Planes, *, colour: str = "#000000") -> None:
    """Mix two frames of the same size into a third, which is neither of them.

    Args:
        kind: crossfade mixes the samples; fade goes through `colour`; slide pushes the old frame out to the left; cut
            shows `after`.
        share: 0 shows `before`, 1 shows `after`; eased here where the kind moves something.
        before: The frame that leaves.
        after: The frame that comes.
        out: Written whole.
        colour: What fade goes through.
    """
    match kind:
        case "cut":
            after.copy_into(out)
        case "crossfade":
            mix_planes(before, after, round(share * SHARE_ONE), out)
        case "fade":
            solid = round(abs(2 * share - 1) * SHARE_ONE)
            _mix_with_colour(before if share < 0.5 else after, yuv_of_colour(colour), solid, out)  # noqa: PLR2004 - halfway
        case "slide":
            _slide(even(ease(share, "in_out_cubic") * out.width_px), before, after, out)
        case _:
            assert_never(kind)


def mix_planes(before: Planes, after: Planes, share_256: int, out: Planes) -> None:
    """Weighted mean of two frames, `share_256` 256ths of `after`; `out` may be one of them."""
    share = share_256 / SHARE_ONE
    for first, second, target in ((before.y, after.y, out.y), (before.u, after.u, out.u), (before.v, after.v, out.v)):
        weighted(first, 1 - share, second, share, 0, target)


def dim(planes: Planes, keep_256: int) -> None:
    """Darken in place towards black: `keep_256` 256ths of the brightness and of the colour remain."""
    keep = keep_256 / SHARE_ONE
    for plane, dark in zip((planes.y, planes.u, planes.v), BLACK, strict=True):
        faded(plane, keep, dark * (1 - keep), plane)


def _mix_with_colour(planes: Planes, colour: Yuv, share_256: int, out: Planes) -> None:
    share = share_256 / SHARE_ONE
    for plane, value, target in zip((planes.y, planes.u, planes.v), colour, (out.y, out.u, out.v), strict=True):
        faded(plane, share, value * (1 - share), target)


def _slide(shift_px: int, before: Planes, after: Planes, out: Planes) -> None:
    remaining = out.width_px - shift_px
    if remaining:
        moved = Box(x=shift_px, y=0, width=remaining, height=out.height_px)
        before.part(moved).copy_into(out.part(Box(x=0, y=0, width=remaining, height=out.height_px)))
    if shift_px:
        entering = Box(x=0, y=0, width=shift_px, height=out.height_px)
        after.part(entering).copy_into(out.part(Box(x=remaining, y=0, width=shift_px, height=out.height_px)))


def _rgb_tables() -> tuple[Fixed, Fixed, Fixed, Fixed, Fixed]:
    """What every level of luma, then red and blue difference for their own channels and for green, adds: 20 bits."""
    levels = np.arange(256, dtype=np.int32)
    luma = (levels - 16) * round(_ONE * 255 / _LUMA_SPAN) + (_ONE >> 1)
    unit = 255 / _CHROMA_SPAN * _ONE
    blue_scale, red_scale = (2 - 2 * _BLUE) * unit, (2 - 2 * _RED) * unit
    difference = levels - 128
    return (
        luma,
        difference * round(red_scale),
        difference * round(blue_scale),
        difference * -round(blue_scale * _BLUE / _GREEN),
        difference * -round(red_scale * _RED / _GREEN),
    )


def _looked_up(samples: cv2.typing.MatLike, table: Fixed) -> Fixed:
    return np.asarray(cv2.LUT(samples, table), np.int32)


def _levels(channel: Fixed) -> Bytes:
    channel >>= _FRACTION_BITS
    return np.clip(channel, 0, 255).astype(np.uint8)


def _weigh(rgb: Bytes, weights: tuple[float, float, float], span: int, offset: int) -> Bytes:
    """Weighted sum of the channels in 20-bit fixed point: one table per channel, so that no product is taken twice."""
    values = np.arange(256, dtype=np.float64) * (span / 255 * _ONE)
    tables = [np.rint(values * weight).astype(np.int32) for weight in weights]
    tables[0] += (offset << _FRACTION_BITS) + (_ONE >> 1)
    weighed = np.empty(rgb.shape[:2], np.uint8)
    for top in range(0, rgb.shape[0], _STRIP_ROWS):
        strip = rgb[top : top + _STRIP_ROWS]
        total = np.zeros(strip.shape[:2], np.int32)
        for channel, table in zip(cv2.split(strip), tables, strict=True):
            total += _looked_up(channel, table)
        total >>= _FRACTION_BITS
        weighed[top : top + _STRIP_ROWS] = total
    return weighed
