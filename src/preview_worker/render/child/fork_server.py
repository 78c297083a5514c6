"""The fork server: one thread that waits for requests, forks a render process for each, and tells how they end."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import selectors
import signal
import socket
import traceback
from collections.abc import Sequence
from typing import Final

from preview_worker.posix import call_process
from preview_worker.render.child.main import main

_LONGEST_REQUEST_BYTES: Final = 65_536
_STREAMS: Final = 3
"""The first descriptors of a request: what becomes the standard streams. One more tells of its life."""
_READ_BYTES: Final = 4096


def serve_forks(requests: socket.socket) -> int:
    """Fork until the worker closes its end; returns the exit code. The kernel kills what was forked when we end.

    Args:
        requests: Packets of JSON (`folder`, `terms`) with four descriptors each: standard input, output and error of
            the render process, and a pipe to which a line with its process id is written, then one with its exit code.
            Where there is no process, the only line says why.
    """
    call_process("pvw-forks")
    # What the imports made stays for life: a collection in a fork need not touch, and so copy, its pages.
    gc.collect()
    gc.freeze()
    ended, told = socket.socketpair()
    for end in (ended, told):
        end.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
    lives = _Lives()
    with selectors.DefaultSelector() as selector:
        selector.register(requests, selectors.EVENT_READ)
        selector.register(ended, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is ended:
                    with contextlib.suppress(BlockingIOError):
                        ended.recv(_READ_BYTES)
                    lives.tell_ends()
                elif not lives.begin(requests):
                    return 0


class _Lives:
    """The render processes that live, each with the pipe that tells of it."""

    def __init__(self) -> None:
        self._pipes: dict[int, int] = {}

    def begin(self, requests: socket.socket) -> bool:
        """Fork what the next request asks for; False where no more will come."""
        message, descriptors, _, _ = socket.recv_fds(requests, _LONGEST_REQUEST_BYTES, _STREAMS + 1)
        if not message:
            return False
        if len(descriptors) == _STREAMS + 1 and _is_wanted(descriptors[-1]):
            *streams, pipe = descriptors
            self._fork(message, streams, pipe)
            descriptors = streams
        for descriptor in descriptors:  # of those that found no room here, the rest goes too: the worker sees the end
            os.close(descriptor)
        return True

    def _fork(self, message: bytes, streams: Sequence[int], pipe: int) -> None:
        server_pid = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:
            _tell(pipe, error.strerror or "fork failed")
            os.close(pipe)
            return
        if not pid:
            code = 1
            try:
                code = _render(message, streams, server_pid)
            finally:  # whatever happened: nothing goes on as the server
                os._exit(code)
        with contextlib.suppress(OSError):  # whoever is first: no kill of the group comes too early
            os.setpgid(pid, pid)
        self._pipes[pid] = pipe
        _tell(pipe, str(pid))

    def tell_ends(self) -> None:
        """Tell of each process that has ended."""
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    return
                pipe = self._pipes.pop(pid)
                _tell(pipe, str(os.waitstatus_to_exitcode(status)))
                os.close(pipe)


def _render(message: bytes, streams: Sequence[int], server_pid: int) -> int:
    """In the fork: become a render process; returns its exit code."""
    try:
        with contextlib.suppress(OSError):
            os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        _close_all_but_streams()
        request = json.loads(message)
        os.chdir(request["folder"])
        return main([request["folder"], str(server_pid), request["terms"]])
    except BaseException:  # noqa: BLE001 - the border of the process
        traceback.print_exc()
        return 1


def _is_wanted(pipe: int) -> bool:
    """Whether the worker still waits at its end: its start may have been cancelled."""
    look = select.poll()
    look.register(pipe, 0)
    return not look.poll(0)


def _close_all_but_streams() -> None:
    """Give back what is the server's, other processes' pipes among it.

    Those that are open are looked up: a container may allow a thousand million, and not every libc closes a range.
    """
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - names alone
        if int(name) >= _STREAMS:
            with contextlib.suppress(OSError):  # the look's own is closed already
                os.close(int(name))


def _tell(pipe: int, line: str) -> None:
    with contextlib.suppress(BrokenPipeError):  # the worker doesn't wait for it any more
        os.write(pipe, f"{line}\n".encode())
