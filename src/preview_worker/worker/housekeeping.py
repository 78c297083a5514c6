"""What a worker tidies up beside its jobs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from preview_worker.observability.logs import logger
from preview_worker.storage.live import sweep_live

EVERY_S = 60.0


async def keep_house(live: Path, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
    """Remove early files whose time is over, once a minute, for ever.

    Args:
        live: The folder of early files.
        sleep: Waits so many seconds.
    """
    while True:
        swept = await asyncio.to_thread(sweep_live, live)
        if swept:
            logger("worker").info("live-swept", jobs=len(swept))
        await sleep(EVERY_S)
