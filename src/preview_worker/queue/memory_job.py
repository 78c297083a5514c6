"""A job of the queue in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from preview_worker.queue.cancelling import CANCELLED_SENTENCE, superseded_sentence
from preview_worker.queue.delivery import CANCELLED
from preview_worker.queue.port import ExistingRecord, JobState, NewJob, QueuedJob


@dataclass(slots=True, kw_only=True)
class MemoryJob:
    """One job's mutable state; the fields are those of `QueuedJob`.

    `cancel_asked` says that it is to end as cancelled, and `newer` for which job's sake.
    """

    job: NewJob
    priority: int
    arrival: int
    created_at_ms: int
    generation: int = 1
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
    cancel_asked: bool = False
    newer: str | None = None

    @property
    def waits(self) -> bool:
        """Whether it is in the queue and no worker has it."""
        return self.state in (JobState.QUEUED, JobState.DELAYED)

    def cancel(self, finished_on_ms: int) -> None:
        """End as cancelled."""
        self.state, self.finished_on_ms = JobState.FAILED, finished_on_ms
        self.failed_code = CANCELLED
        self.failed_reason = CANCELLED_SENTENCE if self.newer is None else superseded_sentence(self.newer)

    def existing(self) -> ExistingRecord:
        """What a producer is told that posts the same id again."""
        return ExistingRecord(
            job_id=self.job.job_id,
            digest=self.job.digest,
            project_id=self.job.project_id,
            request_id=self.job.request_id,
            generation=self.generation,
            state=self.state.value,
            admitted_at_ms=self.created_at_ms,
        )

    def seen(self, position: int | None) -> QueuedJob:
        """What is seen of it from outside; `position` counts from 1 while it is queued."""
        return QueuedJob(
            job_id=self.job.job_id,
            state=self.state,
            payload=self.job.payload,
            attempts_made=self.attempts_made,
            attempts=self.job.attempts,
            priority=self.priority,
            position=position,
            progress=self.progress,
            created_at_ms=self.created_at_ms,
            processed_on_ms=self.processed_on_ms,
            finished_on_ms=self.finished_on_ms,
            failed_code=self.failed_code,
            failed_reason=self.failed_reason,
            return_value=self.return_value,
            marked_cancelled=self.failed_code == CANCELLED,
        )
