"""Bounds of one run: how long it may take, and on how many cores."""

from __future__ import annotations

from collections.abc import Callable

SHORTEST_DEADLINE_S = 60.0
DEADLINE_OVER_ESTIMATE = 10


def deadline_of(estimate_ms: int, timeout_s: float) -> float:
    """Longest time of a run: ten times the estimate, at least a minute, at most the service's timeout."""
    return min(timeout_s, max(SHORTEST_DEADLINE_S, DEADLINE_OVER_ESTIMATE * estimate_ms / 1000))


def threads_for(running: Callable[[], int], cores: int) -> int:
    """Encoder threads of one job: the cores shared among the running jobs, at least one."""
    return max(1, cores // max(1, running()))
