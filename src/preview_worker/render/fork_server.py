"""The worker's side of the fork server: a process that has imported all that renders, and forks render processes.

To start a render process as a program costs more than a second of a core, nearly all of it imports; a fork takes
milliseconds and shares the memory of what was imported. The server starts with its first user and ends with the last.
It has one thread, so that a fork takes all of it along, and opens nothing foreign: that is what its forks are for.

How one server process is asked is in `forking`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from preview_worker.errors import RenderStartError, RenderStuckError
from preview_worker.render.forking import ServerDiedError, ServerProcess
from preview_worker.render.launching import CHILD_COMMAND, Launched
from preview_worker.render.lifecycle import SandboxTerms

SERVER_COMMAND: Final = (*CHILD_COMMAND, "--fork-server")


@cache
def has_fork_server() -> bool:
    """Whether render processes are forked on this system (Linux 5.3); elsewhere each is a program of its own."""
    if sys.platform != "linux":
        return False
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):  # this Python was built without it, or the kernel is older
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
        self._server: ServerProcess | None = None
        self._retired: list[ServerProcess] = []

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
        if not self._users:
            if self._server is not None:
                self._retire(self._server)
            while self._retired:
                self._retired.pop().end()

    @property
    def pid(self) -> int | None:
        """Process id of the server that makes processes, while there is one."""
        return self._server.pid if self._server is not None else None

    async def __call__(self, folder: Path, terms: SandboxTerms, /, *, patience_s: float) -> Launched:
        """See `Launch`. A server that has died, or doesn't answer in time, is replaced.

        What a late one has made before goes on: it is ended only with the last of its processes.
        """
        request = json.dumps({"folder": str(folder), "terms": terms.as_argument()}).encode()
        given_up_at_s = asyncio.get_running_loop().time() + patience_s
        try:
            try:
                return await self._forked(request, given_up_at_s)
            except ServerDiedError:  # for a reason that may have passed
                return await self._forked(request, given_up_at_s)
        except ServerDiedError as error:
            raise RenderStartError("The fork server died before it made a process.", hint=error.words) from error
        except TimeoutError as error:
            raise RenderStuckError(f"No render process came to be within {patience_s:g} s.") from error

    async def _forked(self, request: bytes, given_up_at_s: float) -> Launched:
        server = self._started()
        try:
            async with asyncio.timeout_at(given_up_at_s):
                return await server.fork(request)
        except TimeoutError:
            self._retire(server)
            raise
        except ServerDiedError as error:
            error.words = self._retire(server)
            raise
        except OSError as error:
            raise RenderStartError(f"No render process can be started: {error.strerror}.") from error

    def _started(self) -> ServerProcess:
        if not self._users:
            raise RenderStartError("The fork server has ended.")
        if self._server is not None and self._server.has_ended():
            self._retire(self._server)
        if self._server is None:
            try:
                self._server = ServerProcess(self._command)
            except OSError as error:
                raise RenderStartError(f"No fork server can be started: {error.strerror}.") from error
        return self._server

    def _retire(self, server: ServerProcess) -> str | None:
        """Ask nothing of a server any more; its last words, if it has ended."""
        if self._server is server:
            self._server = None
        words = server.retire()
        self._retired = [former for former in {*self._retired, server} if not former.is_buried]
        return words
