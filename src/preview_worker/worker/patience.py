"""What a disk refuses is tried again for some seconds: a disk, or a process in need, may recover."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

from preview_worker.errors import StorageError
from preview_worker.observability.logs import logger
from preview_worker.storage.publish import UnreadableError

TRIES: Final = 10
PAUSE_S: Final = 0.5
"""Some five seconds in all."""

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


async def readable(look: Callable[_Arguments, _Result], *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
    """Run a function that looks at what is published, in a thread, until that can be read.

    Raises:
        StorageError: It can't be, or isn't what was published (transient).
    """
    for _ in range(TRIES - 1):
        try:
            return await asyncio.to_thread(look, *args, **kwargs)
        except StorageError as fault:
            if isinstance(fault, UnreadableError) and fault.damaged:
                raise
            logger("worker").warning("published-unreadable", reason=fault.sentence)
        await asyncio.sleep(PAUSE_S)
    return await asyncio.to_thread(look, *args, **kwargs)
