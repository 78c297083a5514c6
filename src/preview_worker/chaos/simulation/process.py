"""A simulated process: what runs in it, and how it is frozen, thawed and killed."""

from __future__ import annotations

import asyncio
import errno
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final

REAP_EACH_S: Final = 0.001


class Killed(BaseException):
    """The process is dead: whatever its code still tries has no effect."""


class SimulatedProcess:
    """Everything that is called with it in its context.

    Args:
        name: Shown in histories.
        loop: The loop that runs it.
    """

    def __init__(self, name: str, loop: asyncio.AbstractEventLoop) -> None:
        self.name = name
        self.alive = True
        self.frozen = False
        self.gone = asyncio.Event()
        self.tasks: dict[asyncio.Task[Any], None] = {}
        self.stopped: deque[Any] = deque()
        """What would have run while it was frozen."""
        self.wall_offset_ms = 0
        self.operations = 0
        """Changes of the disk so far."""
        self.dies_after: int | None = None
        """It dies before the change of the disk with this number."""
        self.disk_fails_at: int | None = None
        """Likewise, but the change fails."""
        self.disk_error = errno.EIO
        """And so."""
        self.disk_failures = 0
        self.at_death: list[Callable[[], None]] = []
        """What the kernel does for it when it dies."""
        self._loop = loop

    def now_s(self) -> float:
        """Monotonic seconds, the same in every process."""
        return self._loop.time()

    def check(self) -> None:
        """Called before everything that others can see.

        Raises:
            Killed: It is dead.
        """
        if not self.alive:
            raise Killed(self.name)

    def kill(self) -> None:
        """End it at once; `gone` is set when the last of its tasks has unwound, none of which had any effect."""
        if self.alive:
            self.alive = False
            self.frozen = False
            for release in self.at_death:
                release()
            self._loop.call_soon(self._reap, context=None)

    def _reap(self) -> None:
        if not self.tasks:
            self.gone.set()
            return
        for task in list(self.tasks):
            task.cancel()
        self._loop.call_later(REAP_EACH_S, self._reap)


CURRENT: ContextVar[SimulatedProcess | None] = ContextVar("simulated_process", default=None)
"""The process that runs now; None: the simulation itself."""
