"""Tells sound that was mixed and didn't come out of the encoder: a hole, however short of half a second."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from preview_worker.errors import OutputCheckError
from preview_worker.render.child.samples import NOTHING, Samples, joined
from preview_worker.timeline.time import SAMPLE_RATE_HZ

_HALVINGS = 3
"""The mean of 8 samples lets through what lies below about 3 kHz, which no encoder leaves out."""
CELL_SAMPLES = 2048
_SUMS_PER_CELL = CELL_SAMPLES >> _HALVINGS
LOUD = 0.02
"""−34 dB: what is mixed so high can be heard."""
LOST_RATIO = 0.1
"""−20 dB: less is left of it than any encoder's noise and rounding take away."""
LOST_CELLS = 6
"""A quarter of a second: the pre-echo and the delay of a coder (up to 3000 samples) are far shorter."""


class Heights:
    """The largest low sound of each cell of a stream of samples, whatever pieces it comes in."""

    def __init__(self) -> None:
        self._cells: list[npt.NDArray[np.float32]] = []
        self._rest = NOTHING

    def add(self, samples: Samples) -> None:
        """Look at the next samples."""
        whole = joined((self._rest, samples))
        cells = whole.shape[1] // CELL_SAMPLES
        sums = whole[:, : cells * CELL_SAMPLES]
        for _ in range(_HALVINGS):
            sums = sums[:, ::2] + sums[:, 1::2]
        largest = np.abs(sums).reshape(len(whole), cells, _SUMS_PER_CELL).max(axis=(0, 2), initial=0.0)
        self._cells.append(largest / np.float32(1 << _HALVINGS))
        self._rest = whole[:, cells * CELL_SAMPLES :]

    def passed(self, blocks: Iterator[Samples]) -> Iterator[Samples]:
        """The same blocks, looked at."""
        for block in blocks:
            self.add(block)
            yield block

    @property
    def cells(self) -> npt.NDArray[np.float32]:
        """float32, shape (cells,): of all whole cells so far."""
        return np.concatenate([np.zeros(0, np.float32), *self._cells])


def refuse_lost_sound(mixed: Heights, decoded: Heights, start_sample: int) -> None:
    """Compare what was given to an encoder with what its packets decode to.

    Args:
        mixed: All that the encoder was given, from its first sample on.
        decoded: All that was decoded, from the first packet on; it may lag behind by a coder's delay.
        start_sample: Where in the video the sound begins, for the message.

    Raises:
        OutputCheckError: Some of it was lost (permanent).
    """
    given, found = mixed.cells, decoded.cells
    if not given.size or float(given.max()) < LOUD:
        return
    length = min(given.size, found.size)
    # A neighbour's sound stands for a cell's own: what is compared needn't be aligned.
    near = np.pad(found[:length], 2)
    around = np.lib.stride_tricks.sliding_window_view(near, 5).max(axis=1)
    lost = (given[:length] >= LOUD) & (around < LOST_RATIO * given[:length])
    runs = np.lib.stride_tricks.sliding_window_view(np.pad(lost, (0, LOST_CELLS)), LOST_CELLS).all(axis=1)
    if runs.any():
        at_s = (start_sample + int(runs.argmax()) * CELL_SAMPLES) / SAMPLE_RATE_HZ
        raise OutputCheckError(f"The sound at about {at_s:.1f} s is silent after encoding, and wasn't mixed so.")
