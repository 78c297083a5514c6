"""What a job has cost: render processes that crashed with it, and workers that died in a row while they held it.

Neither is a failed attempt. A crash is the job's own doing more often than not; a worker's death nearly never is, but a
job that takes one worker after the other has to be stopped in the end. A replay begins with a clean slate.
"""

from __future__ import annotations

from typing import Final

from redis.asyncio import Redis

from preview_worker.state.connection import translated_errors
from preview_worker.state.keys import StateKeys

CRASH_WINDOW_S: Final = 72 * 3600

# KEYS: record, crashes. ARGV: window in ms, the run's lock. The set is the generation's; each member is a run that
# ended with a crash, so that a command that is sent again, since its answer was lost, counts none twice.
_CRASHED: Final = """
local key = KEYS[2] .. '.g' .. (redis.call('HGET', KEYS[1], 'generation') or '1')
local clock = redis.call('TIME')
local now_ms = clock[1] * 1000 + math.floor(clock[2] / 1000)
if not redis.call('ZSCORE', key, ARGV[2]) then redis.call('ZADD', key, now_ms, ARGV[2]) end
redis.call('ZREMRANGEBYSCORE', key, '-inf', now_ms - ARGV[1])
redis.call('PEXPIRE', key, ARGV[1])
return redis.call('ZCARD', key)
"""
_CALM: Final = """
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], 'calmStalls', ARGV[1]) end
"""


class Casualties:
    """Counts for the jobs of one queue; every method raises `QueueUnavailableError` when Redis doesn't answer."""

    def __init__(self, client: Redis, keys: StateKeys) -> None:
        self._client = client
        self._keys = keys
        self._crashed = client.register_script(_CRASHED)
        self._calm = client.register_script(_CALM)

    async def crashed(self, job_id: str, lock_token: str) -> int:
        """Count a crash of the render process; returns how many there were in the last 72 h, this one included.

        Args:
            job_id: The job.
            lock_token: The lock of the run that ended so, which is counted once.
        """
        keys = [self._keys.record(job_id), self._keys.crashes(job_id)]
        async with translated_errors():
            return int(await self._crashed(keys=keys, args=[CRASH_WINDOW_S * 1000, lock_token]))

    async def calm(self, job_id: str, stalls: int) -> None:
        """A run ended in good order: the workers that died before aren't in a row with those to come.

        Args:
            job_id: The job.
            stalls: Workers that have died with it in all.
        """
        async with translated_errors():
            await self._calm(keys=[self._keys.record(job_id)], args=[stalls])

    async def deaths_in_a_row(self, job_id: str, stalls: int) -> int:
        """How many of the workers that died with a job did so since it last ended a run in good order."""
        async with translated_errors():
            before = await self._client.hget(self._keys.record(job_id), "calmStalls")
        return max(0, stalls - int(before or 0))
