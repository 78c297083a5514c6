"""A worker hashes published files again, slowly, beside its jobs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Final

from preview_worker.errors import StorageError
from preview_worker.observability.logs import logger
from preview_worker.observability.metrics import Metrics
from preview_worker.storage.places import Places
from preview_worker.storage.scrubbing import Scrubber

REST_S: Final = 86_400.0
"""Between two rounds."""


class _Ended(Exception):  # noqa: N818 - a turn of events, not an error
    """The worker ends in the middle of a file."""


async def keep_scrubbing(
    places: Places, metrics: Metrics, rate_bps: int, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """Look at every published file once a day, for ever.

    Args:
        places: Folders below DATA_DIR.
        metrics: Counts damaged files.
        rate_bps: Bytes that are read in a second; 0: nothing is looked at.
        sleep: Waits so many seconds.
    """
    ended = threading.Event()

    def pace(read_bytes: int) -> None:
        if ended.wait(read_bytes / rate_bps):
            raise _Ended

    try:
        while True:
            if rate_bps:
                await _round(Scrubber(places, pace), metrics)
            await sleep(REST_S)
    finally:
        ended.set()


async def _round(scrubber: Scrubber, metrics: Metrics) -> None:
    looking = scrubber.round()
    try:
        while (looked := await asyncio.to_thread(next, looking, None)) is not None:
            for name in looked.damaged:
                metrics.damaged.inc()
                logger("worker").error("file-damaged", job_id=looked.folder.name, file=name)
            if looked.fault is not None:
                logger("worker").warning("scrubbing-failed", path=str(looked.folder), reason=looked.fault)
    except StorageError as error:
        logger("worker").warning("scrubbing-failed", reason=error.sentence)
