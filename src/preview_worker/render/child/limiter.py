"""A look-ahead limiter: turns the sound down around every peak that would clip, and leaves the rest untouched.

The gain a sample needs is the ceiling over its size; its minimum over ± 5 ms, averaged over ± 5 ms, is never above
what any sample needs and has no corner that could be heard. Away from peaks it is exactly 1. The average is a sum of
whole numbers, so that a sample's gain depends on the 10 ms around it alone, to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from preview_worker.render.child.sound_stream import Samples
from preview_worker.timeline.sound_spans import CONTEXT_SAMPLES

CEILING = 0.891251
"""−1 dB below full scale: lossy coding raises peaks by about that much."""
REACH_SAMPLES = CONTEXT_SAMPLES // 2
_ONE = 1 << 30
"""A gain of 1 as a whole number; sums of some hundred stay exact."""


class Limiter:
    """Limits a stream of blocks; `peak` and `limited_samples` tell afterwards what it met.

    Args:
        start: The first limited sample that is counted for them.
        end: The first one behind it that isn't.
    """

    def __init__(self, *, start: int, end: int) -> None:
        self.peak = 0.0
        self.limited_samples = 0
        self._start = start
        self._end = end
        self._position = 0

    def limited(self, blocks: Iterator[Samples]) -> Iterator[Samples]:
        """The same sound without peaks above the ceiling, of any lengths.

        The first and the last `CONTEXT_SAMPLES` are looked at only: what comes out is shorter by both.
        """
        held = np.zeros((2, 0), np.float32)
        for block in blocks:
            whole = np.concatenate((held, block), axis=1)
            if whole.shape[1] > 2 * CONTEXT_SAMPLES:
                yield self._limit(whole)
            held = whole[:, -2 * CONTEXT_SAMPLES :]

    def _limit(self, whole: Samples) -> Samples:
        inner = whole[:, CONTEXT_SAMPLES:-CONTEXT_SAMPLES]
        height = np.abs(whole).max(axis=0)
        counted = slice(max(0, self._start - self._position), max(0, self._end - self._position))
        self._position += inner.shape[1]
        heights = height[CONTEXT_SAMPLES:-CONTEXT_SAMPLES][counted]
        self.peak = max(self.peak, float(heights.max(initial=0)))
        if height.max() <= CEILING:
            return inner
        gain = _gain(height)
        self.limited_samples += int(np.count_nonzero((gain[counted] < 1) & (heights > 0)))
        return inner * gain


def _gain(height: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Gain of each sample but the first and last `CONTEXT_SAMPLES`."""
    width = 2 * REACH_SAMPLES + 1
    needed = CEILING / np.maximum(height.astype(np.float64), CEILING)
    lowered = np.ceil((1 - needed) * _ONE).astype(np.int64)
    lowest = np.lib.stride_tricks.sliding_window_view(lowered, width).max(axis=1)
    total = np.concatenate((np.zeros(1, np.int64), np.cumsum(lowest)))
    return np.asarray(1 - (total[width:] - total[:-width]) / (width * _ONE), np.float32)
