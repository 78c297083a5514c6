"""The queue as the rest of the service sees it: what goes in, what can be read, and the two ports.

Times are milliseconds since the epoch, as BullMQ stores them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from preview_worker.queue.delivery import Handler, Hold, never_hold
from preview_worker.queue.fairness import Band


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    DELAYED = "delayed"
    ACTIVE = "active"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job to admit.

    Attributes:
        job_id: Unique without regard to case; becomes the BullMQ id as it is.
        project_id: Whom fairness counts the job for.
        digest: Identity of the job's content: the same id with the same digest is a replay.
        payload: Strict JSON (no NaN).
        band: The submitter's priority.
        attempts: Allowed runs, at least 1.
        request_id: Kept in the record for whoever traces the job.
    """

    job_id: str
    project_id: str
    digest: str
    payload: dict[str, Any]
    band: Band
    attempts: int
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionGate:
    """Limits that admission checks in the same atomic step that adds the job.

    Attributes:
        queue_max: Most jobs that may be waiting, prioritised or delayed together.
        record_ttl_s: Life of the job's record from now; the terminal state sets it anew.
    """

    queue_max: int
    record_ttl_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExistingRecord:
    """What stands under a job id already; every text is empty and every number 0 where the record doesn't say."""

    job_id: str
    digest: str
    project_id: str
    request_id: str
    generation: int
    state: str
    admitted_at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """The job is in the queue; `position` counts from 1 (the next to start)."""

    job_id: str
    position: int
    priority: int
    admitted_at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """The same job was admitted before; nothing was added."""

    existing: ExistingRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflicting:
    """The id belongs to another digest, or to a job some other producer added and no worker has read yet."""

    existing: ExistingRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The queue is at its limit; nothing was added."""

    backlog: int
    queue_max: int


Admission = Admitted | Replayed | Conflicting | Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedJob:
    """One job as the queue holds it.

    Attributes:
        job_id: As its producer wrote it.
        state: See `JobState`.
        payload: The job's data; an empty object if it isn't one.
        attempts_made: Runs that were used up.
        attempts: Runs that are allowed.
        priority: BullMQ priority, 0 for none.
        position: From 1, only while queued.
        progress: The last reported progress; empty before the first.
        created_at_ms: When it was added.
        processed_on_ms: Start of the last run.
        finished_on_ms: When it completed or failed for good.
        failed_code: The last failure's stable code, where it carried one.
        failed_reason: The last failure's sentence.
        return_value: The result once completed.
    """

    job_id: str
    state: JobState
    payload: dict[str, Any]
    attempts_made: int
    attempts: int
    priority: int
    position: int | None
    progress: dict[str, Any]
    created_at_ms: int
    processed_on_ms: int | None
    finished_on_ms: int | None
    failed_code: str | None
    failed_reason: str | None
    return_value: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueCounts:
    """How many jobs stand where; `paused` is our own flag, which makes workers take nothing."""

    waiting: int
    prioritized: int
    delayed: int
    active: int
    completed: int
    failed: int
    paused: bool

    @property
    def backlog(self) -> int:
        """Jobs that no worker has started: what admission counts against its limit."""
        return self.waiting + self.prioritized + self.delayed

    @property
    def total(self) -> int:
        """Every job the queue still knows."""
        return self.backlog + self.active + self.completed + self.failed


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFacts:
    """What health reports about the server; None where the server doesn't let us read it.

    Attributes:
        ping_ms: Round trip of one PING.
        version: Redis-compatible version.
        eviction_policy: Anything but `noeviction` may drop jobs.
        append_only: Whether writes go to the append-only file.
        append_fsync: `always`, `everysec` or `no`.
    """

    ping_ms: float
    version: str | None
    eviction_policy: str | None
    append_only: bool | None
    append_fsync: str | None


class Producer(Protocol):
    """Puts jobs in and reads the queue.

    Every method answers or raises `QueueUnavailableError` within the adapter's deadline (2 s).
    """

    async def admit(self, job: NewJob, gate: AdmissionGate) -> Admission:
        """Admit a job in one atomic step: identity, limit, order, queue entry and record, all or nothing."""
        ...

    async def job(self, job_id: str) -> QueuedJob | None:
        """Read one job by its exact id, or None if the queue doesn't know it (any more)."""
        ...

    async def counts(self) -> QueueCounts:
        """Count the jobs by state."""
        ...

    async def set_paused(self, paused: bool) -> None:  # noqa: FBT001 - reads as a sentence
        """Make every worker take nothing, or take jobs again; running jobs aren't touched."""
        ...

    async def server_facts(self) -> ServerFacts:
        """Measure and read what health reports."""
        ...

    async def close(self) -> None:
        """Close the connections; safe to call twice."""
        ...


class Consumer(Protocol):
    """Takes jobs out and sees each through to its outcome."""

    async def run(self, handler: Handler, hold: Hold = never_hold) -> None:
        """Deliver jobs to the handler until `stop`; returns when every delivery is settled.

        While `hold` says so, nothing is taken; it is asked before each job, and every half second while it does.

        An outage of the server is waited out. Raises whatever ended the loop otherwise: a process whose consumer ended
        that way should exit, since it would be alive but deaf.
        """
        ...

    async def stop(self, drain_s: float) -> None:
        """Take nothing more, let running jobs finish for `drain_s` seconds, then hand the rest back unspent.

        Returns when `run` is about to return. A second call may shorten the drain.
        """
        ...
