"""One fork server process, asked for render processes, and what is known of each of those until its end.

A render process's streams are handed over with the request for it; its process id and in the end its exit code come
back over a pipe of its own. So nothing here belongs to one event loop. That it has ended the kernel tells (pidfd), so
that nobody waits for a server that is late, stopped or dead.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import socket
import subprocess
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import BinaryIO, Final

from preview_worker.errors import RenderStartError
from preview_worker.render.launching import TOLD_WITHIN_S, Launched, child_environment
from preview_worker.render.protocol import LONGEST_LINE_BYTES
from preview_worker.render.watch import kill_group

END_WITHIN_S: Final = 1.0
"""How long a killed server's last words are waited for."""
UNTOLD: Final = -9
"""The exit code of a process whose server doesn't tell it: the kernel kills the forks of a server that dies."""
_LAST_WORDS_BYTES: Final = 400


class ServerDiedError(Exception):
    """A server takes no request any more, or died over one."""

    words: str | None = None


class ServerProcess:
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
        self._lives: set[_Life] = set()
        self._retired = False

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def has_ended(self) -> bool:
        """Whether it is dead, as its parent knows."""
        return self._process.poll() is not None

    @property
    def is_buried(self) -> bool:
        """Whether it has been ended, and all that was held for it given back."""
        return self._words is not None

    async def fork(self, request: bytes) -> Launched:
        """Have a process made.

        Raises:
            ServerDiedError: There is no server any more.
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
                raise ServerDiedError
            if not answer.isdecimal():
                raise RenderStartError(f"No render process can be forked: {answer}.")
            try:
                life = _Life(int(answer), status, self._left)
                self._lives.add(life)
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

    def retire(self) -> str | None:
        """Ask nothing of it any more: it is ended with the last process that it has forked.

        Returns:
            What it said last, if it had none.
        """
        self._retired = True
        return None if self._lives and not self.has_ended() else self.end()

    def end(self) -> str | None:
        """Kill it, and with it all that it has forked; what it said last."""
        if self._words is None:
            self._requests.close()
            self._process.kill()
            self._words = b""
            with contextlib.suppress(subprocess.TimeoutExpired):  # somebody else holds its error stream
                self._words = self._process.communicate(timeout=END_WITHIN_S)[1][-_LAST_WORDS_BYTES:]
        return f"Its last words: {self._words.decode(errors='replace')}" if self._words else None

    def _left(self, life: _Life) -> None:
        self._lives.discard(life)
        if self._retired and not self._lives:
            self.end()

    def _ask(self, request: bytes, descriptors: Sequence[int]) -> None:
        try:
            socket.send_fds(self._requests, [request], list(descriptors))
        except (ConnectionError, BlockingIOError) as error:  # it has ended, or takes nothing any more
            raise ServerDiedError from error
        except OSError as error:
            if not self.has_ended():
                raise  # our own trouble: it has other processes to look after
            raise ServerDiedError from error


class _Life:
    """A forked process from its process id to its exit code; `left` is told when it is over."""

    def __init__(self, pid: int, status: asyncio.StreamReader, left: Callable[[_Life], None]) -> None:
        self.pid = pid
        self._left = left
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
        self._left(self)


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
