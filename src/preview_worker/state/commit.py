"""The commit: one step that decides between publishing and a cancel, and shuts out every older run."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from redis.asyncio import Redis

from preview_worker.errors import LockLostError
from preview_worker.state.connection import translated_errors
from preview_worker.state.keys import StateKeys

# A record that is committed or ended is committed again by its newest run: its artifact may not stand yet.
_COMMIT: Final = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'not-owner' end
local state, fence, cancel = unpack(redis.call('HMGET', KEYS[2], 'state', 'fence', 'cancel'))
if fence ~= ARGV[2] then return 'not-owner' end
if state == 'cancelled' or (cancel == '1' and state ~= 'committed') then return 'cancelled' end
redis.call('HSET', KEYS[2], 'state', 'committed')
redis.call('EXPIRE', KEYS[2], ARGV[3])
return 'committed'
"""


class CommitVerdict(StrEnum):
    """Who came first."""

    COMMITTED = "committed"
    """Publish now: from here on a cancel is too late."""
    CANCELLED = "cancelled"
    """A cancel came first: publish nothing."""


class CommitGate:
    """Commits runs of one queue's jobs."""

    def __init__(self, client: Redis, keys: StateKeys) -> None:
        self._keys = keys
        self._commit = client.register_script(_COMMIT)

    async def commit(self, job_id: str, *, lock_token: str, fence: int, record_ttl_s: int) -> CommitVerdict:
        """Decide whether this run may publish; right before the rename that makes the artifact visible.

        Args:
            job_id: The job.
            lock_token: This run's lock.
            fence: This run's fence, from `JobFence.acquire`.
            record_ttl_s: Life of the record from now: the artifact's plus `TOMBSTONE_S`.

        Returns:
            The verdict. Committing again with the same fence gives the same one.

        Raises:
            LockLostError: Another run owns the job, or its record is gone; publish nothing, end without a verdict.
            QueueUnavailableError: Nothing is known; ask again or end the run (retryable).
        """
        async with translated_errors():
            answer = await self._commit(
                keys=[self._keys.lock(job_id), self._keys.record(job_id)], args=[lock_token, fence, record_ttl_s]
            )
        if answer == "not-owner":
            raise LockLostError(f"Job {job_id} isn't this run's any more, or has no record; nothing is published.")
        return CommitVerdict(answer)
