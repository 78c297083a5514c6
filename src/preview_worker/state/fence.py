"""Fencing: each run of a job that holds the lock gets a number larger than every run before it."""

from __future__ import annotations

from typing import Final

from redis.asyncio import Redis

from preview_worker.errors import LockLostError, TransientError
from preview_worker.state.connection import translated_errors
from preview_worker.state.keys import CANCELLED_MARK, StateKeys
from preview_worker.state.records import RecordState

_NOT_OWNER: Final = -1
_NO_RECORD: Final = -2
_CANCELLED: Final = -3

# A record that is committed stays so: a run after the committing worker died only finishes its publication. One that is
# cancelled stays so too for the job that bears the mark: the worker that wrote it may have died before the queue heard.
# A job without it was added anew under the id since, and nobody cancelled that one. A flag beside `completed` came too
# late, or calls off an earlier job: it isn't this run's. ARGV: the lock's token, the state of the record that is run.
_ACQUIRE: Final = f"""
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
if redis.call('HEXISTS', KEYS[2], 'jobId') == 0 then return -2 end
local state, cancel = unpack(redis.call('HMGET', KEYS[2], 'state', 'cancel'))
local published = state == 'committed' or state == 'completed'
if state == 'cancelled' and redis.call('HEXISTS', KEYS[3], '{CANCELLED_MARK}') == 0 then
  redis.call('HDEL', KEYS[2], 'cancel', 'cancelSentence', 'supersededBy', 'failedCode', 'failedReason', 'finishedAtMs')
elseif state == 'cancelled' or (cancel == '1' and not published) then
  return -3
end
if state == 'completed' then redis.call('HDEL', KEYS[2], 'cancel', 'cancelSentence', 'supersededBy') end
if state ~= 'committed' then redis.call('HSET', KEYS[2], 'state', ARGV[2]) end
return redis.call('HINCRBY', KEYS[2], 'fence', 1)
"""


class JobFence:
    """Hands out fences for the jobs of one queue."""

    def __init__(self, client: Redis, keys: StateKeys) -> None:
        self._keys = keys
        self._acquire = client.register_script(_ACQUIRE)

    async def acquire(self, job_id: str, lock_token: str, *, standing: bool = False) -> int | None:
        """Start a run: check that the token holds BullMQ's lock, count the fence up, mark the record active.

        Args:
            job_id: The job.
            lock_token: This run's lock.
            standing: Its preview is visible already: the record is committed instead, as it was before, so that no
                cancel comes between.

        Returns:
            The fence, from 1: artifacts are published under it; a commit with an older one is refused. None where the
            job was cancelled: the run ends without a trace.

        Raises:
            LockLostError: Another worker may own the job; the run ends without a verdict.
            TransientError: The job has no record (`record-missing`, retryable): create it first.
            QueueUnavailableError: Redis doesn't answer (retryable).
        """
        state = RecordState.COMMITTED if standing else RecordState.ACTIVE
        async with translated_errors():
            keys = [self._keys.lock(job_id), self._keys.record(job_id), self._keys.job(job_id)]
            fence = int(await self._acquire(keys=keys, args=[lock_token, state.value]))
        if fence == _NOT_OWNER:
            raise LockLostError(f"Job {job_id} isn't locked by this worker any more; this run ends.")
        if fence == _NO_RECORD:
            raise TransientError(f"Job {job_id} has no record; the next run makes it.", code="record-missing")
        return None if fence == _CANCELLED else fence
