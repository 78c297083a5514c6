"""The worker's side of the fork server: a process that has imported all that renders, and forks render processes.

To start a render process as a program costs more than a second of a core, nearly all of it imports; a fork takes
milliseconds and shares the memory of what was imported. The server starts with its first user and ends with the last.
It has one thread, so that a fork takes all of it along, and opens nothing foreign: that is what its forks are for.

A render process's streams are handed over with the request for it; its process id and in the end its exit code come
back over a pipe of its own. So nothing here belongs to one event loop, and each render process's pipe tells when the
server has died.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

from preview_worker.errors import RenderCrashError
from preview_worker.render.launching import CHILD_COMMAND, Launched, child_environment
from preview_worker.render.lifecycle import SandboxTerms
from preview_worker.render.protocol import LONGEST_LINE_BYTES

SERVER_COMMAND: Final = (*CHILD_COMMAND, "--fork-server")
_DIED_WITH_SERVER: Final = -9
"""The exit code of a process whose server has died: the kernel kills it then."""
_LAST_WORDS_BYTES: Final = 400


def has_fork_server() -> bool:
    """Whether render processes are forked on this system; elsewhere each is a program of its own."""
    return sys.platform == "linux"


class ForkServer:
    """`Launch` by fork (Linux); a context manager that several may enter, and that ends the server after the last.

    Enter and use it in the thread that lives longest: the kernel kills the server when the thread that started it ends.

    Args:
        command: What to start as the server; our process id and the descriptor of its socket are appended.
    """

    def __init__(self, command: Sequence[str] = SERVER_COMMAND) -> None:
        self._command = tuple(command)
        self._users = 0
        self._server: _Server | None = None

    def __enter__(self) -> Self:
        self._users += 1
        self._started()
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

    async def __call__(self, folder: Path, terms: SandboxTerms, /) -> Launched:
        """See `Launch`."""
        request = json.dumps({"folder": str(folder), "terms": terms.as_argument()}).encode()
        try:
            return await self._forked(request)
        except _ServerDiedError:  # maybe long ago, for a reason that has passed
            try:
                return await self._forked(request)
            except _ServerDiedError as error:
                raise RenderCrashError("The fork server died before it made a process.", hint=error.words) from error

    async def _forked(self, request: bytes) -> Launched:
        with ExitStack() as ours:
            with ExitStack() as theirs:
                stdin, descriptors = _input(ours, theirs)
                outputs = [_output(ours, theirs, descriptors) for _ in ("stdout", "stderr", "status")]
                server = self._started()
                try:
                    server.ask(request, descriptors)
                except OSError as error:
                    raise _ServerDiedError(self._bury(server)) from error
            stdout, stderr, status = [await _reader(file, ours) for file in outputs]
            answer = (await status.readline()).decode().strip()
            if not answer:
                raise _ServerDiedError(self._bury(server))
            if not answer.isdecimal():
                raise RenderCrashError(f"No render process could be forked: {answer}.")
            _, writer = await asyncio.open_connection(sock=stdin)
            ours.callback(writer.close)
            ended = asyncio.create_task(_exit_code(status), name=f"render-{answer}-end")
            ours.callback(ended.cancel)
            return Launched(
                pid=int(answer),
                stdin=writer,
                stdout=stdout,
                stderr=stderr,
                ended=lambda: asyncio.shield(ended),
                close=ours.pop_all().close,
            )

    def _started(self) -> _Server:
        if self._server is None:
            self._server = _Server(self._command)
        return self._server

    def _bury(self, server: _Server) -> str | None:
        """End a server and forget it; its last words."""
        if self._server is server:
            self._server = None
        return server.end()


class _ServerDiedError(Exception):
    """A server took no request, or died over it; with its last words, if any."""

    def __init__(self, words: str | None) -> None:
        super().__init__(words)
        self.words = words


class _Server:
    """One server process and the socket that takes requests to it."""

    def __init__(self, command: Sequence[str]) -> None:
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._requests.setblocking(False)
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

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def ask(self, request: bytes, descriptors: Sequence[int]) -> None:
        """Send a request with the descriptors that go with it.

        Raises:
            OSError: It takes none.
        """
        socket.send_fds(self._requests, [request], list(descriptors))

    def end(self) -> str | None:
        """Kill it, and with it all that it has forked; what it said last."""
        self._requests.close()
        self._process.kill()
        _, words = self._process.communicate()
        return f"Its last words: {words[-_LAST_WORDS_BYTES:].decode(errors='replace')}" if words else None


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


async def _exit_code(status: asyncio.StreamReader) -> int:
    with contextlib.suppress(ValueError):
        return int(await status.readline())
    return _DIED_WITH_SERVER
