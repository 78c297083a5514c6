"""Admission with what the disk knows: ids that Redis has forgotten, and previews that are damaged."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from preview_worker.api.service import Service
from preview_worker.errors import StorageError
from preview_worker.queue.port import Admission, AdmissionGate, Conflicting, ExistingRecord, NewJob, Replayed
from preview_worker.storage.damages import Damages
from preview_worker.storage.jobs import JobFile
from preview_worker.storage.publications import Publications


async def admitted(service: Service, job: NewJob, gate: AdmissionGate) -> Admission:
    """Admit a job.

    An id that Redis has forgotten names what was published under it, by its record on the disk. A completed job whose
    files are damaged now is run again.

    Raises:
        QueueUnavailableError: Redis doesn't answer.
        StorageError: What the disk knows can't be read, and Redis knows nothing of the job.
    """
    named = await _named(service, job.job_id)
    if named is not None:
        if named.digest != job.digest:
            return Conflicting(existing=_existing(named))
        job = _under(job, named.job_id)
    admission = await service.producer.admit(job, gate)
    if not isinstance(admission, Replayed):
        return admission
    known_id = admission.existing.job_id
    if not await asyncio.to_thread(Damages(service.places).of, known_id):
        return admission
    again = await service.producer.admit(replace(_under(job, known_id), key=None, again=True), gate)
    # Files that have changed since would make it another job, whose name this one can't be.
    return admission if isinstance(again, Conflicting) else again


async def _named(service: Service, job_id: str) -> JobFile | None:
    """What an id names that Redis has forgotten."""
    try:
        named = await asyncio.to_thread(Publications(service.places).named, job_id)
    except StorageError:
        if await service.records.get(job_id) is None:
            raise
        return None
    return named if named is not None and await service.records.get(job_id) is None else None


def _under(job: NewJob, job_id: str) -> NewJob:
    """The job under the id that it was first posted by, which may differ in case."""
    return replace(job, job_id=job_id, payload=job.payload | {"jobId": job_id})


def _existing(file: JobFile) -> ExistingRecord:
    return ExistingRecord(
        job_id=file.job_id,
        digest=file.digest,
        project_id=file.project_id,
        request_id="",
        generation=0,
        state="completed",
        admitted_at_ms=0,
    )
