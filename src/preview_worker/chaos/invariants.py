"""The checker's rules: pure functions from evidence to violations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from preview_worker.chaos.evidence import Evidence, JobEvidence, Standing
from preview_worker.queue.port import JobState
from preview_worker.state.records import RecordState

ENDED: Final = frozenset({JobState.COMPLETED, JobState.FAILED})
RULES: Final = {
    "lost": "acknowledged jobs that didn't end",
    "wrongly failed": "valid jobs that failed for good",
    "without artifact": "completed jobs of which nothing stands",
    "corrupt": "visible artifacts that aren't what their manifest says",
    "published twice": "jobs published more than once, or whose visible artifact was replaced",
    "phantom": "artifacts of jobs that nobody acknowledged",
    "contradictory": "jobs of which queue, record, file and disk tell different ends",
    "attempts burned": "healthy jobs that more than one attempt was counted for",
    "orphans": "unfinished work, promises, trash and early files left, and processes that outlived their worker",
}
"""Each rule, and what breaks it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One broken rule."""

    rule: str
    subject: str
    detail: str = ""


def violations(evidence: Evidence, *, ours: bool = True) -> list[Violation]:
    """Judge a run of valid jobs.

    Args:
        evidence: Of the run.
        ours: Whether it is the product's design, which keeps records besides the queue's.
    """
    found = [violation for job in evidence.jobs for violation in _of_job(job, ours=ours)]
    found += [Violation(rule="phantom", subject=name) for name in evidence.phantoms]
    found += [Violation(rule="orphans", subject=name, detail="left over") for name in evidence.leftovers]
    found += [Violation(rule="orphans", subject=str(pid), detail="still alive") for pid in evidence.survivors]
    found += [Violation(rule="orphans", subject=pid, detail="outlived its worker") for pid in evidence.outlived]
    return found


def _of_job(job: JobEvidence, *, ours: bool) -> Iterable[Violation]:
    state = job.queued.state if job.queued is not None else None
    if state not in ENDED:
        yield Violation(rule="lost", subject=job.job_id, detail=f"it is {state}")
    if job.queued is not None and state is JobState.FAILED:
        yield Violation(rule="wrongly failed", subject=job.job_id, detail=job.queued.failed_reason or "")
    if state is JobState.COMPLETED and job.standing is Standing.NOTHING:
        yield Violation(rule="without artifact", subject=job.job_id)
    if job.standing is Standing.CORRUPT:
        yield Violation(rule="corrupt", subject=job.job_id)
    if job.renames > 1 or job.replaced:
        yield Violation(rule="published twice", subject=job.job_id, detail=f"{job.renames} renames")
    if job.queued is not None and state is JobState.COMPLETED and job.queued.attempts_made != 1:
        yield Violation(rule="attempts burned", subject=job.job_id, detail=f"{job.queued.attempts_made} attempts")
    if ours and (detail := _contradiction(job, state)):
        yield Violation(rule="contradictory", subject=job.job_id, detail=detail)


def _contradiction(job: JobEvidence, state: JobState | None) -> str:
    """What doesn't fit together; a file that says "publishing" leaves the answer to what stands."""
    told = {
        "queue": state is JobState.COMPLETED,
        "record": job.record is not None and job.record.state is RecordState.COMPLETED,
        "file": job.file is not None and job.file.state in {"completed", "publishing"},
        "disk": job.standing is not Standing.NOTHING,
    }
    if len(set(told.values())) == 1:
        return ""
    return ", ".join(f"{who} {'completed' if says else 'not'}" for who, says in told.items())
