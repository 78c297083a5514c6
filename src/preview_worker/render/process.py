"""The worker's side of a render process: start it, give it work, listen, and end it when it must end.

A process serves one project. It is used again after success alone, and killed with everything it has started after
any error, cancellation or timeout; its folder goes with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from preview_worker.errors import PreviewError, RenderCrashError, RenderStartError
from preview_worker.render.deadline import Deadline
from preview_worker.render.folders import make_folders
from preview_worker.render.launching import Launch, Program
from preview_worker.render.lifecycle import NEXT_STATES, InvalidStateError, ProcessLimits, ProcessState, SandboxTerms
from preview_worker.render.protocol import Cached, Check, Command, Finished, Frame, Probe, Render, Shutdown
from preview_worker.render.running import Handle, Running
from preview_worker.render.settling import done, settled
from preview_worker.render.watch import resident_bytes
from preview_worker.sandbox.levels import SandboxLevel
from preview_worker.trees import remove_tree

HELLO_S = 1.0
"""The least time that a process has for its hello, however late it came to be."""


class RenderProcess:
    """One render process; an async context manager that leaves neither process nor folder behind.

    Args:
        folder: Its own folder, made on start and removed at the end.
        limits: Bounds.
        terms: Of its sandbox.
        launch: Starts it.
    """

    def __init__(
        self,
        folder: Path,
        *,
        limits: ProcessLimits | None = None,
        terms: SandboxTerms | None = None,
        launch: Launch | None = None,
    ) -> None:
        self.folder = folder
        self._limits = limits or ProcessLimits()
        self._terms = terms or SandboxTerms()
        self._sandbox = SandboxLevel.NONE
        self._launch = launch or Program()
        self._state = ProcessState.NEW
        self._started: Running | None = None
        self._project_id: str | None = None
        self._jobs = 0
        self._burial: asyncio.Task[None] | None = None
        self._deadline = Deadline()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def state(self) -> ProcessState:
        """Where in its life the process is."""
        return self._state

    @property
    def pid(self) -> int | None:
        """Process id once started."""
        return self._started.launched.pid if self._started is not None else None

    @property
    def sandbox(self) -> SandboxLevel:
        """How far it is confined, as it has found out; NONE before it has started."""
        return self._sandbox

    @property
    def stderr_tail(self) -> str:
        """The last 4 KiB the process has written to its error stream."""
        return self._started.hearing.stderr_tail if self._started is not None else ""

    @property
    def alive(self) -> bool:
        """Whether there is a process, which may have died meanwhile for any reason."""
        return self._started is not None and self._started.launched.alive()

    def fits(self, project_id: str) -> bool:
        """Whether it may take another command of this project."""
        return (
            self._state is ProcessState.IDLE
            and self.alive
            and self._project_id in (None, project_id)
            and self._jobs < self._limits.jobs
            and resident_bytes(self.pid or 0) < self._limits.reuse_memory_bytes
        )

    async def start(self) -> None:
        """Make the folder, start the process and wait for its hello.

        Raises:
            RenderStartError: There is no process or folder, it ended instead, or speaks another protocol (retryable).
            RenderStuckError: It said nothing in time (retryable).
            ConfigurationError: This machine confines it less than is wanted (permanent).
        """
        self._move(ProcessState.STARTING)
        try:
            await settled(make_folders, self.folder)
            began_s = time.monotonic()
            await self._spawn()
            left_s = self._limits.start_s - (time.monotonic() - began_s)
            self._sandbox = await self._running().greeting(self._terms.wanted, max(left_s, HELLO_S))
        except RenderCrashError as error:
            await self._kill()
            raise RenderStartError(error.sentence, hint=error.hint) from error
        except BaseException:
            await self._kill()
            raise
        self._move(ProcessState.IDLE)

    async def run(self, command: Render | Probe | Check | Frame, handle: Handle, *, deadline_s: float) -> Finished:
        """Give the process a command and pass its events on until it has finished.

        Cancelling the caller kills the process within a second.

        Args:
            command: What to do.
            handle: Called with every event before `Finished`.
            deadline_s: Longest time for all of it.

        Raises:
            InvalidStateError: The process isn't idle, or serves another project.
            RenderStuckError: Past its deadline, or silent for too long (retryable).
            RenderCrashError: It died or left the protocol (retryable).
            ResourceLimitError: It used too much memory or processor time (permanent).
            PermanentError: The command failed and would fail again.
            TransientError: The command failed and may succeed when tried again.
        """
        project_id = command.work.project_id
        if self._project_id not in (None, project_id):
            raise InvalidStateError(f"This render process serves project {self._project_id} alone.")
        self._move(ProcessState.BUSY)
        self._project_id = project_id
        self._jobs += 1
        try:
            self._running().watch.allow_processor_time(deadline_s)
            async with self._deadline.bounding(deadline_s):
                await self.answer(command)
                finished = await self._running().listen(handle, self._limits.quiet_s)
        except BaseException:
            await self._kill()
            raise
        self._move(ProcessState.IDLE)
        return finished

    async def answer(self, command: Command | Cached) -> None:
        """Send a command, or the answer an event asks for.

        Raises:
            RenderCrashError: The process is gone (retryable).
        """
        await self._running().say(command)

    def hasten(self, deadline_s: float) -> None:
        """Give the running command less time, counted from its beginning; more than it has is no more."""
        if self._deadline.hasten(deadline_s):
            self._running().watch.allow_processor_time(deadline_s)

    async def clear(self) -> None:
        """Empty the folders between two commands; input files stay for whoever links the next ones.

        Raises:
            RenderStartError: The disk is full, read-only or failing (retryable).
        """
        await settled(make_folders, self.folder)

    async def stop(self) -> None:
        """Ask an idle process to end, kill it if it doesn't within a second, and remove the folder."""
        try:
            if self._state is ProcessState.IDLE:
                with contextlib.suppress(PreviewError, TimeoutError):
                    async with asyncio.timeout(1):
                        await self.answer(Shutdown())
                        await self._running().launched.ended()
        finally:
            await self._kill()

    async def _spawn(self) -> None:
        launched = await self._launch(self.folder, self._terms, patience_s=self._limits.start_s)
        self._started = Running.since_now(launched, self._limits)

    async def _kill(self) -> None:
        """End the process group and remove the folder; waited for by all who call, however often they are cancelled."""
        if self._state is ProcessState.NEW:
            self._move(ProcessState.DEAD)
        elif self._state is not ProcessState.DEAD:
            if self._burial is None:
                self._move(ProcessState.STOPPING)
                self._burial = asyncio.create_task(self._bury(), name=f"render-{self.pid or self.folder.name}-burial")
            await done(self._burial)

    async def _bury(self) -> None:
        try:
            if self._started is not None:
                await self._started.end()
            await asyncio.to_thread(remove_tree, self.folder)
        finally:
            self._move(ProcessState.DEAD)

    def _running(self) -> Running:
        if self._started is None:
            raise InvalidStateError("The render process hasn't been started.")
        return self._started

    def _move(self, state: ProcessState) -> None:
        if state not in NEXT_STATES[self._state]:
            raise InvalidStateError(f"A render process can't go from {self._state} to {state}.")
        self._state = state
