"""Render processes of one worker: one per running job, warm ones kept for their project, others forked when needed.

A process serves one project. After a success it waits for the next job of the same project; after anything else it is
gone. The pool's fork server makes the next one in some ten milliseconds.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from preview_worker.errors import ConfigurationError, PreviewError, RenderStartError, RenderStuckError
from preview_worker.observability.logs import logger
from preview_worker.render.fork_server import ForkServer
from preview_worker.render.lifecycle import ProcessState
from preview_worker.render.process import RenderProcess
from preview_worker.sandbox.levels import SandboxLevel
from preview_worker.worker.holding import Hindrance

StartProcess = Callable[[Path], RenderProcess]
TRIED_EACH_S: Final = (1.0, 2.0, 5.0, 15.0, 30.0)
"""Pauses between the tries to start a process after one didn't start; the last one again and again."""


class RenderPool:
    """Lends render processes; an async context manager that ends them all.

    Args:
        folder: Where the processes' own folders are made.
        start: Makes a process with a given folder, not yet started.
        idle_max: Most processes that wait with a project.
        start_bounded: Makes a process with half the limits, for a job that is suspected of having taken workers along.
        server: Runs as long as the pool; what `start` makes may come from it.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        folder: Path,
        start: StartProcess,
        *,
        idle_max: int,
        start_bounded: StartProcess | None = None,
        server: ForkServer | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._start = start
        self._start_bounded = start_bounded or start
        self._idle_max = idle_max
        self._server = server
        self._serving = ExitStack()
        self._idle: list[RenderProcess] = []
        self._numbers = itertools.count(1)
        self._clock = clock
        self._failure: RenderStartError | None = None
        self._failures = 0
        self._has_started = False
        self._tried_at_s = 0.0
        self._trying: asyncio.Task[None] | None = None

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
            if self._trying is not None:
                self._trying.cancel()
                await asyncio.gather(self._trying, return_exceptions=True)
            while self._idle:
                stack.push_async_callback(self._idle.pop().stop)

    @asynccontextmanager
    async def lend(self, project_id: str) -> AsyncIterator[RenderProcess]:
        """A process for one job of a project; it comes back warm after a success, and is ended otherwise.

        Raises:
            RenderStartError: No process could be started (transient).
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
            RenderStartError: It couldn't be started (transient).
        """
        process = await self._started()
        self._idle.append(process)
        return process.sandbox

    async def hindrance(self) -> Hindrance | None:
        """Why no job should be taken: the last process didn't start; from time to time it is tried again."""
        if self._failure is None:
            return None
        pause_s = TRIED_EACH_S[min(self._failures, len(TRIED_EACH_S)) - 1]
        if self._clock() - self._tried_at_s >= pause_s and (self._trying is None or self._trying.done()):
            self._trying = asyncio.create_task(self._try(), name="render-start-again")
        return Hindrance(
            sentence=self._failure.sentence,
            remedy="Look for what keeps this machine from starting processes: memory, their number, the installation.",
        )

    async def _try(self) -> None:
        try:
            await self.sandbox()
        except (PreviewError, OSError) as error:
            logger("worker").warning("render-process-not-started", tries=self._failures, reason=str(error))

    @asynccontextmanager
    async def lend_bounded(self) -> AsyncIterator[RenderProcess]:
        """A process of its own with half the limits; it ends with the job.

        Raises:
            RenderStartError: It could not be started (transient).
        """
        process = await self._started(self._start_bounded)
        try:
            yield process
        finally:
            await process.stop()

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
            except PreviewError as error:  # its work is done, whatever it has left behind
                logger("worker").warning("render-process-not-kept", reason=error.sentence)
                await process.stop()
                return
            except BaseException:
                await process.stop()
                raise
            self._idle.append(process)
            if len(self._idle) > self._idle_max:
                await self._idle.pop(0).stop()
        else:
            await process.stop()

    async def _started(self, start: StartProcess | None = None) -> RenderProcess:
        """A new process; warm ones are given up for it where the machine has no room for both."""
        while True:
            process = (start or self._start)(self._new_folder())
            try:
                await process.start()
            except (RenderStartError, RenderStuckError, ConfigurationError) as error:
                if isinstance(error, ConfigurationError) and not self._has_started:
                    raise  # it is so on this machine; later it is a machine in need
                if not self._idle:
                    self._failures, self._tried_at_s = self._failures + 1, self._clock()
                    self._failure = RenderStartError(error.sentence, hint=error.hint)
                    raise self._failure from error
                await self._idle.pop(0).stop()
            else:
                self._failure, self._failures, self._has_started = None, 0, True
                return process

    def _new_folder(self) -> Path:
        return self._folder / f"{os.getpid()}-{next(self._numbers)}"
