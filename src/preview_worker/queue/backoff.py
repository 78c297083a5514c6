"""How long a failed job waits for its next run."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

FIRST_DELAY_MS: Final = 1_000
MAXIMUM_DELAY_MS: Final = 60_000

Backoff = Callable[[int], int]
"""Number of failed runs so far (from 1) → milliseconds to wait, at least 1."""


def full_jitter(failures: int, *, draw: Callable[[], float] = random.random) -> int:
    """Exponential backoff from 1 s with a cap of 60 s and full jitter.

    Jobs that failed together (a full disk, an unreachable host) would otherwise all come back in the same moment; drawn
    evenly from the whole interval they spread out best for the least waiting.

    Args:
        failures: Failed runs so far, from 1.
        draw: Source of numbers in [0, 1).

    Returns:
        Milliseconds, 1 to 60,000.
    """
    ceiling_ms = min(FIRST_DELAY_MS << min(failures - 1, 16), MAXIMUM_DELAY_MS)
    return max(1, round(ceiling_ms * draw()))
