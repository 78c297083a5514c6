"""Render processes of one worker: one per running job, warm ones kept for their project, one spare ready.

A process serves one project. After a success it waits for the next job of the same project; after anything else it is
gone. A spare that has imported everything and knows no project waits, so that a first job doesn't pay for a start. It
is made in quiet moments only: beside a render, its start would take half a second of a core from that render.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from preview_worker.errors import PreviewError
from preview_worker.observability.logs import logger
from preview_worker.render.lifecycle import InvalidStateError, ProcessState
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
    """

    def __init__(
        self, folder: Path, start: StartProcess, *, idle_max: int, start_bounded: StartProcess | None = None
    ) -> None:
        self._folder = folder
        self._start = start
        self._start_bounded = start_bounded or start
        self._idle_max = idle_max
        self._idle: list[RenderProcess] = []
        self._spare: asyncio.Task[RenderProcess] | None = None
        self._numbers = itertools.count(1)
        self._lent = 0
        self._closed = False

    async def __aenter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._prepare_spare()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        spare, self._spare = self._spare, None
        if spare is not None:
            spare.cancel()
            await asyncio.gather(spare, return_exceptions=True)
            if spare.done() and not spare.cancelled() and spare.exception() is None:
                await spare.result().stop()
        for process in self._idle:
            await process.stop()
        self._idle.clear()

    @asynccontextmanager
    async def lend(self, project_id: str) -> AsyncIterator[RenderProcess]:
        """A process for one job of a project; it comes back warm after a success, and is ended otherwise.

        Raises:
            RenderCrashError, RenderStuckError: No process could be started (transient).
        """
        self._lent += 1
        try:
            process = await self._take(project_id)
            try:
                yield process
            finally:
                await self._give_back(process, project_id)
        finally:
            self._lent -= 1
            if not self._lent:
                self._prepare_spare()

    async def sandbox(self) -> SandboxLevel:
        """How far the processes are confined here, as the spare one has found out.

        Raises:
            ConfigurationError: Less than is wanted (permanent).
            RenderCrashError, RenderStuckError: It couldn't be started (transient).
        """
        if self._spare is None:
            raise InvalidStateError("Only a pool that has just been opened has a spare process for sure.")
        return (await asyncio.shield(self._spare)).sandbox

    @asynccontextmanager
    async def lend_bounded(self) -> AsyncIterator[RenderProcess]:
        """A process of its own with half the limits; it ends with the job.

        Raises:
            RenderCrashError, RenderStuckError: It could not be started (transient).
        """
        async with self._start_bounded(self._new_folder()) as process:
            yield process

    async def _take(self, project_id: str) -> RenderProcess:
        for process in self._idle:
            if process.fits(project_id):
                self._idle.remove(process)
                return process
        spare, self._spare = self._spare, None
        if spare is None:
            return await self._started()
        try:
            return await asyncio.shield(spare)
        except asyncio.CancelledError:
            self._spare = spare  # it goes on, for the next job
            raise
        except PreviewError:
            # The spare may have failed long ago, for a reason that has passed.
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

    def _prepare_spare(self) -> None:
        if self._spare is None and not self._closed:
            self._spare = asyncio.create_task(self._started(), name="render-spare")
            self._spare.add_done_callback(_tell_failure)

    async def _started(self) -> RenderProcess:
        process = self._start(self._new_folder())
        await process.start()
        return process

    def _new_folder(self) -> Path:
        return self._folder / f"{os.getpid()}-{next(self._numbers)}"


def _tell_failure(task: asyncio.Task[RenderProcess]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        logger("worker").warning("render-process-not-started", reason=str(error))
