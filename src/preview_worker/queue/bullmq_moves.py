"""BullMQ's moves as this worker needs them: take a job, renew its lock, settle its outcome, sweep stalled jobs.

BullMQ keeps the wire format, the moves between its states and the stalled sweep; its own Worker class is not used. Its
loop ends silently when a CancelledError leaves a processor, renews locks by the wall clock, waits without limit when
closing, and turns a failed write of a success into a failed attempt; each is decided here and in the consumer instead.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import uuid4

from bullmq.job import Job
from redis.asyncio import Redis

from preview_worker.queue.backoff import Backoff
from preview_worker.queue.bullmq_connections import QueueAddress, bullmq_backend, translated_errors, translated_moves
from preview_worker.queue.bullmq_dead_letters import BullmqDeadLetters
from preview_worker.queue.bullmq_jobs import allowed_attempts, coded_reason, json_object, storable, whole_number
from preview_worker.queue.bullmq_retention import RetentionRules
from preview_worker.queue.bullmq_withdrawal import BullmqWithdrawals
from preview_worker.queue.dead_letters import DeadLetter
from preview_worker.queue.delivery import (
    CANCELLED,
    Completed,
    Failed,
    HandBack,
    Observer,
    Outcome,
    ignore_event,
)
from preview_worker.queue.settler import TakenJob
from preview_worker.queue.stepped_clock import shorten_lives

MAXIMUM_STALLED_COUNT: Final = 1_000
"""Worker deaths never fail a job by BullMQ's count (its default lost 10 % of healthy jobs under kills)."""

_UNREADABLE: Final = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError)
"""What bullmq raises for a job hash that isn't one of its own."""

_PARENT_FLAGS: Final = (
    "failParentOnFailure",
    "continueParentOnFailure",
    "ignoreDependencyOnFailure",
    "removeDependencyOnFailure",
)

KEPT_LOG_LINES: Final = 200
MAXIMUM_LOG_CHARACTERS: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingWaiting:
    """No job to take; the next delayed one is due at `due_at_ms` (since the epoch), None if there is none."""

    due_at_ms: int | None


class BullmqMoves:
    """The moves of one worker on one queue.

    Args:
        client: A client of its own that no blocking command shares.
        address: The queue.
        lock_duration_ms: Life of a lock without renewal.
        retention: For jobs whose producer set no rule.
        backoff: Delay before a retry; overrides every job's own, foreign and unknown types too.
        version: Of the worker, for the dead letters that it writes.
        observe: Guarded observer; hears of dead letters that can't be written as they are.
    """

    def __init__(
        self,
        client: Redis,
        address: QueueAddress,
        *,
        lock_duration_ms: int,
        retention: RetentionRules,
        backoff: Backoff,
        version: str = "",
        observe: Observer = ignore_event,
    ) -> None:
        self._client = client
        self._address = address
        self._lock_duration_ms = lock_duration_ms
        self._retention = retention
        self._backoff = backoff
        self._letters = BullmqDeadLetters(client, address, version=version, observe=observe)
        self._withdrawals = BullmqWithdrawals(client, address, retention)
        self._backend = bullmq_backend(client, address)
        # bullmq's Job reads these three of its queue; no limiter and no metrics, on purpose.
        self.backend = self._backend
        self.qualifiedName = self._backend.qualifiedName
        self.opts = {"lockDuration": lock_duration_ms}

    async def is_paused(self) -> bool:
        """Read our pause flag."""
        async with translated_errors():
            return bool(await self._client.exists(self._address.paused_key))

    async def take(self) -> TakenJob | NothingWaiting:
        """Lock the next job."""
        token = uuid4().hex
        async with translated_errors():
            fields, job_id, _limited_until, due_at_ms = await self._backend.moveToActive(token, self.opts)
        if not fields:
            return NothingWaiting(due_at_ms=int(due_at_ms) if due_at_ms else None)
        return self._taken(str(job_id), token, fields)

    async def renew(self, jobs: Sequence[TakenJob]) -> set[str]:
        """Extend the locks of these jobs; returns the tokens whose lock is lost."""
        async with translated_errors():
            lost = set(
                await self._backend.extendLocks(
                    [job.job_id for job in jobs], [job.token for job in jobs], self._lock_duration_ms
                )
            )
        return {job.token for job in jobs if job.job_id in lost}

    async def sweep_stalled(self, interval_ms: int) -> list[str]:
        """Return jobs of dead workers to the queue, at most once per interval among all workers.

        One that was cancelled before its worker died ends instead of being run again.
        """
        async with translated_errors():
            await shorten_lives(self._client, self._address, self._lock_duration_ms)
            stalled = await self._backend.moveStalledJobsToWait(MAXIMUM_STALLED_COUNT, interval_ms)
            job_ids = [str(job_id) for job_id in stalled or []]
            for job_id in job_ids:
                await self._withdrawals.enforce(job_id)
        return job_ids

    async def reconcile_letters(self) -> int:
        """Write the dead letters that failed jobs lack; returns how many."""
        return await self._letters.reconcile()

    async def report(self, job: TakenJob, progress: Mapping[str, Any]) -> None:
        """Store progress and publish BullMQ's progress event."""
        async with translated_moves(job.job_id):
            await self._backend.updateProgress(job.job_id, dict(progress))

    async def log(self, job: TakenJob, line: str) -> None:
        """Append to the job's log, which keeps the last 200 lines."""
        async with translated_moves(job.job_id):
            await self._backend.addLog(job.job_id, storable(line, MAXIMUM_LOG_CHARACTERS), KEPT_LOG_LINES)

    async def settle(self, job: TakenJob, outcome: Outcome) -> None:
        """Move the job to where its outcome says; one atomic step that checks the lock.

        Raises:
            LockLostError: The job isn't ours any more and the outcome was not stored.
            QueueUnavailableError: Nothing is known; settling again is safe, since the lock is checked.
        """
        match outcome:
            case Completed():
                keep = self._retention.for_completed(job.options)
                async with translated_moves(job.job_id):
                    await self._backend.moveToCompleted(
                        job.raw, dict(outcome.result), keep, job.token, fetch_next=False
                    )
            case Failed():
                await self._settle_failure(job, outcome)
            case HandBack():
                await self._delay(job, 0, {"skipAttempt": True})

    def plain(self, job: TakenJob) -> TakenJob:
        """See `Settler.plain`."""
        return replace(job, options={}, raw=self._bullmq_job(job.job_id, {"data": "{}", "opts": "{}"}))

    async def _settle_failure(self, job: TakenJob, failure: Failed) -> None:
        reason = coded_reason(failure.code, failure.sentence)
        changed = {"failedReason": reason, "stacktrace": json.dumps([reason])}
        if failure.retryable and job.attempts_made + 1 < job.attempts:
            await self._delay(job, self._backoff(job.attempts_made + 1), {"fieldsToUpdate": changed})
            return
        keep = self._retention.for_failed(job.options)
        async with translated_moves(job.job_id):
            if failure.code == CANCELLED:
                await self._backend.moveToFailed(
                    job.raw, reason, keep, job.token, fetch_next=False, fields_to_update=changed
                )
                return
            scripts = self._backend.scripts
            finish = scripts.moveToFailedArgs(job.raw, reason, keep, job.token, False, changed)
            answer = await self._letters.fail(await self._letter_of(job, failure), finish)
            self._raise_refusal(job, "moveToFinished", answer)

    async def _letter_of(self, job: TakenJob, failure: Failed) -> DeadLetter:
        return DeadLetter(
            job_id=job.job_id,
            payload=job.payload or {},
            code=failure.code,
            sentence=failure.sentence,
            pointer=failure.pointer,
            step_id=failure.step_id,
            attempts=job.attempts_made + 1,
            stalls=job.stalls,
            failed_at_ms=round(time.time() * 1000),
            log_tail=await self._letters.log_tail(job.job_id),
            version=self._letters.version,
        )

    async def _delay(self, job: TakenJob, delay_ms: int, options: dict[str, Any]) -> None:
        scripts = self._backend.scripts
        move = scripts.moveToDelayedArgs(job.job_id, round(time.time() * 1000), job.token, delay_ms, options)
        async with translated_moves(job.job_id):
            self._raise_refusal(job, "moveToDelayed", await self._withdrawals.delay(job.job_id, move))

    def _raise_refusal(self, job: TakenJob, command: str, answer: Any) -> None:
        """Raise what the package's own callers of a script raise."""
        if isinstance(answer, int) and answer < 0:
            refusal = {"code": answer, "jobId": job.job_id, "command": command, "state": "active"}
            raise self._backend.scripts.finishedErrors(refusal)

    def _taken(self, job_id: str, token: str, fields: Mapping[str, str]) -> TakenJob:
        options = json_object(fields.get("opts")) or {}
        return TakenJob(
            job_id=job_id,
            token=token,
            payload=json_object(fields.get("data")),
            options=options,
            attempts_made=whole_number(fields.get("atm")),
            attempts=allowed_attempts(options),
            stalls=whole_number(fields.get("stc")),
            priority=whole_number(fields.get("priority")),
            created_at_ms=whole_number(fields.get("timestamp")),
            deferred_failure=fields.get("defa"),
            raw=self._bullmq_job(job_id, fields),
        )

    def _bullmq_job(self, job_id: str, fields: Mapping[str, str]) -> Any:
        """Build bullmq's Job; one it can't read (a foreign producer's broken hash) is replaced by an empty one."""
        owner: Any = self  # bullmq reads three attributes of what it takes for its Queue
        try:
            job = Job.fromJSON(owner, dict(fields), job_id)
        except _UNREADABLE:
            job = Job(owner, fields.get("name", ""), {}, {}, job_id)
        job.attempts = allowed_attempts(job.opts)  # the script compares it as a number
        for flag in _PARENT_FLAGS:  # the script takes them for flags, and MessagePack can't say every JSON value
            job.opts[flag] = job.opts.get(flag) is True
        return job
