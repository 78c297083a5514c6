"""Threads that change files end before their caller does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


async def settled(
    function: Callable[_Arguments, _Result], *args: _Arguments.args, **kwargs: _Arguments.kwargs
) -> _Result:
    """Run a function in a thread; a cancelled caller waits for its end before the cancellation goes on.

    `asyncio.to_thread` leaves the thread running when its caller is cancelled: what cleans up behind the caller would
    then work on the same folder as the thread.
    """
    name = f"settled-{getattr(function, '__name__', type(function).__name__)}"
    return await done(asyncio.create_task(asyncio.to_thread(function, *args, **kwargs), name=name))


async def done(task: asyncio.Future[_Result]) -> _Result:
    """Wait for a task; a caller who is cancelled, however often, waits for its end before the cancellation goes on.

    What the task raised is seen then, and not told: the cancellation is what the caller learns of.
    """
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            try:
                await asyncio.wait({task})
            except asyncio.CancelledError:
                continue
        if not task.cancelled():
            task.exception()
        raise
