"""The HTTP server around the application: one process, one event loop, ended by signals in order."""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import uvicorn
from starlette.types import ASGIApp

from preview_worker.errors import ConfigurationError
from preview_worker.observability.logs import logger

GRACE_S = 5
"""Requests that run when the server is asked to end may take this long."""
_BACKLOG = 128
_UNUSABLE = frozenset({errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES})


class _Server(uvicorn.Server):
    """Leaves signals to `serve_app`: the library raises them anew after its end, which would skip everybody's exit."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


async def serve_app(app: ASGIApp, *, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM, then let running requests finish.

    Args:
        app: The application.
        host: Address to listen on.
        port: Port; 0 takes a free one, which is logged.

    Raises:
        ConfigurationError: The address can't be listened on (permanent).
    """
    with listening(host, port) as listener:
        logger("api").info("listening", host=host, port=listener.getsockname()[1])
        await serve_on(app, listener)


async def serve_on(app: ASGIApp, listener: socket.socket, *, ending: Callable[[], None] | None = None) -> None:
    """Serve on a socket until SIGINT or SIGTERM, then let running requests finish.

    Args:
        app: The application.
        listener: From `listening`.
        ending: Called when the end has been asked for: ends answers that would go on by themselves.
    """
    server = _Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=GRACE_S,
        )
    )
    with _ended_by_signals(server, ending):
        await server.serve(sockets=[listener])


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens, closed at the end.

    Raises:
        ConfigurationError: The address can't be listened on (permanent).
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        if error.errno not in _UNUSABLE and not isinstance(error, socket.gaierror):
            raise
        raise ConfigurationError(
            f"PREVIEW_PORT={port} on PREVIEW_HOST={host} can't be used: {error.strerror}.",
            hint="Stop the program that uses it, or set another port.",
        ) from error
    # Connections inherit it. Head and body of an answer are two writes: without it the second waits 40 ms for the
    # caller's delayed acknowledgement of the first, on every connection that is used again.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with listener:
        yield listener


@contextmanager
def _ended_by_signals(server: uvicorn.Server, ending: Callable[[], None] | None) -> Iterator[None]:
    loop = asyncio.get_running_loop()

    def end() -> None:
        server.should_exit = True
        if ending is not None:
            ending()

    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        with suppress(NotImplementedError):  # not on Windows: there the loop's runner cancels us
            loop.add_signal_handler(number, end)
    try:
        yield
    finally:
        for number in numbers:
            with suppress(NotImplementedError):
                loop.remove_signal_handler(number)
