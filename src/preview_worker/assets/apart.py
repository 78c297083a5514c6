"""Looking for assets in a thread of its own: a slow host or disk keeps nobody else waiting."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextvars import copy_context
from functools import partial
from typing import Any, TypeVar

_Result = TypeVar("_Result")


class AbandonedError(Exception):
    """Nobody waits for the result any more."""


class NoThreadError(RuntimeError):
    """The machine starts no thread; it may later."""


def unless(ended: threading.Event | None) -> None:
    """Called between two steps of a long work; None: somebody waits in any case.

    Raises:
        AbandonedError: The event is set.
    """
    if ended is not None and ended.is_set():
        raise AbandonedError


async def apart(work: Callable[[threading.Event], _Result]) -> _Result:
    """Do a work in a thread that the process doesn't wait for at its end: what it writes is whole or not there.

    A cancelled caller leaves the thread behind, which is told by the event that it is given, and ends when it looks.
    The threads of `asyncio.to_thread` are few and shared: where some of them wait for a silent host, all else would
    wait with them, and the process for them.

    Raises:
        NoThreadError: The thread can't be started.
    """
    ended = threading.Event()
    try:
        return await asyncio.get_running_loop().run_in_executor(_DaemonThreads(), partial(work, ended))
    finally:
        ended.set()


class _DaemonThreads(Executor):
    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        run = partial(_run, future, partial(copy_context().run, fn, *args, **kwargs))
        try:
            threading.Thread(target=run, name="assets", daemon=True).start()
        except RuntimeError as error:
            raise NoThreadError(str(error)) from error
        return future


def _run(future: Future[Any], work: Callable[[], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = work()
    except BaseException as error:  # noqa: BLE001 - the caller's to handle
        future.set_exception(error)
    else:
        future.set_result(result)
