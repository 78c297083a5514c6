"""A pool of render processes that is there while it is used: opened by the first call, closed after a quiet time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from preview_worker.observability.logs import logger
from preview_worker.render.process import RenderProcess
from preview_worker.storage.janitor import Tenancy, sweep
from preview_worker.storage.places import Places
from preview_worker.worker.pool import RenderPool


class PoolOnDemand:
    """Lends render processes; an async context manager that ends them all and removes their folders.

    Args:
        places: The folders of DATA_DIR; the processes' own stand below an owner's folder in `work`.
        open_pool: Makes a pool with a given folder, not yet entered.
        idle_s: How long the pool outlives its last use.
    """

    def __init__(self, places: Places, open_pool: Callable[[Path], RenderPool], *, idle_s: float) -> None:
        self._places = places
        self._open_pool = open_pool
        self._idle_s = idle_s
        self._lock = asyncio.Lock()
        self._used = asyncio.Event()
        self._lent = 0
        self._pool: RenderPool | None = None
        self._stack = AsyncExitStack()
        self._keeper: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Under the lock the keeper isn't closing anything: it is never cut off in the middle of that.
        async with self._lock:
            if self._keeper is not None:
                self._keeper.cancel()
                await asyncio.gather(self._keeper, return_exceptions=True)
            await self._close()

    @property
    def is_open(self) -> bool:
        """Whether there may be processes."""
        return self._pool is not None

    @asynccontextmanager
    async def lend(self, project_id: str) -> AsyncIterator[RenderProcess]:
        """A process for one command of a project.

        Raises:
            RenderStartError, RenderCrashError, RenderStuckError: No process could be started (transient).
            StorageError: No folder for them can be made (transient).
        """
        pool = await self._opened()
        try:
            async with pool.lend(project_id) as process:
                yield process
        finally:
            self._lent -= 1
            self._used.set()

    async def _opened(self) -> RenderPool:
        async with self._lock:
            pool = self._pool if self._pool is not None else await self._open()
            self._lent += 1
            return pool

    async def _open(self) -> RenderPool:
        async with AsyncExitStack() as stack:
            if swept := await asyncio.to_thread(sweep, self._places):
                logger("frames").info("leftovers-removed", owners=swept)
            tenancy = stack.enter_context(Tenancy(self._places))
            pool = self._open_pool(tenancy.work)
            await stack.enter_async_context(pool)
            self._stack = stack.pop_all()
        self._pool = pool
        self._keeper = asyncio.create_task(self._close_when_quiet(), name="frames-pool")
        return pool

    async def _close_when_quiet(self) -> None:
        while self._pool is not None:
            self._used.clear()
            try:
                async with asyncio.timeout(self._idle_s):
                    await self._used.wait()
            except TimeoutError:
                async with self._lock:
                    if not self._lent:
                        await self._close()

    async def _close(self) -> None:
        stack, self._stack, self._pool = self._stack, AsyncExitStack(), None
        await stack.aclose()
