"""A queue in memory with the behaviour of the BullMQ gateway: for tests, and for a service without Redis.

It lives in one event loop, is lost with the process, and passes the same conformance suite.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import uuid4

from preview_worker.errors import LockLostError
from preview_worker.queue.backoff import Backoff, full_jitter
from preview_worker.queue.cancelling import CancelAnswer, CancelVerdict
from preview_worker.queue.dead_letters import LOG_TAIL_LINES, DeadLetter
from preview_worker.queue.delivery import CANCELLED, Completed, Failed, HandBack, Outcome
from preview_worker.queue.memory_admission import MemoryAdmission
from preview_worker.queue.memory_job import MemoryJob
from preview_worker.queue.memory_letters import MemoryDeadLetters
from preview_worker.queue.port import Admission, AdmissionGate, Admitted, JobState, NewJob, QueueCounts, QueuedJob
from preview_worker.queue.server_facts import ServerFacts
from preview_worker.queue.settler import TakenJob

KEPT_LOG_LINES: Final = 200
MAXIMUM_FINISHED: Final = 1_000
"""Older finished jobs are forgotten, and their ids with them."""


class MemoryQueue:
    """The producer's port, and what `MemoryConsumer` takes from.

    Args:
        backoff: Delay before a retry.
        clock_ms: Wall clock for the times that are shown.
    """

    def __init__(
        self,
        *,
        backoff: Backoff = full_jitter,
        clock_ms: Callable[[], int] = lambda: round(time.time() * 1000),
    ) -> None:
        self.changed = asyncio.Condition()
        self.paused = False
        self.letters = MemoryDeadLetters()
        self._backoff = backoff
        self._clock_ms = clock_ms
        self._jobs: dict[str, MemoryJob] = {}
        self._admission = MemoryAdmission(self._jobs, clock_ms)

    async def admit(self, job: NewJob, gate: AdmissionGate) -> Admission:
        """See `Producer.admit`; nothing awaits between check and add, so it is one step here too."""
        json.dumps(job.payload, allow_nan=False)
        answer = self._admission.admit(job, gate)
        if not isinstance(answer, tuple):
            return answer
        added, superseded = answer
        self._forget_oldest()
        await self.wake()
        return Admitted(
            job_id=job.job_id,
            position=self._line().index(added) + 1,
            priority=added.priority,
            admitted_at_ms=added.created_at_ms,
            superseded=superseded,
        )

    async def cancel(self, job_id: str, *, record_ttl_s: int) -> CancelAnswer:  # noqa: ARG002 - no record, no life
        """See `Producer.cancel`."""
        self.promote_due()
        held = self._jobs.get(job_id.lower())
        if held is None:
            return CancelAnswer(verdict=CancelVerdict.UNKNOWN, job_id=job_id, state="")
        name, cancelled = held.job.job_id, held.failed_code == CANCELLED
        if held.finished_on_ms is not None:
            state = CANCELLED if cancelled else held.state.value
            return CancelAnswer(verdict=CancelVerdict.ENDED, job_id=name, state=state)
        held.cancel_asked = True
        if not held.waits:
            return CancelAnswer(verdict=CancelVerdict.ASKED, job_id=name, state=held.state.value)
        held.cancel(self._clock_ms())
        self._forget_oldest()
        return CancelAnswer(verdict=CancelVerdict.CANCELLED, job_id=name, state=CANCELLED)

    async def job(self, job_id: str) -> QueuedJob | None:
        """See `Producer.job`."""
        self.promote_due()
        held = self._jobs.get(job_id.lower())
        if held is None or held.job.job_id != job_id:
            return None
        return held.seen(self._line().index(held) + 1 if held.state is JobState.QUEUED else None)

    async def counts(self) -> QueueCounts:
        """See `Producer.counts`; every job here has a priority, so none is merely waiting."""
        self.promote_due()
        return QueueCounts(
            waiting=0,
            prioritized=self._count(JobState.QUEUED),
            delayed=self._count(JobState.DELAYED),
            active=self._count(JobState.ACTIVE),
            completed=self._count(JobState.COMPLETED),
            failed=self._count(JobState.FAILED),
            paused=self.paused,
        )

    async def set_paused(self, paused: bool) -> None:  # noqa: FBT001 - reads as a sentence
        """See `Producer.set_paused`."""
        self.paused = paused
        await self.wake()

    async def server_facts(self) -> ServerFacts:
        """See `Producer.server_facts`; there is no server, so only the ping is known."""
        return ServerFacts(ping_ms=0.0, version=None, eviction_policy=None, append_only=None, append_fsync=None)

    async def close(self) -> None:
        """See `Producer.close`; there is nothing to close."""

    async def wake(self) -> None:
        """Tell every consumer to look again."""
        async with self.changed:
            self.changed.notify_all()

    def take(self) -> TakenJob | None:
        """Make the next job active under a new lock token; None if paused or nothing waits."""
        self.promote_due()
        line = self._line()
        if self.paused or not line:
            return None
        taken = line[0]
        self._admission.started(taken)
        taken.state = JobState.ACTIVE
        taken.lock_token = uuid4().hex
        taken.processed_on_ms = self._clock_ms()
        return TakenJob(
            job_id=taken.job.job_id,
            token=taken.lock_token,
            payload=json.loads(json.dumps(taken.job.payload)),
            options={},
            attempts_made=taken.attempts_made,
            attempts=taken.job.attempts,
            stalls=0,
            priority=taken.priority,
            created_at_ms=taken.created_at_ms,
            deferred_failure=None,
            raw=taken,
        )

    def has_work(self) -> bool:
        """Whether `take` would return a job."""
        self.promote_due()
        return not self.paused and bool(self._line())

    def promote_due(self) -> float | None:
        """Put delayed jobs whose time has come back in line; returns the seconds until the next one, None if none."""
        now_s = time.monotonic()
        delayed = [job for job in self._jobs.values() if job.state is JobState.DELAYED]
        for job in delayed:
            if job.due_at_s <= now_s:
                job.state = JobState.QUEUED
        return min((job.due_at_s - now_s for job in delayed if job.state is JobState.DELAYED), default=None)

    async def settle(self, job: TakenJob, outcome: Outcome) -> None:
        """See `Settler.settle`."""
        held = self._owned(job)
        match outcome:
            case Completed():
                held.attempts_made += 1
                held.return_value = json.loads(json.dumps(dict(outcome.result)))
                self._finish(held, JobState.COMPLETED)
            case Failed():
                held.attempts_made += 1
                held.failed_code, held.failed_reason = outcome.code, outcome.sentence
                if held.cancel_asked and outcome.code != CANCELLED:
                    held.cancel(self._clock_ms())
                    self._forget_oldest()
                elif outcome.retryable and held.attempts_made < held.job.attempts:
                    self._delay(held, self._backoff(held.attempts_made))
                else:
                    self._finish(held, JobState.FAILED)
                    self._write_letter(held, job, outcome)
            case HandBack():
                self._delay(held, 0)
        await self.wake()

    def plain(self, job: TakenJob) -> TakenJob:
        """See `Settler.plain`; a job here has no options."""
        return job

    def _write_letter(self, held: MemoryJob, job: TakenJob, failure: Failed) -> None:
        if failure.code == CANCELLED:
            return
        self.letters.write(
            DeadLetter(
                job_id=held.job.job_id,
                payload=held.job.payload,
                code=failure.code,
                sentence=failure.sentence,
                pointer=failure.pointer,
                step_id=failure.step_id,
                attempts=held.attempts_made,
                stalls=job.stalls,
                failed_at_ms=held.finished_on_ms or 0,
                log_tail=tuple(held.log[-LOG_TAIL_LINES:]),
                version="",
                request_id=held.job.request_id,
            )
        )

    async def report(self, job: TakenJob, progress: Mapping[str, Any]) -> None:
        """See `Settler.report`."""
        self._owned(job).progress = json.loads(json.dumps(dict(progress), allow_nan=False))

    async def log(self, job: TakenJob, line: str) -> None:
        """See `Settler.log`."""
        log = self._owned(job).log
        log.append(line)
        del log[:-KEPT_LOG_LINES]

    def _owned(self, job: TakenJob) -> MemoryJob:
        held = self._jobs.get(job.job_id.lower())
        if held is None or held.state is not JobState.ACTIVE or held.lock_token != job.token:
            raise LockLostError(f"Job {job.job_id} isn't owned by this worker any more; its outcome is dropped.")
        return held

    def _line(self) -> list[MemoryJob]:
        waiting = [job for job in self._jobs.values() if job.state is JobState.QUEUED]
        return sorted(waiting, key=lambda job: (job.priority, job.arrival))

    def _count(self, state: JobState) -> int:
        return sum(job.state is state for job in self._jobs.values())

    def _delay(self, job: MemoryJob, delay_ms: int) -> None:
        if job.cancel_asked:
            job.cancel(self._clock_ms())
            return
        job.state = JobState.DELAYED
        job.due_at_s = time.monotonic() + delay_ms / 1000

    def _finish(self, job: MemoryJob, state: JobState) -> None:
        job.state = state
        job.finished_on_ms = self._clock_ms()
        self._forget_oldest()

    def _forget_oldest(self) -> None:
        finished = [held for held in self._jobs.values() if held.finished_on_ms is not None]
        for oldest in finished[: max(0, len(finished) - MAXIMUM_FINISHED)]:
            del self._jobs[oldest.job.job_id.lower()]
