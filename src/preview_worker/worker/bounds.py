"""Bounds of one run: how long it may take, and on how many cores."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from preview_worker.errors import RenderStuckError

SHORTEST_DEADLINE_S = 60.0
DEADLINE_OVER_ESTIMATE = 10


def deadline_of(estimate_ms: int, timeout_s: float) -> float:
    """Longest time of a run: ten times the estimate, at least a minute, at most the service's timeout."""
    return min(timeout_s, max(SHORTEST_DEADLINE_S, DEADLINE_OVER_ESTIMATE * estimate_ms / 1000))


def threads_for(running: Callable[[], int], cores: int) -> int:
    """Encoder threads of one job: the cores shared among the running jobs, at least one."""
    return max(1, cores // max(1, running()))


class RunDeadline:
    """When a run must have made what it publishes; counts from its construction, in the running event loop.

    Args:
        timeout_s: Longest time of a run.
    """

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._ends_s = asyncio.get_running_loop().time() + timeout_s

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """A part of the run that is cancelled at the deadline.

        Raises:
            RenderStuckError: It didn't end in time (transient).
        """
        scope = asyncio.timeout_at(self._ends_s)
        try:
            async with scope:
                yield
        except TimeoutError as error:
            if not scope.expired():
                raise
            raise RenderStuckError(f"The run didn't make its files within {self._timeout_s:g} s.") from error
