"""Samples of a sound: left and right, or one row where both sides hear the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
"""float32, shape (2, samples), left and right, or (1, samples) where they are the same; 1.0 is full scale, 48 kHz."""

NOTHING: Samples = np.zeros((1, 0), np.float32)
_BOTH = 2


def joined(parts: Sequence[Samples]) -> Samples:
    """Parts one after the other: in one row if all have one."""
    heard = [part for part in parts if part.shape[1]]
    if len(heard) == 1:
        return heard[0]
    if len({part.shape[0] for part in heard}) > 1:
        heard = [on_both_sides(part) for part in heard]
    return np.concatenate(heard, axis=1) if heard else NOTHING


def on_both_sides(samples: Samples) -> Samples:
    """In two rows; what has one isn't copied, and can't be written to."""
    return samples if samples.shape[0] == _BOTH else np.broadcast_to(samples, (_BOTH, samples.shape[1]))


def folded(samples: Samples) -> Samples:
    """In one row if both are the same: all work on them is done once then."""
    return samples[:1] if samples.shape[0] == 1 or np.array_equal(samples[0], samples[1]) else samples
