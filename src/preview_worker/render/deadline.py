"""The longest time of a command, which may become less while it runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from preview_worker.errors import RenderStuckError


class Deadline:
    """Bounds one command after the other."""

    def __init__(self) -> None:
        self._scope: asyncio.Timeout | None = None
        self._began_s = 0.0
        self._deadline_s = 0.0

    @asynccontextmanager
    async def bounding(self, deadline_s: float) -> AsyncIterator[None]:
        """End the block when it takes longer.

        Raises:
            RenderStuckError: It did (retryable).
        """
        scope = self._scope = asyncio.timeout(deadline_s)
        self._began_s, self._deadline_s = asyncio.get_running_loop().time(), deadline_s
        try:
            async with scope:
                yield
        except TimeoutError as error:
            if not scope.expired():
                raise
            raise RenderStuckError(f"The render didn't finish within {self._deadline_s:g} s.") from error
        finally:
            self._scope = None

    def hasten(self, deadline_s: float) -> bool:
        """Give the block less time, counted from its beginning; whether it is less, and there is a block."""
        if self._scope is None or deadline_s >= self._deadline_s:
            return False
        self._deadline_s = deadline_s
        self._scope.reschedule(self._began_s + deadline_s)
        return True
