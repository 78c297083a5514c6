"""A look-ahead limiter: turns the sound down around every peak that would clip, and leaves the rest untouched.

The gain a sample needs is the ceiling over its size; its minimum over ± 5 ms, averaged over ± 5 ms, is never above
what any sample needs and has no corner that could be heard. Away from peaks it is exactly 1.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from preview_worker.render.child.sound_stream import Samples
from preview_worker.timeline.time import samples_of_ms

CEILING = 0.891251
"""−1 dB below full scale: lossy coding raises peaks by about that much."""
REACH_SAMPLES = samples_of_ms(5)
_CONTEXT_SAMPLES = 2 * REACH_SAMPLES


class Limiter:
    """Limits a stream of blocks; `peak` and `limited_samples` tell afterwards what it met."""

    def __init__(self) -> None:
        self.peak = 0.0
        self.limited_samples = 0

    def limited(self, blocks: Iterator[Samples]) -> Iterator[Samples]:
        """The same sound without peaks above the ceiling, in blocks of the same lengths.

        Blocks are held back by one, since the limiter looks 10 ms ahead; each is at least that long but the last.
        """
        before = np.zeros((2, 0), np.float32)
        current = next(blocks, None)
        while current is not None:
            after = next(blocks, None)
            ahead = after[:, :_CONTEXT_SAMPLES] if after is not None else current[:, :0]
            yield self._limit(before, current, ahead)
            before = np.concatenate((before, current), axis=1)[:, -_CONTEXT_SAMPLES:]
            current = after

    def _limit(self, before: Samples, block: Samples, after: Samples) -> Samples:
        whole = np.concatenate((before, block, after), axis=1)
        height = np.abs(whole).max(axis=0, initial=0)
        start = before.shape[1]
        self.peak = max(self.peak, float(height[start : start + block.shape[1]].max(initial=0)))
        if height.max(initial=0) <= CEILING:
            return block
        gain = _gain(height)[start : start + block.shape[1]]
        self.limited_samples += int(np.count_nonzero(gain < 1))
        return block * gain


def _gain(height: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    width = 2 * REACH_SAMPLES + 1
    needed = np.float32(CEILING) / np.maximum(height, np.float32(CEILING))
    padded = np.pad(needed, _CONTEXT_SAMPLES, constant_values=1)
    lowest = np.lib.stride_tricks.sliding_window_view(padded, width).min(axis=1)
    total = np.cumsum(1 - lowest, dtype=np.float64)
    total = np.concatenate((np.zeros(1), total))
    lowered = (total[width:] - total[:-width]) / width
    return (1 - np.maximum(lowered, 0)).astype(np.float32)
