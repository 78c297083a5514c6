"""After the server's clock stepped back: keys end at a time of day, so those set before live longer than was meant.

By an hour, say: nobody would look for jobs of dead workers for so long, and a dead worker's lock would hold its job.
"""

from __future__ import annotations

import re
from typing import Final

from redis.asyncio import Redis

from preview_worker.queue.bullmq_connections import QueueAddress

LONGEST_SWEEP_INTERVAL_MS: Final = 60_000
"""No worker of the queue sweeps more rarely; BullMQ's own do so every 30 s. If one did, others would sweep for it."""
MOST_LOCKS: Final = 1_000
"""Looked at in one go."""

_OUR_TOKEN: Final = re.compile(r"[0-9a-f]{32}")
"""Foreign workers' tokens have hyphens; how long they want their locks is their own affair."""


async def shorten_lives(client: Redis, address: QueueAddress, lock_duration_ms: int) -> None:
    """Let neither the key that spaces sweeps nor a lock of our workers live longer than it can have been given.

    Nobody is harmed where no clock has stepped: a lock's owner renews it well within its life.

    Raises:
        RedisError, OSError: Redis doesn't answer; the caller translates.
    """
    check = address.key("stalled-check")
    active = await client.lrange(address.key("active"), 0, MOST_LOCKS - 1)
    locks = [f"{address.key(str(job_id))}:lock" for job_id in active]
    asked = client.pipeline(transaction=False)
    asked.pttl(check)
    for lock in locks:
        asked.get(lock)
        asked.pttl(lock)
    check_ms, *told = await asked.execute()
    if check_ms > LONGEST_SWEEP_INTERVAL_MS:
        await client.delete(check)
    for lock, token, left_ms in zip(locks, told[::2], told[1::2], strict=True):
        if left_ms > lock_duration_ms and token is not None and _OUR_TOKEN.fullmatch(token):
            await client.pexpire(lock, lock_duration_ms)
