"""The record of a job: whose it is, which content it names, and how it ended.

It outlives BullMQ's own memory of the job, so that a job id names one digest for good. Admission writes it in the step
that adds the job; for a job that a foreign producer added, the worker creates it as its first act.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, assert_never

from redis.asyncio import Redis

from preview_worker.state.connection import translated_errors
from preview_worker.state.keys import CANCELLED_MARK, FAILED_MARK, StateKeys

TOMBSTONE_S: Final = 30 * 86_400
"""A record stays this long after its artifact is gone."""


class RecordState(StrEnum):
    """Where a job stands by its record; what waits, runs or is delayed in detail is BullMQ's to say."""

    QUEUED = "queued"
    ACTIVE = "active"
    COMMITTED = "committed"
    """The artifact may be published; cancelling comes too late."""
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def terminal(self) -> bool:
        """Whether the job ends there unless somebody retries it."""
        return self in (RecordState.COMPLETED, RecordState.FAILED, RecordState.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """One job's record; times in ms since the epoch by the server's clock, 0 where it hasn't happened.

    Attributes:
        job_id: As its producer wrote it.
        digest: Identity of the content.
        project_id: The project.
        request_id: The request that brought it.
        generation: 1, plus one per retry of an ended job.
        fence: Counts the runs that were allowed to publish; only the newest is.
        state: Where it stands.
        cancel_requested: Whether somebody asked to cancel it; the first of that and the commit wins.
        superseded_by: The newer job for whose sake it was cancelled, else empty.
        failed_code: Stable code of the final failure, else empty.
        failed_reason: Its sentence, else empty.
        admitted_at_ms: When the record was made.
        finished_at_ms: When it reached its terminal state.
    """

    job_id: str
    digest: str
    project_id: str
    request_id: str
    generation: int
    fence: int
    state: RecordState
    cancel_requested: bool
    superseded_by: str
    failed_code: str
    failed_reason: str
    admitted_at_ms: int
    finished_at_ms: int


_CREATE: Final = """
local known, digest = unpack(redis.call('HMGET', KEYS[1], 'jobId', 'digest'))
if known == ARGV[1] and not digest then
  redis.call('HSET', KEYS[1], 'digest', ARGV[2], 'projectId', ARGV[3], 'requestId', ARGV[4])
elseif not known then
  local clock = redis.call('TIME')
  local now_ms = string.format('%.0f', clock[1] * 1000 + math.floor(clock[2] / 1000))
  redis.call('HSET', KEYS[1], 'jobId', ARGV[1], 'digest', ARGV[2], 'projectId', ARGV[3], 'requestId', ARGV[4],
    'generation', redis.call('HGET', KEYS[1], 'generation') or 1, 'fence', 0, 'state', 'queued', 'admittedAtMs', now_ms)
  redis.call('EXPIRE', KEYS[1], ARGV[5])
end
return redis.call('HGETALL', KEYS[1])
"""

# KEYS: record, the job's lock, the queue's job. ARGV: job id, new state, fence or '', lifetime in s or '', code,
# sentence, lock or '', then the states it may come from. A run that names its lock has no say once that is another's.
# Who holds it may fail what is committed: nobody else can be publishing it. A job whose id differs from the record's in
# case alone has no say in it. What fails although a cancel was accepted is cancelled, with the sentence that came with
# the cancel. The queue's job bears a mark then: it is the one that was cancelled, and no later one under its id; its
# run may say so again. One that failed is marked with the run: a later one hasn't failed yet.
_TRANSITION: Final = f"""
local job_id, to, held_fence, ttl_s, code, reason, lock = unpack(ARGV)
local known_id, state, fence, cancel, sentence =
  unpack(redis.call('HMGET', KEYS[1], 'jobId', 'state', 'fence', 'cancel', 'cancelSentence'))
if known_id ~= job_id or not state or (held_fence ~= '' and held_fence ~= fence) then return false end
if lock ~= '' and redis.call('GET', KEYS[2]) ~= lock then return false end
local again = state == 'cancelled' and lock ~= '' and redis.call('HEXISTS', KEYS[3], '{CANCELLED_MARK}') == 1
local allowed = again or (to == 'failed' and state == 'committed' and lock ~= '')
for i = 8, #ARGV do allowed = allowed or ARGV[i] == state end
if not allowed then return false end
if to == 'failed' and (again or (cancel == '1' and state ~= 'committed')) then
  to, code, reason = 'cancelled', 'cancelled', sentence or ''
end
redis.call('HSET', KEYS[1], 'state', to)
if ttl_s ~= '' then
  local clock = redis.call('TIME')
  local now_ms = string.format('%.0f', clock[1] * 1000 + math.floor(clock[2] / 1000))
  redis.call('HSET', KEYS[1], 'finishedAtMs', now_ms, 'failedCode', code, 'failedReason', reason)
  redis.call('EXPIRE', KEYS[1], ttl_s)
end
if redis.call('EXISTS', KEYS[3]) == 1 then
  if to == 'cancelled' then redis.call('HSET', KEYS[3], '{CANCELLED_MARK}', '1') end
  if to == 'failed' and lock ~= '' then redis.call('HSET', KEYS[3], '{FAILED_MARK}', lock) end
end
return to
"""


class JobRecords:
    """The records of one queue.

    Every method raises `QueueUnavailableError` when Redis doesn't answer within 2 s.
    """

    def __init__(self, client: Redis, keys: StateKeys) -> None:
        self._client = client
        self._keys = keys
        self._create = client.register_script(_CREATE)
        self._transition = client.register_script(_TRANSITION)

    async def get(self, job_id: str) -> JobRecord | None:
        """Read a record; the case of the id doesn't matter."""
        async with translated_errors():
            return _record(_fields(await self._client.hgetall(self._keys.record(job_id))))

    async def called_off(self, job_id: str) -> bool:
        """Whether a cancel of this very job was accepted and it hasn't ended, nor been committed first.

        A record that names no job yet is this one's; one whose id differs in case is another job's.
        """
        async with translated_errors():
            answer = await self._client.hmget(self._keys.record(job_id), ["jobId", "cancel", "state"])
        known_id, cancel, state = answer
        return known_id in (None, job_id) and cancel == "1" and state in (None, RecordState.QUEUED, RecordState.ACTIVE)

    async def create(self, *, job_id: str, digest: str, project_id: str, request_id: str, ttl_s: int) -> JobRecord:
        """Make the record of a job that came without one, or return what stands there already.

        That of a replayed job has no digest until then, nor has that of a job that was cancelled before a run. It takes
        this one, with project and request: the job may be another one under the same id.

        The caller compares the digest: another one means that the id belongs to another job.
        """
        async with translated_errors():
            answer = await self._create(
                keys=[self._keys.record(job_id)], args=[job_id, digest, project_id, request_id, ttl_s]
            )
        record = _record(_fields(answer))
        if record is None:
            raise AssertionError("a record that was just written has no job id")
        return record

    async def transition(self, job_id: str, to: RecordState, *, fence: int | None = None) -> bool:
        """Move a record to a state that isn't terminal; False if its state or a newer fence forbids that."""
        if to.terminal:
            raise ValueError("a terminal state is set by finish()")
        return await self._move(job_id, to, fence, "", "", "", "") is to

    async def finish(
        self,
        job_id: str,
        to: RecordState,
        *,
        ttl_s: int,
        fence: int | None = None,
        failed_code: str = "",
        failed_reason: str = "",
        lock_token: str = "",
    ) -> RecordState | None:
        """Move a record to a terminal state.

        Args:
            job_id: The job.
            to: COMPLETED, FAILED or CANCELLED.
            ttl_s: Life of the record from now: what is left of the artifact's plus `TOMBSTONE_S`.
            fence: The run that ends the job; an older one than the record's is refused.
            failed_code: Stable code, for FAILED.
            failed_reason: Sentence, for FAILED.
            lock_token: The lock under which the run ends the job; where another run has it by now, nothing changes.
                Who fails under it ends its commit, too, which it couldn't carry out.

        Returns:
            What the record became: `to`, or CANCELLED for a failed run of a job whose cancel was accepted. None if it
            is gone, ended already or belongs to another run or to a job whose id differs in case; it is unchanged then.
            A run that cancelled its job already gets the same answer again, and may tell a better sentence.
        """
        if not to.terminal:
            raise ValueError("finish() takes a terminal state")
        return await self._move(job_id, to, fence, str(ttl_s), failed_code, failed_reason, lock_token)

    async def _move(self, job_id: str, to: RecordState, fence: int | None, *ending: str) -> RecordState | None:
        arguments = [job_id, to.value, "" if fence is None else str(fence), *ending]
        keys = [self._keys.record(job_id), self._keys.lock(job_id), self._keys.job(job_id)]
        async with translated_errors():
            became = await self._transition(keys=keys, args=[*arguments, *(state.value for state in _origins(to))])
        return RecordState(became) if became else None


def _origins(to: RecordState) -> tuple[RecordState, ...]:
    """Return the states a record may come from; COMMITTED is reached through the commit alone."""
    match to:
        case RecordState.QUEUED:
            return (RecordState.ACTIVE,)
        case RecordState.ACTIVE:
            return (RecordState.QUEUED, RecordState.ACTIVE)
        case RecordState.COMMITTED:
            return ()
        case RecordState.COMPLETED:
            return (RecordState.QUEUED, RecordState.ACTIVE, RecordState.COMMITTED)
        case RecordState.FAILED | RecordState.CANCELLED:
            return (RecordState.QUEUED, RecordState.ACTIVE)
        case _:
            assert_never(to)


def _fields(answer: Any) -> dict[str, str]:
    """Turn an HGETALL into a dict; one that a script returns comes flat."""
    if isinstance(answer, Mapping):
        return {str(name): str(value) for name, value in answer.items()}
    return dict(zip(answer[::2], answer[1::2], strict=True))


def _record(fields: Mapping[str, str]) -> JobRecord | None:
    if "jobId" not in fields:
        return None
    return JobRecord(
        job_id=fields["jobId"],
        digest=fields.get("digest", ""),
        project_id=fields.get("projectId", ""),
        request_id=fields.get("requestId", ""),
        generation=int(fields.get("generation", "1")),
        fence=int(fields.get("fence", "0")),
        state=RecordState(fields.get("state", "queued")),
        cancel_requested=fields.get("cancel") == "1",
        superseded_by=fields.get("supersededBy", ""),
        failed_code=fields.get("failedCode", ""),
        failed_reason=fields.get("failedReason", ""),
        admitted_at_ms=int(fields.get("admittedAtMs", "0")),
        finished_at_ms=int(fields.get("finishedAtMs", "0")),
    )
