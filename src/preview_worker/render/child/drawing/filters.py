"""The OpenCV operations that may touch pixels: those shown to give the same bytes on every x86-64 processor.

All take and give ``uint8, shape (height, width)`` or ``(height, width, channels)``.
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]


def averaged(image: Bytes, width: int, height: int) -> Bytes:
    """Scale down by the mean of what falls into each pixel."""
    return cast("Bytes", cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA))


def interpolated(image: Bytes, width: int, height: int) -> Bytes:
    """Scale up linearly."""
    return cast("Bytes", cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR))


def resampled(image: Bytes, scale_x: float, scale_y: float, out: Bytes) -> None:
    """Scale linearly by exact factors into `out`, whose size is the image's times these factors, rounded."""
    cv2.resize(image, None, dst=out, fx=scale_x, fy=scale_y, interpolation=cv2.INTER_LINEAR)


def softened(image: Bytes, deviation_px: float) -> Bytes:
    """Gaussian blur; the border is repeated outwards."""
    return cast("Bytes", cv2.GaussianBlur(image, (0, 0), deviation_px, borderType=cv2.BORDER_REPLICATE))


def bordered(image: Bytes, border_px: int) -> Bytes:
    """Repeat the outermost samples on all sides."""
    return cast("Bytes", cv2.copyMakeBorder(image, border_px, border_px, border_px, border_px, cv2.BORDER_REPLICATE))


def surrounded(mask: Bytes, border_px: int) -> Bytes:
    """Add empty samples on all sides."""
    return cast(
        "Bytes", cv2.copyMakeBorder(mask, border_px, border_px, border_px, border_px, cv2.BORDER_CONSTANT, value=0)
    )


def weighted(first: Bytes, share: float, second: Bytes, other_share: float, offset: float, out: Bytes) -> None:
    """``first × share + second × other_share + offset`` into `out`, which may be one of them."""
    cv2.addWeighted(first, share, second, other_share, offset, dst=out)


def faded(image: Bytes, share: float, offset: float, out: Bytes) -> None:
    """``image × share + offset`` into `out`, which may be the image; none of it may be negative.

    With whole 256ths this is exact but for one rounding to the nearest, ties to even: what `weighted` gives with
    nothing of another image, in two thirds of the time.
    """
    cv2.convertScaleAbs(image, dst=out, alpha=share, beta=offset)
