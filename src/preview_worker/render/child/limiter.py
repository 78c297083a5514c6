"""A look-ahead limiter: turns the sound down around every peak that would clip, and leaves the rest untouched.

The gain a sample needs is the ceiling over its size, or over that of the signal between it and the next one; its
minimum over ± 5 ms, averaged over ± 5 ms, is never above what any sample needs and has no corner that could be heard.
Away from peaks it is exactly 1. The average is a sum of
whole numbers, so that a sample's gain depends on the 10 ms around it alone, to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from preview_worker.render.child.levels import BEYOND_SAMPLES, true_heights
from preview_worker.render.child.samples import NOTHING, Samples, joined
from preview_worker.timeline.sound_spans import CONTEXT_SAMPLES

REACH_SAMPLES = (CONTEXT_SAMPLES - BEYOND_SAMPLES) // 2
AUDIBLE_GAIN = 0.708
"""3 dB: what is turned down by more is counted as limited; less is hardly heard for 10 ms."""
_LOOKED_AT = 0.7
"""Around samples lower than this part of the ceiling no true peak is above it: it would be 3 dB higher than they."""
_ONE = 1 << 30
"""A gain of 1 as a whole number; sums of some hundred stay exact."""


class Limiter:
    """Limits a stream of blocks; `peak` and `limited_samples` tell afterwards what it met.

    Args:
        ceiling: No true peak is to be higher; 1.0 is full scale.
        start: The first limited sample that is counted for them.
        end: The first one behind it that isn't.
    """

    def __init__(self, *, ceiling: float, start: int, end: int) -> None:
        self._ceiling = ceiling
        self.peak = 0.0
        self.limited_samples = 0
        self._start = start
        self._end = end
        self._position = 0

    def limited(self, blocks: Iterator[Samples]) -> Iterator[Samples]:
        """The same sound without peaks above the ceiling, of any lengths.

        The first and the last `CONTEXT_SAMPLES` are looked at only: what comes out is shorter by both.
        """
        held = NOTHING
        for block in blocks:
            whole = joined((held, block))
            if whole.shape[1] > 2 * CONTEXT_SAMPLES:
                yield self._limit(whole)
            held = whole[:, -2 * CONTEXT_SAMPLES :]

    def _limit(self, whole: Samples) -> Samples:
        inner = whole[:, CONTEXT_SAMPLES:-CONTEXT_SAMPLES]
        height = true_heights(whole, _LOOKED_AT * self._ceiling)
        counted = slice(max(0, self._start - self._position), max(0, self._end - self._position))
        self._position += inner.shape[1]
        heights = height[CONTEXT_SAMPLES:-CONTEXT_SAMPLES][counted]
        self.peak = max(self.peak, float(heights.max(initial=0)))
        if height.max() <= self._ceiling:
            return inner
        gain = _gain(height, self._ceiling)
        self.limited_samples += int(np.count_nonzero((gain[counted] < AUDIBLE_GAIN) & (heights > 0)))
        return inner * gain


def _gain(height: npt.NDArray[np.float32], ceiling: float) -> npt.NDArray[np.float32]:
    """Gain of each sample but the first and last `CONTEXT_SAMPLES`."""
    width = 2 * REACH_SAMPLES + 1
    spare = CONTEXT_SAMPLES - 2 * REACH_SAMPLES
    needed = ceiling / np.maximum(height[spare:-spare].astype(np.float64), ceiling)
    lowered = np.ceil((1 - needed) * _ONE).astype(np.int64)
    lowest = np.lib.stride_tricks.sliding_window_view(lowered, width).max(axis=1)
    total = np.concatenate((np.zeros(1, np.int64), np.cumsum(lowest)))
    return np.asarray(1 - (total[width:] - total[:-width]) / (width * _ONE), np.float32)
