"""The worker's side of a render process: start it, give it work, listen, and end it when it must end.

A process serves one project. It is used again after success alone, and killed with everything it has started after
any error, cancellation or timeout; its folder goes with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import shutil
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from preview_worker.errors import (
    ConfigurationError,
    PreviewError,
    RenderCrashError,
    RenderStartError,
    RenderStuckError,
    ResourceLimitError,
)
from preview_worker.render.launching import TOLD_WITHIN_S, Launch, Launched, Program
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
    event_of,
    line_of,
)
from preview_worker.render.settling import done, settled
from preview_worker.render.watch import Watch, allow_processor_time, resident_bytes, signal_name
from preview_worker.sandbox.levels import SandboxLevel, WantedSandbox, is_enough, level_of, shortfall

Handle = Callable[[Event], Awaitable[None]]
"""Called with every event in order; it may answer with `RenderProcess.answer`. What it raises ends the process."""

HELLO_S = 1.0
"""The least time that a process has for its hello, however late it came to be."""
_STDERR_TAIL_BYTES = 4096
_READ_BYTES = 4096


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
        self._launched: Launched | None = None
        self._project_id: str | None = None
        self._jobs = 0
        self._stderr_tail = b""
        self._watch: Watch | None = None
        self._words: asyncio.Task[None] | None = None
        self._burial: asyncio.Task[None] | None = None
        self._scope: asyncio.Timeout | None = None
        self._began_s = 0.0
        self._deadline_s = 0.0
        self._processor_s = 0

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
        return self._launched.pid if self._launched is not None else None

    @property
    def sandbox(self) -> SandboxLevel:
        """How far it is confined, as it has found out; NONE before it has started."""
        return self._sandbox

    @property
    def stderr_tail(self) -> str:
        """The last 4 KiB the process has written to its error stream."""
        return self._stderr_tail.decode(errors="replace")

    @property
    def alive(self) -> bool:
        """Whether there is a process, which may have died meanwhile for any reason."""
        return self._launched is not None and self._launched.alive()

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
            RenderStartError: There is no process, it ended instead, or speaks another protocol (retryable).
            RenderStuckError: It said nothing in time (retryable).
            ConfigurationError: This machine confines it less than is wanted (permanent).
        """
        self._move(ProcessState.STARTING)
        try:
            await settled(self._make_folders)
            began_s = time.monotonic()
            await self._spawn()
            left_s = self._limits.start_s - (time.monotonic() - began_s)
            self._sandbox = _greeted(await self._event(max(left_s, HELLO_S)), self._terms.wanted)
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
            self._allow_processor_time(deadline_s)
            async with self._bounded(deadline_s):
                await self.answer(command)
                finished = await self._listen(handle)
            self._watching().see_helpers(())
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
        stdin = self._running().stdin
        try:
            stdin.write(line_of(command))
            await stdin.drain()
        except (ConnectionError, RuntimeError) as error:
            raise await self._death() from error

    def hasten(self, deadline_s: float) -> None:
        """Give the running command less time, counted from its beginning; more than it has is no more."""
        if self._scope is not None and deadline_s < self._deadline_s:
            self._deadline_s = deadline_s
            self._scope.reschedule(self._began_s + deadline_s)
            self._allow_processor_time(deadline_s)

    async def clear(self) -> None:
        """Empty the folders between two commands; input files stay for whoever links the next ones."""
        await settled(self._make_folders)

    async def stop(self) -> None:
        """Ask an idle process to end, kill it if it doesn't within a second, and remove the folder."""
        try:
            if self._state is ProcessState.IDLE:
                with contextlib.suppress(PreviewError, TimeoutError):
                    async with asyncio.timeout(1):
                        await self.answer(Shutdown())
                        await self._running().ended()
        finally:
            await self._kill()

    async def _spawn(self) -> None:
        self._launched = await self._launch(self.folder, self._terms, patience_s=self._limits.start_s)
        pid = self._launched.pid
        self._watch = Watch(self._launched, self._limits)
        self._words = asyncio.create_task(self._keep_stderr(), name=f"render-{pid}-stderr")

    async def _listen(self, handle: Handle) -> Finished:
        while True:
            event = await self._event(self._limits.quiet_s)
            match event:
                case Finished():
                    return event
                case Helpers():
                    self._watching().see_helpers(tuple(event.pids))
                case Failed():
                    raise event.error()
                case _:
                    await handle(event)

    async def _event(self, patience_s: float) -> Event:
        stdout = self._running().stdout
        try:
            async with asyncio.timeout(patience_s):
                line = await stdout.readline()
        except TimeoutError as error:
            raise RenderStuckError(f"The render process gave no sign of life for {patience_s:g} s.") from error
        except ValueError as error:
            raise ProtocolError("The render process wrote a line that has no end.") from error
        if not line.endswith(b"\n"):
            raise await self._death()
        return event_of(line)

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

    async def _death(self) -> PreviewError:
        """Why the process is gone, once it is."""
        try:
            async with asyncio.timeout(TOLD_WITHIN_S + 1):
                code = await self._running().ended()
                if self._words is not None:
                    await self._words
        except TimeoutError:
            code = None
        if (verdict := self._watching().verdict) is not None:
            return verdict
        if code is None:
            return RenderCrashError("The render process closed its output and went on.", hint=self._hint())
        if code == -getattr(signal, "SIGXCPU", 0):
            return ResourceLimitError(f"The render used more than the allowed {self._processor_s} s of processor time.")
        how = f"was ended by {signal_name(-code)}" if code < 0 else f"ended with code {code} before it had finished"
        return RenderCrashError(f"The render process {how}.", hint=self._hint())

    def _hint(self) -> str | None:
        return f"Its last words: {self.stderr_tail[-400:]}" if self._stderr_tail else None

    async def _keep_stderr(self) -> None:
        stream = self._running().stderr
        while piece := await stream.read(_READ_BYTES):
            self._stderr_tail = (self._stderr_tail + piece)[-_STDERR_TAIL_BYTES:]

    def _allow_processor_time(self, deadline_s: float) -> None:
        self._processor_s = math.ceil(deadline_s * self._limits.processor_ratio)
        allow_processor_time(self.pid or 0, self._processor_s)

    def _watching(self) -> Watch:
        if self._watch is None:
            raise InvalidStateError("The render process hasn't been started.")
        return self._watch

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
            if self._launched is not None:
                self._watching().kill()
                await self._launched.ended()
                await self._watching().over()
            if self._words is not None:
                self._words.cancel()
                await asyncio.wait({self._words})
            if self._launched is not None:
                self._launched.close()
            await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)
        finally:
            self._move(ProcessState.DEAD)

    def _make_folders(self) -> None:
        # The folder of results itself stays: a sandboxed process may write into this one, not into one made anew.
        for path in (
            Path(IN_FOLDER, SEGMENTS_FOLDER),
            Path(OUT_FOLDER, SEGMENTS_FOLDER),
            Path(OUT_FOLDER, FILES_FOLDER),
            Path(OUT_FOLDER, LIVE_FOLDER),
        ):
            shutil.rmtree(self.folder / path, ignore_errors=True)
            (self.folder / path).mkdir(parents=True)

    def _running(self) -> Launched:
        if self._launched is None:
            raise InvalidStateError("The render process hasn't been started.")
        return self._launched

    def _move(self, state: ProcessState) -> None:
        if state not in NEXT_STATES[self._state]:
            raise InvalidStateError(f"A render process can't go from {self._state} to {state}.")
        self._state = state


def _greeted(event: Event, wanted: WantedSandbox) -> SandboxLevel:
    if not isinstance(event, Hello) or event.version != PROTOCOL_VERSION:
        raise ProtocolError("The render process doesn't speak this version of the protocol.")
    level = level_of(event.sandbox)
    if not is_enough(level, wanted):
        raise ConfigurationError(shortfall(level, wanted))
    return level
