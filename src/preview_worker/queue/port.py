"""The queue as its producers see it: what goes in, what can be read, and the port.

Times are milliseconds since the epoch, as BullMQ stores them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from preview_worker.contract import Supersede
from preview_worker.queue.cancelling import CancelAnswer
from preview_worker.queue.fairness import Band
from preview_worker.queue.idempotency import IdempotencyKey
from preview_worker.queue.server_facts import ServerFacts


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
        scope: What it shares with the jobs that it may supersede (`scope_of`).
        supersede: Which of those it replaces.
        key: The producer's own name for this request.
        again: Its completed artifact is damaged: run the job again, as a new generation.
    """

    job_id: str
    project_id: str
    digest: str
    payload: dict[str, Any]
    band: Band
    attempts: int
    request_id: str
    scope: str = ""
    supersede: Supersede = Supersede.NONE
    key: IdempotencyKey | None = None
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionGate:
    """Limits that admission checks in the same atomic step that adds the job.

    Attributes:
        queue_max: Most jobs that may be waiting, prioritised or delayed together.
        record_ttl_s: Life of the job's record from now; the terminal state sets it anew.
        memory_ratio: Share of the server's `maxmemory` from which on no new job is let in.
    """

    queue_max: int
    record_ttl_s: int
    memory_ratio: float = 0.7


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
    """The job is in the queue; `position` counts from 1 (the next to start).

    `superseded` names the jobs it replaces: waiting ones have ended, running ones are asked to.
    """

    job_id: str
    position: int
    priority: int
    admitted_at_ms: int
    superseded: tuple[str, ...] = ()


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


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyReused:
    """The idempotency key belongs to another payload, which job `job_id` came with; nothing was added."""

    job_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryLow:
    """The server's memory is nearly used up; nothing was added."""

    used_bytes: int
    maximum_bytes: int


Admission = Admitted | Replayed | Conflicting | KeyReused | MemoryLow | Refused


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
        marked_cancelled: Whether a record under its id that says cancelled means this job, and no earlier one.
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
    marked_cancelled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueCounts:
    """How many jobs stand where; `paused`: workers take nothing, by our own flag or another client's pause."""

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


class Producer(Protocol):
    """Puts jobs in and reads the queue.

    Every method answers or raises `QueueUnavailableError` within the adapter's deadline (2 s).
    """

    async def admit(self, job: NewJob, gate: AdmissionGate) -> Admission:
        """Admit a job in one atomic step: key, identity, memory, limit, supersession, order, queue entry and record.

        All of it happens, or nothing. A replay remembers its key for `KEY_TTL_S` where the server has memory for it.
        """
        ...

    async def cancel(self, job_id: str, *, record_ttl_s: int) -> CancelAnswer:
        """Cancel a job, whoever added it: one that waits ends in this step, a running one is asked to end.

        Args:
            job_id: The job; where it has a record, the case doesn't matter.
            record_ttl_s: Life of the record of a job that ends here.
        """
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
