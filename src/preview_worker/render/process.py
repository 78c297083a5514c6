"""The worker's side of a render process: start it, give it work, listen, and end it when it must end.

A process serves one project. It is used again after success alone, and killed with everything it has started after
any error, cancellation or timeout; its folder goes with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from preview_worker.errors import (
    ConfigurationError,
    PreviewError,
    RenderCrashError,
    RenderStartError,
    RenderStuckError,
)
from preview_worker.render.hearing import Hearing
from preview_worker.render.launching import Launch, Launched, Program
from preview_worker.render.lifecycle import NEXT_STATES, InvalidStateError, ProcessLimits, ProcessState, SandboxTerms
from preview_worker.render.protocol import (
    FILES_FOLDER,
    IN_FOLDER,
    LIVE_FOLDER,
    OUT_FOLDER,
    PROTOCOL_VERSION,
    SEGMENTS_FOLDER,
    Cached,
    Check,
    Command,
    Event,
    Failed,
    Finished,
    Frame,
    Hello,
    Helpers,
    Probe,
    ProtocolError,
    Render,
    Shutdown,
    line_of,
)
from preview_worker.render.settling import done, settled
from preview_worker.render.watch import Watch, resident_bytes
from preview_worker.sandbox.levels import SandboxLevel, WantedSandbox, is_enough, level_of, shortfall

Handle = Callable[[Event], Awaitable[None]]
"""Called with every event in order; it may answer with `RenderProcess.answer`. What it raises ends the process."""

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
        self._started: _Running | None = None
        self._project_id: str | None = None
        self._jobs = 0
        self._burial: asyncio.Task[None] | None = None
        self._scope: asyncio.Timeout | None = None
        self._began_s = 0.0
        self._deadline_s = 0.0

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
            await settled(self._make_folders)
            began_s = time.monotonic()
            await self._spawn()
            left_s = self._limits.start_s - (time.monotonic() - began_s)
            hello = await self._running().hearing.event(max(left_s, HELLO_S))
            self._sandbox = _greeted(hello, self._terms.wanted)
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
            async with self._bounded(deadline_s):
                await self.answer(command)
                finished = await self._listen(handle)
            self._running().watch.see_helpers(())
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
        stdin = self._running().launched.stdin
        try:
            stdin.write(line_of(command))
            await stdin.drain()
        except (ConnectionError, RuntimeError) as error:
            raise await self._running().hearing.death() from error

    def hasten(self, deadline_s: float) -> None:
        """Give the running command less time, counted from its beginning; more than it has is no more."""
        if self._scope is not None and deadline_s < self._deadline_s:
            self._deadline_s = deadline_s
            self._scope.reschedule(self._began_s + deadline_s)
            self._running().watch.allow_processor_time(deadline_s)

    async def clear(self) -> None:
        """Empty the folders between two commands; input files stay for whoever links the next ones.

        Raises:
            RenderStartError: The disk is full, read-only or failing (retryable).
        """
        await settled(self._make_folders)

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
        watch = Watch(launched, self._limits)
        self._started = _Running(launched=launched, watch=watch, hearing=Hearing(launched, watch))

    async def _listen(self, handle: Handle) -> Finished:
        running = self._running()
        while True:
            event = await running.hearing.event(self._limits.quiet_s)
            match event:
                case Finished():
                    return event
                case Helpers():
                    running.watch.see_helpers(tuple(event.pids))
                case Failed():
                    raise event.error()
                case _:
                    await handle(event)

    @contextlib.asynccontextmanager
    async def _bounded(self, deadline_s: float) -> AsyncIterator[None]:
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
            await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)
        finally:
            self._move(ProcessState.DEAD)

    def _make_folders(self) -> None:
        # The folder of results itself stays: a sandboxed process may write into this one, not into one made anew.
        try:
            for path in (
                Path(IN_FOLDER, SEGMENTS_FOLDER),
                Path(OUT_FOLDER, SEGMENTS_FOLDER),
                Path(OUT_FOLDER, FILES_FOLDER),
                Path(OUT_FOLDER, LIVE_FOLDER),
            ):
                shutil.rmtree(self.folder / path, ignore_errors=True)
                (self.folder / path).mkdir(parents=True)
        except OSError as error:
            raise RenderStartError(f"The folder of a render process can't be made: {error.strerror}.") from error

    def _running(self) -> _Running:
        if self._started is None:
            raise InvalidStateError("The render process hasn't been started.")
        return self._started

    def _move(self, state: ProcessState) -> None:
        if state not in NEXT_STATES[self._state]:
            raise InvalidStateError(f"A render process can't go from {self._state} to {state}.")
        self._state = state


@dataclass(frozen=True, slots=True, kw_only=True)
class _Running:
    """A process that has come to be, who looks at it and who listens to it."""

    launched: Launched
    watch: Watch
    hearing: Hearing

    async def end(self) -> None:
        """Kill it, wait for its end, and give back what was held for it."""
        self.watch.kill()
        await self.launched.ended()
        await self.watch.over()
        await self.hearing.close()
        self.launched.close()


def _greeted(event: Event, wanted: WantedSandbox) -> SandboxLevel:
    if not isinstance(event, Hello) or event.version != PROTOCOL_VERSION:
        raise ProtocolError("The render process doesn't speak this version of the protocol.")
    level = level_of(event.sandbox)
    if not is_enough(level, wanted):
        raise ConfigurationError(shortfall(level, wanted))
    return level
