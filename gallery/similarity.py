"""How alike two pictures are: structural similarity of their luma, and mean differences of all their samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Rgb = npt.NDArray[np.uint8]
_Values = npt.NDArray[np.float64]

LEAST_SIMILARITY = 0.985
MOST_ERROR = 1.0
"""Mean absolute difference of the samples, in 255ths."""
MOST_TILE_ERROR = 8.0
"""The same in the worst tile: a lost badge or callout is small beside a whole frame."""
TILE_PX = 20

_WINDOW_PX, _DEVIATION_PX = 11, 1.5
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
_LUMA = (0.2126, 0.7152, 0.0722)


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """What was measured of two pictures of one size.

    Attributes:
        similarity: Mean structural similarity of the luma, at most 1.
        error: Mean absolute difference of the samples, in 255ths.
        tile_error: The same in the tile where it is greatest.
    """

    similarity: float
    error: float
    tile_error: float

    @property
    def alike(self) -> bool:
        """Whether nobody would call them different."""
        return self.similarity >= LEAST_SIMILARITY and self.error <= MOST_ERROR and self.tile_error <= MOST_TILE_ERROR

    def __str__(self) -> str:
        return f"similarity {self.similarity:.4f}, error {self.error:.2f}, worst tile {self.tile_error:.1f}"


def likeness(first: Rgb, second: Rgb) -> Likeness:
    """Compare two pictures.

    Args:
        first: uint8, shape (height_px, width_px, 3), sRGB; each side at least eleven pixels.
        second: Likewise; pictures of different sizes are not alike at all.
    """
    if first.shape != second.shape:
        return Likeness(similarity=0.0, error=255.0, tile_error=255.0)
    difference = np.abs(first.astype(np.float64) - second).mean(axis=2)
    return Likeness(
        similarity=structural_similarity(first @ np.array(_LUMA), second @ np.array(_LUMA)),
        error=float(difference.mean()),
        tile_error=_worst_tile(difference),
    )


def structural_similarity(first: _Values, second: _Values) -> float:
    """Mean SSIM index of two pictures: float, shape (height_px, width_px), 0–255.

    Wang, Bovik, Sheikh, Simoncelli: Image quality assessment: from error visibility to structural similarity. IEEE
    Transactions on Image Processing 13 (2004), section III B: a Gaussian window of 11 pixels with a deviation of 1.5;
    only windows that lie wholly inside count.
    """
    mean_first, mean_second = _smoothed(first), _smoothed(second)
    variance_first = _smoothed(first * first) - mean_first**2
    variance_second = _smoothed(second * second) - mean_second**2
    covariance = _smoothed(first * second) - mean_first * mean_second
    above = (2 * mean_first * mean_second + _C1) * (2 * covariance + _C2)
    below = (mean_first**2 + mean_second**2 + _C1) * (variance_first + variance_second + _C2)
    return float((above / below).mean())


def difference_picture(first: Rgb, second: Rgb) -> Rgb:
    """Where two pictures of one size differ: bright where much, eight times enlarged so that it can be seen."""
    difference = np.abs(first.astype(np.int16) - second.astype(np.int16)).max(axis=2)
    amplified = np.minimum(difference * 8, 255).astype(np.uint8)
    return np.repeat(amplified[..., None], 3, axis=2)


def _smoothed(values: _Values) -> _Values:
    offsets = np.arange(_WINDOW_PX) - _WINDOW_PX // 2
    weights = np.exp(-(offsets**2) / (2 * _DEVIATION_PX**2))
    weights /= weights.sum()
    height, width = (side - _WINDOW_PX + 1 for side in values.shape)
    across = sum(weight * values[:, place : place + width] for place, weight in enumerate(weights))
    return np.asarray(sum(weight * across[place : place + height] for place, weight in enumerate(weights)))


def _worst_tile(difference: _Values) -> float:
    height, width = difference.shape
    tiles = [
        difference[top : top + TILE_PX, left : left + TILE_PX].mean()
        for top in range(0, height, TILE_PX)
        for left in range(0, width, TILE_PX)
    ]
    return float(max(tiles))
