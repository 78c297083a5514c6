"""Measures sound in tenths of a second: loudness after Rec. ITU-R BS.1770-5, largest samples, and true peaks.

The K-weighted power of a tenth is taken from its spectrum (Parseval's theorem): both filters of the recommendation are
smooth, so that this agrees with filtering to a hundredth of a decibel, in a third of the time.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt

from preview_worker.render.child.samples import NOTHING, Samples, joined
from preview_worker.timeline.loudness import HOP_SAMPLES, SILENCE_DB10

BEYOND_SAMPLES = 6
"""How many samples before and behind a place decide the signal between it and the next one."""
_SIDES = 2
_OFFSETS = range(1 - BEYOND_SAMPLES, BEYOND_SAMPLES + 1)
_PHASES = (0.25, 0.5, 0.75)
_DENSE_SHARE = 8
"""Where more than an eighth of the samples is high, it takes less time to compute all of them than to pick them."""
_COEFFICIENT_ONE = 1 << 15
"""The interpolation's coefficients are whole 32768ths, so that they are the same on every machine."""
_OFFSET_LU = -0.691
_SHELF = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585))
_HIGH_PASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))
"""The two filters at 48 kHz, numerator and denominator, from tables 1 and 2 of the recommendation."""

Power = npt.NDArray[np.float64]
_Coefficients = tuple[float, float, float]


class LevelMeter:
    """Takes sound in pieces of any length and tells what is in each hop of it, the last one shorter.

    Args:
        hop_samples: Length of a hop, an even number.
    """

    def __init__(self, hop_samples: int = HOP_SAMPLES) -> None:
        self._hop = hop_samples
        self.loudness_db10: list[int] = []
        self.peak_db10: list[int] = []
        self._rest = NOTHING

    def add(self, samples: Samples) -> None:
        """Measure all whole hops that are there now."""
        whole = joined((self._rest, samples))
        hops = whole.shape[1] // self._hop
        self._measure(whole[:, : hops * self._hop].reshape(len(whole), hops, self._hop))
        self._rest = whole[:, hops * self._hop :]

    def finish(self) -> None:
        """Measure what is left; its power is that of the samples that are there."""
        left = self._rest.shape[1]
        if left:
            padded = np.pad(self._rest, ((0, 0), (0, self._hop - left)))
            self._measure(padded.reshape(len(padded), 1, self._hop), self._hop / left)
        self._rest = self._rest[:, :0]

    def _measure(self, hops: npt.NDArray[np.float32], factor: float = 1.0) -> None:
        if not hops.size:
            return
        # In double precision: NumPy's transform of float32 takes three times as long.
        spectrum = np.fft.rfft(hops.astype(np.float64), axis=2)
        weighed = (spectrum.real**2 + spectrum.imag**2) * _weights(self._hop)
        powers = weighed.sum(axis=2).sum(axis=0) * (factor * _SIDES / len(hops))
        self.loudness_db10.extend(
            _db10(10 * math.log10(power) + _OFFSET_LU) if power else SILENCE_DB10 for power in powers
        )
        peaks = np.abs(hops).max(axis=(0, 2))
        self.peak_db10.extend(_db10(20 * math.log10(peak)) if peak else SILENCE_DB10 for peak in peaks)


def true_heights(samples: Samples, least: float) -> npt.NDArray[np.float32]:
    """float32, shape (samples,): the largest value of either side at a sample, and between it and the next one.

    Args:
        samples: The sound. The first and last `BEYOND_SAMPLES` are looked at, but what lies between them isn't told.
        least: Only around samples of at least this height the signal between is computed.
    """
    heights: npt.NDArray[np.float32] = np.abs(samples).max(axis=0)
    high = heights >= np.float32(least)
    high[:-1] |= high[1:]
    high[: BEYOND_SAMPLES - 1] = high[-BEYOND_SAMPLES:] = False
    places = np.flatnonzero(high)
    if not places.size:
        return heights
    if places.size * _DENSE_SHARE > heights.size:
        inner = slice(BEYOND_SAMPLES - 1, heights.size - BEYOND_SAMPLES)
        between = _between([samples[:, inner.start + offset : inner.stop + offset] for offset in _OFFSETS])
        heights[inner] = np.maximum(heights[inner], np.where(high[inner], between, 0))
    else:
        between = _between([samples[:, places + offset] for offset in _OFFSETS])
        heights[places] = np.maximum(heights[places], between)
    return heights


def _between(shifted: Sequence[Samples]) -> npt.NDArray[np.float32]:
    """The largest value of either side between samples and the next ones; `shifted` are those at each of `_OFFSETS`."""
    largest = np.zeros(shifted[0].shape[1], np.float32)
    for taps in _interpolation():
        total = shifted[0] * taps[0]
        for later, tap in zip(shifted[1:], taps[1:], strict=True):
            total += later * tap
        np.maximum(largest, np.abs(total).max(axis=0), out=largest)
    return largest


@lru_cache(maxsize=8)
def _weights(hop: int) -> Power:
    """What each line of a hop's spectrum counts: the filters' squared gain, for a mean square of the samples."""
    delays = (cmath.exp(-2j * math.pi * line / hop) for line in range(hop // 2 + 1))
    gains = [abs(_response(_SHELF, delay) * _response(_HIGH_PASS, delay)) ** 2 for delay in delays]
    both_sides = [1.0, *[2.0] * (hop // 2 - 1), 1.0]
    return np.array([gain * sides / hop**2 for gain, sides in zip(gains, both_sides, strict=True)])


def _response(filtering: tuple[_Coefficients, _Coefficients], delay: complex) -> complex:
    """Gain and phase of a filter where a sample's delay turns by `delay`."""
    (b0, b1, b2), (a0, a1, a2) = filtering
    return (b0 + delay * (b1 + delay * b2)) / (a0 + delay * (a1 + delay * a2))


@cache
def _interpolation() -> tuple[tuple[np.float32, ...], ...]:
    """Taps of the signal at a quarter, half and three quarters between two samples: a sinc below a Hann window."""
    return tuple(tuple(_tap(phase - offset) for offset in _OFFSETS) for phase in _PHASES)


def _tap(distance: float) -> np.float32:
    sinc = math.sin(math.pi * distance) / (math.pi * distance)
    window = 0.5 + 0.5 * math.cos(math.pi * distance / (BEYOND_SAMPLES + 0.5))
    return np.float32(round(sinc * window * _COEFFICIENT_ONE) / _COEFFICIENT_ONE)


def _db10(level_db: float) -> int:
    return max(SILENCE_DB10, round(10 * level_db))
