"""What may become of a request to cancel a job, in the same words for every queue."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CancelVerdict(StrEnum):
    """What became of a request to cancel."""

    CANCELLED = "cancelled"
    """It waited, or was delayed: it has ended now, without another run."""
    ASKED = "asked"
    """A worker has it and will end it, unless the job ends by itself first."""
    TOO_LATE = "too-late"
    """Its commit came first: it is being published."""
    ENDED = "ended"
    """It had ended already."""
    UNKNOWN = "unknown"
    """Neither the queue nor a record knows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAnswer:
    """The verdict on one job.

    Attributes:
        verdict: See `CancelVerdict`.
        job_id: As its producer wrote it.
        state: Where the job stands now: cancelled, active, completed or failed; empty for an unknown one.
    """

    verdict: CancelVerdict
    job_id: str
    state: str


def superseded_sentence(job_id: str) -> str:
    """Why a job was cancelled for which a newer one was posted."""
    return f"Superseded by job {job_id}."


CANCELLED_SENTENCE = "The job was cancelled."
