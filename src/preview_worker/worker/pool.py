"""Render processes of one worker: one per running job, warm ones kept for their project, others forked when needed.

A process serves one project. After a success it waits for the next job of the same project; after anything else it is
gone. The pool's fork server makes the next one in some ten milliseconds.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from preview_worker.render.fork_server import ForkServer
from preview_worker.render.lifecycle import ProcessState
from preview_worker.render.process import RenderProcess
from preview_worker.sandbox.levels import SandboxLevel

StartProcess = Callable[[Path], RenderProcess]


class RenderPool:
    """Lends render processes; an async context manager that ends them all.

    Args:
        folder: Where the processes' own folders are made.
        start: Makes a process with a given folder, not yet started.
        idle_max: Most processes that wait with a project.
        start_bounded: Makes a process with half the limits, for a job that is suspected of having taken workers along.
        server: Runs as long as the pool; what `start` makes may come from it.
    """

    def __init__(
        self,
        folder: Path,
        start: StartProcess,
        *,
        idle_max: int,
        start_bounded: StartProcess | None = None,
        server: ForkServer | None = None,
    ) -> None:
        self._folder = folder
        self._start = start
        self._start_bounded = start_bounded or start
        self._idle_max = idle_max
        self._server = server
        self._serving = ExitStack()
        self._idle: list[RenderProcess] = []
        self._numbers = itertools.count(1)

    async def __aenter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._server is not None:
            self._serving.enter_context(self._server)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        async with AsyncExitStack() as stack:
            stack.enter_context(self._serving)
            while self._idle:
                stack.push_async_callback(self._idle.pop().stop)

    @asynccontextmanager
    async def lend(self, project_id: str) -> AsyncIterator[RenderProcess]:
        """A process for one job of a project; it comes back warm after a success, and is ended otherwise.

        Raises:
            RenderStartError, RenderCrashError, RenderStuckError: No process could be started (transient).
        """
        process = await self._take(project_id)
        try:
            yield process
        finally:
            await self._give_back(process, project_id)

    async def sandbox(self) -> SandboxLevel:
        """How far the processes are confined here, as one finds out that then waits for any project.

        Raises:
            ConfigurationError: Less than is wanted (permanent).
            RenderStartError, RenderCrashError, RenderStuckError: It couldn't be started (transient).
        """
        process = await self._started()
        self._idle.append(process)
        return process.sandbox

    @asynccontextmanager
    async def lend_bounded(self) -> AsyncIterator[RenderProcess]:
        """A process of its own with half the limits; it ends with the job.

        Raises:
            RenderStartError, RenderCrashError, RenderStuckError: It could not be started (transient).
        """
        async with self._start_bounded(self._new_folder()) as process:
            yield process

    async def _take(self, project_id: str) -> RenderProcess:
        # The last one comes first: it has this project's pictures and fonts in memory, or is at least the warmest.
        for process in reversed(self._idle):
            if process.fits(project_id):
                self._idle.remove(process)
                return process
        while (dead := next((process for process in self._idle if not process.alive), None)) is not None:
            self._idle.remove(dead)
            await dead.stop()
        return await self._started()

    async def _give_back(self, process: RenderProcess, project_id: str) -> None:
        if process.state is ProcessState.IDLE and process.fits(project_id):
            try:
                await process.clear()
            except BaseException:
                await process.stop()
                raise
            self._idle.append(process)
            if len(self._idle) > self._idle_max:
                await self._idle.pop(0).stop()
        else:
            await process.stop()

    async def _started(self) -> RenderProcess:
        process = self._start(self._new_folder())
        await process.start()
        return process

    def _new_folder(self) -> Path:
        return self._folder / f"{os.getpid()}-{next(self._numbers)}"
