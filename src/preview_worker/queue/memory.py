"""A queue in memory with the behaviour of the BullMQ gateway: for tests, and for a service without Redis.

It lives in one event loop, is lost with the process, and passes the same conformance suite.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from preview_worker.errors import LockLostError
from preview_worker.queue.backoff import Backoff, full_jitter
from preview_worker.queue.dead_letters import LOG_TAIL_LINES, DeadLetter
from preview_worker.queue.delivery import CANCELLED, Completed, Failed, HandBack, Outcome
from preview_worker.queue.fairness import Band, band_of, priority_of, start_tag
from preview_worker.queue.flight import TakenJob
from preview_worker.queue.memory_letters import MemoryDeadLetters
from preview_worker.queue.port import (
    Admission,
    AdmissionGate,
    Admitted,
    Conflicting,
    ExistingRecord,
    JobState,
    NewJob,
    QueueCounts,
    QueuedJob,
    Refused,
    Replayed,
    ServerFacts,
)

KEPT_LOG_LINES: Final = 200
MAXIMUM_FINISHED: Final = 1_000
"""Older finished jobs are forgotten, and their ids with them."""


@dataclass(slots=True, kw_only=True)
class MemoryJob:
    """One job's mutable state; the fields are those of `QueuedJob`."""

    job: NewJob
    priority: int
    arrival: int
    created_at_ms: int
    state: JobState = JobState.QUEUED
    attempts_made: int = 0
    due_at_s: float = 0.0
    lock_token: str = ""
    progress: dict[str, Any] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    processed_on_ms: int | None = None
    finished_on_ms: int | None = None
    failed_code: str | None = None
    failed_reason: str | None = None
    return_value: dict[str, Any] | None = None


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
        self._started_tags: dict[Band, int] = {}
        self._project_tags: dict[tuple[Band, str], int] = {}
        self._arrivals = 0

    async def admit(self, job: NewJob, gate: AdmissionGate) -> Admission:
        """See `Producer.admit`; nothing awaits between check and add, so it is one step here too."""
        json.dumps(job.payload, allow_nan=False)
        known = self._jobs.get(job.job_id.lower())
        if known is not None:
            existing = _existing(known)
            return Replayed(existing=existing) if known.job.digest == job.digest else Conflicting(existing=existing)
        backlog = self._count(JobState.QUEUED) + self._count(JobState.DELAYED)
        if backlog >= gate.queue_max:
            return Refused(backlog=backlog, queue_max=gate.queue_max)
        added = self._add(job, restart=backlog == 0)
        await self.wake()
        return Admitted(
            job_id=job.job_id,
            position=self._line().index(added) + 1,
            priority=added.priority,
            admitted_at_ms=added.created_at_ms,
        )

    async def job(self, job_id: str) -> QueuedJob | None:
        """See `Producer.job`."""
        self.promote_due()
        held = self._jobs.get(job_id.lower())
        if held is None or held.job.job_id != job_id:
            return None
        return QueuedJob(
            job_id=held.job.job_id,
            state=held.state,
            payload=held.job.payload,
            attempts_made=held.attempts_made,
            attempts=held.job.attempts,
            priority=held.priority,
            position=self._line().index(held) + 1 if held.state is JobState.QUEUED else None,
            progress=held.progress,
            created_at_ms=held.created_at_ms,
            processed_on_ms=held.processed_on_ms,
            finished_on_ms=held.finished_on_ms,
            failed_code=held.failed_code,
            failed_reason=held.failed_reason,
            return_value=held.return_value,
        )

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
        band = band_of(taken.priority)
        tag = taken.priority - priority_of(band, 0)
        self._started_tags[band] = max(self._started_tags.get(band, 0), tag)
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
                if outcome.retryable and held.attempts_made < held.job.attempts:
                    self._delay(held, self._backoff(held.attempts_made))
                else:
                    self._finish(held, JobState.FAILED)
                    self._write_letter(held, job, outcome)
            case HandBack():
                self._delay(held, 0)
        await self.wake()

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

    def _add(self, job: NewJob, *, restart: bool) -> MemoryJob:
        if restart:
            self._project_tags.clear()
            self._started_tags = {
                band_of(held.priority): held.priority - priority_of(band_of(held.priority), 0)
                for held in sorted(self._jobs.values(), key=lambda held: held.priority)
                if held.state is JobState.ACTIVE
            }
        tag = start_tag(
            started_tag=self._started_tags.get(job.band, 0),
            project_tag=self._project_tags.get((job.band, job.project_id), 0),
        )
        self._project_tags[job.band, job.project_id] = tag
        self._arrivals += 1
        added = MemoryJob(
            job=job, priority=priority_of(job.band, tag), arrival=self._arrivals, created_at_ms=self._clock_ms()
        )
        self._jobs[job.job_id.lower()] = added
        return added

    def _line(self) -> list[MemoryJob]:
        waiting = [job for job in self._jobs.values() if job.state is JobState.QUEUED]
        return sorted(waiting, key=lambda job: (job.priority, job.arrival))

    def _count(self, state: JobState) -> int:
        return sum(job.state is state for job in self._jobs.values())

    def _delay(self, job: MemoryJob, delay_ms: int) -> None:
        job.state = JobState.DELAYED
        job.due_at_s = time.monotonic() + delay_ms / 1000

    def _finish(self, job: MemoryJob, state: JobState) -> None:
        job.state = state
        job.finished_on_ms = self._clock_ms()
        finished = [held for held in self._jobs.values() if held.finished_on_ms is not None]
        for oldest in finished[: max(0, len(finished) - MAXIMUM_FINISHED)]:
            del self._jobs[oldest.job.job_id.lower()]


def _existing(held: MemoryJob) -> ExistingRecord:
    return ExistingRecord(
        job_id=held.job.job_id,
        digest=held.job.digest,
        project_id=held.job.project_id,
        request_id=held.job.request_id,
        generation=1,
        state=held.state.value,
        admitted_at_ms=held.created_at_ms,
    )
