"""Why a job isn't let in, as problems."""

from __future__ import annotations

from preview_worker.api.problems import ProblemRaised
from preview_worker.queue.port import Conflicting, KeyReused, MemoryLow, Refused
from preview_worker.storage.watermarks import Shortage

DISK_RETRY_S = 60
"""Housekeeping trims caches once a minute while the disk is low."""
MEMORY_RETRY_S = 60
"""Finished jobs leave Redis within the hour, the oldest each minute."""


def disk_low(shortage: Shortage) -> ProblemRaised:
    """The disk has no room for another job."""
    return ProblemRaised(
        507,
        "disk-low",
        f"{shortage.sentence} {shortage.remedy}",
        members={"free": shortage.free_bytes, "needed": shortage.needed_bytes, "remedy": shortage.remedy},
        headers={"Retry-After": str(DISK_RETRY_S)},
    )


def redis_memory_low(short: MemoryLow) -> ProblemRaised:
    """Redis uses too much of the memory it may use."""
    used_mib, maximum_mib = short.used_bytes >> 20, short.maximum_bytes >> 20
    return ProblemRaised(
        503,
        "redis-memory-low",
        f"Redis uses {used_mib} MiB of the {maximum_mib} MiB it may use; new jobs are let in again when it uses less. "
        "Jobs that were accepted go on.",
        members={"used": short.used_bytes, "maximum": short.maximum_bytes},
        headers={"Retry-After": str(MEMORY_RETRY_S)},
    )


def queue_full(refused: Refused, retry_s: int) -> ProblemRaised:
    """As many jobs wait as may."""
    return ProblemRaised(
        429,
        "queue-full",
        f"{refused.backlog} jobs wait already; at most {refused.queue_max} may (PREVIEW_QUEUE_MAX). Post it again in "
        f"{retry_s} s, or cancel one that waits.",
        headers={"Retry-After": str(retry_s)},
    )


def key_reused(reused: KeyReused) -> ProblemRaised:
    """The idempotency key came with another payload before."""
    return ProblemRaised(
        422,
        "idempotency-key-reused",
        f"This Idempotency-Key came with another payload before, that of job {reused.job_id}. Send a changed payload "
        "with a new key.",
        members={"jobId": reused.job_id},
    )


def conflict(conflicting: Conflicting, *, job_id: str, project_id: str, digest: str) -> ProblemRaised:
    """The job id names another job; the arguments are what was posted."""
    existing = conflicting.existing
    differs = [
        name
        for name, there, here in (
            ("projectId", existing.project_id, project_id),
            ("digest", existing.digest, digest),
        )
        if there != here
    ]
    return ProblemRaised(
        409,
        "job-id-conflict",
        f"Job id {job_id} already names another job; it differs in {' and '.join(differs) or 'its content'}. "
        "Post the changed payload under a new jobId.",
        members={
            "existing": {
                "jobId": existing.job_id,
                "projectId": existing.project_id,
                "digest": existing.digest,
                "state": existing.state,
            },
            "differs": differs,
        },
    )
