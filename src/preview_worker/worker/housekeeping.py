"""What a worker tidies up beside its jobs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from preview_worker.errors import StorageError
from preview_worker.observability.logs import logger
from preview_worker.observability.metrics import Metrics
from preview_worker.storage.cleaning import Cleaned, Cleaner

EVERY_S = 60.0
ROUNDS = 60
"""Ages are looked at once an hour."""
MOST_TOLD = 20
"""So many things that a run had to leave are told of by name."""


async def keep_house(
    cleaner: Cleaner, metrics: Metrics, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """Tidy up once a minute, and remove once an hour what was kept for long enough, for ever.

    Args:
        cleaner: Does it.
        metrics: Counts what it removed.
        sleep: Waits so many seconds.
    """
    number, left = 0, frozenset[str]()
    while True:
        try:
            tidied = await asyncio.to_thread(cleaner.tidy)
            _tell(tidied, metrics)
            left = _told_of_left(tidied, left)
            if number % ROUNDS == 0:
                kept = await asyncio.to_thread(cleaner.retain)
                metrics.retention_refused.set(0 if kept.refusal is None else 1)
                _tell(kept, metrics)
                _told_of_left(kept, frozenset())
        except StorageError as error:
            logger("worker").warning("housekeeping-failed", reason=error.sentence)
        number += 1
        await sleep(EVERY_S)


def _tell(cleaned: Cleaned, metrics: Metrics) -> None:
    for removal in cleaned.removed:
        metrics.removed.labels(removal.kind).inc()
        metrics.removed_bytes.labels(removal.kind).inc(removal.size_bytes)
        if removal.kind != "cache":  # they come by the hundred
            logger("worker").info("removed", kind=removal.kind, path=str(removal.path), why=removal.why)
    freed_bytes = sum(removal.size_bytes for removal in cleaned.removed if removal.kind == "cache")
    if freed_bytes:
        logger("worker").info("caches-trimmed", freed_bytes=freed_bytes)
    if cleaned.refusal is not None:
        logger("worker").warning("retention-refused", reason=cleaned.refusal)


def _told_of_left(cleaned: Cleaned, before: frozenset[str]) -> frozenset[str]:
    """Tell of what a run had to leave, but for what the run before did too; returns all of it."""
    left = frozenset(cleaned.left)
    told = sorted(left - before)
    more = [f"and {len(told) - MOST_TOLD} others"] if len(told) > MOST_TOLD else []
    for reason in (*told[:MOST_TOLD], *more):
        logger("worker").warning("leftovers-stay", reason=reason)
    return left
