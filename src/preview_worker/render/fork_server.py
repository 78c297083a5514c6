"""The worker's side of the fork server: a process that has imported all that renders, and forks render processes.

To start a render process as a program costs more than a second of a core, nearly all of it imports; a fork takes
milliseconds and shares the memory of what was imported. The server starts with its first user and ends with the last.
It has one thread, so that a fork takes all of it along, and opens nothing foreign: that is what its forks are for.

A render process's streams are handed over with the request for it; its process id and in the end its exit code come
back over a pipe of its own. So nothing here belongs to one event loop. That it has ended the kernel tells (pidfd), so
that nobody waits for a server that is late, stopped or dead.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import select
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

from preview_worker.errors import RenderStartError, RenderStuckError
from preview_worker.render.launching import CHILD_COMMAND, TOLD_WITHIN_S, Launched, child_environment
from preview_worker.render.lifecycle import SandboxTerms
from preview_worker.render.protocol import LONGEST_LINE_BYTES
from preview_worker.render.watch import kill_group

SERVER_COMMAND: Final = (*CHILD_COMMAND, "--fork-server")
END_WITHIN_S: Final = 1.0
UNTOLD: Final = -9
"""The exit code of a process whose server doesn't tell it: the kernel kills the forks of a server that dies."""
_LAST_WORDS_BYTES: Final = 400


@cache
def has_fork_server() -> bool:
    """Whether render processes are forked on this system (Linux 5.3); elsewhere each is a program of its own."""
    if sys.platform != "linux":
        return False
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError:
        return False
    return True


class ForkServer:
    """`Launch` by fork; a context manager that several may enter, and that ends the server after the last.

    Enter and use it in the thread that lives longest: the kernel kills the server when the thread that started it ends.

    Args:
        command: What to start as the server; our process id and the descriptor of its socket are appended.
    """

    def __init__(self, command: Sequence[str] = SERVER_COMMAND) -> None:
        self._command = tuple(command)
        self._users = 0
        self._server: _Server | None = None

    def __enter__(self) -> Self:
        """Start the server with the first user.

        Raises:
            RenderStartError: It can't be started (retryable).
        """
        self._users += 1
        try:
            self._started()
        except BaseException:
            self._users -= 1
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._users -= 1
        if not self._users and self._server is not None:
            self._bury(self._server)

    @property
    def pid(self) -> int | None:
        """Process id of the server while there is one."""
        return self._server.pid if self._server is not None else None

    async def __call__(self, folder: Path, terms: SandboxTerms, /, *, patience_s: float) -> Launched:
        """See `Launch`. A server that has died, or doesn't answer in time, is replaced."""
        request = json.dumps({"folder": str(folder), "terms": terms.as_argument()}).encode()
        given_up_at_s = asyncio.get_running_loop().time() + patience_s
        try:
            try:
                return await self._forked(request, given_up_at_s)
            except _ServerDiedError:  # for a reason that may have passed
                return await self._forked(request, given_up_at_s)
        except _ServerDiedError as error:
            raise RenderStartError("The fork server died before it made a process.", hint=error.words) from error
        except TimeoutError as error:
            raise RenderStuckError(f"No render process came to be within {patience_s:g} s.") from error

    async def _forked(self, request: bytes, given_up_at_s: float) -> Launched:
        server = self._started()
        try:
            async with asyncio.timeout_at(given_up_at_s):
                return await server.fork(request)
        except TimeoutError:
            self._bury(server)
            raise
        except _ServerDiedError as error:
            error.words = self._bury(server)
            raise
        except OSError as error:
            raise RenderStartError(f"No render process can be started: {error.strerror}.") from error

    def _started(self) -> _Server:
        if not self._users:
            raise RenderStartError("The fork server has ended.")
        if self._server is not None and self._server.has_ended():
            self._bury(self._server)
        if self._server is None:
            try:
                self._server = _Server(self._command)
            except OSError as error:
                raise RenderStartError(f"No fork server can be started: {error.strerror}.") from error
        return self._server

    def _bury(self, server: _Server) -> str | None:
        """End a server and forget it; its last words."""
        if self._server is server:
            self._server = None
        return server.end()


class _ServerDiedError(Exception):
    """A server takes no request any more, or died over one."""

    words: str | None = None


class _Server:
    """One server process and the socket that takes requests to it.

    Raises:
        OSError: The system gives no process, or no descriptors.
    """

    def __init__(self, command: Sequence[str]) -> None:
        with ExitStack() as unless_started:
            self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            unless_started.enter_context(self._requests).setblocking(False)
            with theirs:
                self._process = subprocess.Popen(
                    [*command, str(os.getpid()), str(theirs.fileno())],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    cwd="/",
                    env=child_environment(),
                    pass_fds=[theirs.fileno()],
                    start_new_session=True,
                )
            unless_started.pop_all()
        self._words: bytes | None = None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def has_ended(self) -> bool:
        """Whether it is dead, as its parent knows."""
        return self._process.poll() is not None

    async def fork(self, request: bytes) -> Launched:
        """Have a process made.

        Raises:
            _ServerDiedError: There is no server any more.
            RenderStartError: It can't fork (retryable).
            OSError: We have no descriptors left.
        """
        with ExitStack() as ours:
            with ExitStack() as theirs:
                stdin, descriptors = _input(ours, theirs)
                outputs = [_output(ours, theirs, descriptors) for _ in ("stdout", "stderr", "status")]
                self._ask(request, descriptors)
            stdout, stderr, status = [await _reader(file, ours) for file in outputs]
            answer = (await status.readline()).decode().strip()
            if not answer:
                raise _ServerDiedError
            if not answer.isdecimal():
                raise RenderStartError(f"No render process can be forked: {answer}.")
            try:
                life = _Life(int(answer), status)
                ours.callback(life.forget)
                _, writer = await asyncio.open_connection(sock=stdin)
            except BaseException:
                kill_group(int(answer))
                raise
            ours.callback(writer.transport.abort)
            return Launched(
                pid=life.pid,
                stdin=writer,
                stdout=stdout,
                stderr=stderr,
                alive=life.lasts,
                ended=life.ended,
                close=ours.pop_all().close,
            )

    def end(self) -> str | None:
        """Kill it, and with it all that it has forked; what it said last."""
        if self._words is None:
            self._requests.close()
            self._process.kill()
            self._words = b""
            with contextlib.suppress(subprocess.TimeoutExpired):  # somebody else holds its error stream
                self._words = self._process.communicate(timeout=END_WITHIN_S)[1][-_LAST_WORDS_BYTES:]
        return f"Its last words: {self._words.decode(errors='replace')}" if self._words else None

    def _ask(self, request: bytes, descriptors: Sequence[int]) -> None:
        try:
            socket.send_fds(self._requests, [request], list(descriptors))
        except (ConnectionError, BlockingIOError) as error:  # it has ended, or takes nothing any more
            raise _ServerDiedError from error
        except OSError as error:
            if not self.has_ended():
                raise  # our own trouble: it has other processes to look after
            raise _ServerDiedError from error


class _Life:
    """A forked process from its process id to its exit code."""

    def __init__(self, pid: int, status: asyncio.StreamReader) -> None:
        self.pid = pid
        try:
            self._process: int | None = os.pidfd_open(pid)
        except ProcessLookupError:  # it has ended, and the server has buried it
            self._process = None
        self._end = asyncio.create_task(self._ended(status), name=f"render-{pid}-end")
        self._end.add_done_callback(self._close)

    def lasts(self) -> bool:
        """Whether it hasn't ended, asked of the kernel."""
        if self._process is None:
            return False
        look = select.poll()
        look.register(self._process, select.POLLIN)
        return not look.poll(0)

    async def ended(self) -> int:
        """Wait for its end; its exit code."""
        return await asyncio.shield(self._end)

    def forget(self) -> None:
        """Wait no longer."""
        self._end.cancel()

    async def _ended(self, status: asyncio.StreamReader) -> int:
        if self._process is not None:
            await _readable(self._process)
        with contextlib.suppress(TimeoutError, ValueError):
            async with asyncio.timeout(TOLD_WITHIN_S):
                return int(await status.readline())
        return UNTOLD

    def _close(self, _end: asyncio.Task[int]) -> None:
        process, self._process = self._process, None
        if process is not None:
            os.close(process)


async def _readable(descriptor: int) -> None:
    loop = asyncio.get_running_loop()
    seen = asyncio.Event()
    loop.add_reader(descriptor, seen.set)
    try:
        await seen.wait()
    finally:
        loop.remove_reader(descriptor)


def _input(ours: ExitStack, theirs: ExitStack) -> tuple[socket.socket, list[int]]:
    """A stream to the process: our end of it, and the first of its descriptors."""
    stdin, for_them = socket.socketpair()
    ours.enter_context(stdin)
    theirs.enter_context(for_them).shutdown(socket.SHUT_WR)
    return stdin, [for_them.fileno()]


def _output(ours: ExitStack, theirs: ExitStack, descriptors: list[int]) -> BinaryIO:
    """A stream from the process: our end of it; the other one is added to its descriptors."""
    read, write = os.pipe()
    theirs.callback(os.close, write)
    descriptors.append(write)
    return ours.enter_context(os.fdopen(read, "rb", buffering=0))


async def _reader(file: BinaryIO, ours: ExitStack) -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=LONGEST_LINE_BYTES)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), file
    )
    ours.callback(transport.close)
    return reader
