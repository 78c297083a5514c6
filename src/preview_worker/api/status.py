"""`GET /api/preview/job/{id}/status`: what is known of a job, from the queue, its record, or the disk."""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from preview_worker.api.files import matches
from preview_worker.api.problems import ProblemRaised
from preview_worker.api.service import PREFIX, Service, links
from preview_worker.contract import queued_id_fault
from preview_worker.contract.finding import writable
from preview_worker.errors import QueueUnavailableError, StorageError
from preview_worker.queue.delivery import CANCELLED
from preview_worker.queue.port import JobState, QueuedJob
from preview_worker.state.records import JobRecord, RecordState
from preview_worker.storage.jobs import JobFile
from preview_worker.storage.publications import Publications
from preview_worker.storage.publish import has_manifest

LONGEST_TEXT = 200
EARLY_KINDS = ("poster", "contactSheet", "playlist")
ENDED = frozenset({"completed", "failed", "cancelled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the three memories say about a job; at least one of them knows it."""

    queued: QueuedJob | None
    record: JobRecord | None
    file: JobFile | None

    @property
    def job_id(self) -> str:
        """The id as its producer wrote it."""
        memory = self.queued or self.record or self.file
        return memory.job_id if memory is not None else ""

    @property
    def project_id(self) -> str:
        """The job's project."""
        if self.record is not None:
            return self.record.project_id
        if self.file is not None:
            return self.file.project_id
        payload = self.queued.payload if self.queued is not None else {}
        return _text(payload.get("projectId")) or ""

    @property
    def dry_run(self) -> bool:
        """Whether the job only plans."""
        if self.queued is not None:
            return self.queued.payload.get("dryRun") is True
        return self.file is not None and self.file.dry_run

    @property
    def state(self) -> str:
        """One of queued, delayed, active, completed, failed, cancelled.

        The record knows first of cancelling, where the queue's job is the one that was cancelled; the queue knows
        everything else while it remembers the job.
        """
        told = self.queued is None or self.queued.marked_cancelled
        if self.record is not None and self.record.state is RecordState.CANCELLED and told:
            return CANCELLED
        if self.queued is not None and self.queued.failed_code == CANCELLED and self.queued.state is JobState.FAILED:
            return CANCELLED  # its worker couldn't reach the record
        if self.queued is not None:
            return self.queued.state.value
        if self.record is not None and self.record.state.terminal:
            return self.record.state.value
        if self.file is not None:
            return "completed" if self.file.state == "publishing" else self.file.state
        # The queue lost it, or hands it over at this moment; the record says how far it was.
        return "queued" if self.record is not None and self.record.state is RecordState.QUEUED else "active"

    @property
    def ended(self) -> bool:
        """Whether nothing will happen to the job unless somebody retries it."""
        return self.state in ENDED


def routes(service: Service) -> APIRouter:
    """The route that tells a job's state."""
    router = APIRouter(prefix=PREFIX)

    @router.head("/job/{job_id}/status", include_in_schema=False)
    @router.get("/job/{job_id}/status", summary="A job's state")
    async def status(job_id: str, request: Request) -> Response:
        known = await look_up(service, job_id)
        content = describe(known)
        etag = f'W/"{hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:24]}"'
        headers = {"ETag": etag, "Cache-Control": "no-store"}
        if matches(request, etag):
            return Response(status_code=304, headers=headers)
        if not known.ended:
            headers["Retry-After"] = "1"
        return JSONResponse(content, headers=headers)

    return router


async def look_up(service: Service, job_id: str) -> Known:
    """What is known of a job whose files may still be there.

    Raises:
        ProblemRaised: 404 for an unknown job, 410 for one whose files have expired.
        QueueUnavailableError: Redis is down and the disk doesn't know the job.
    """
    known = await recall(service, job_id) if queued_id_fault(job_id) is None else None
    if known is None:
        raise ProblemRaised(404, "job-not-found", f"There is no job {job_id[:128]!r}.")
    if known.queued is None and known.file is not None and await asyncio.to_thread(_is_gone, service, known.file):
        raise ProblemRaised(410, "job-expired", f"The files of job {job_id} have expired.")
    return known


async def recall(service: Service, job_id: str) -> Known | None:
    """Ask the queue, the record and the disk for a job; None where none of them knows it.

    While Redis is down, the disk answers for finished jobs.

    Raises:
        QueueUnavailableError: Redis is down and the disk doesn't know the job.
        StorageError: Only the disk may know the job, and can't be read.
    """
    file, doubt = None, None
    try:
        file = await asyncio.to_thread(Publications(service.places).record, job_id)
    except StorageError as error:
        doubt = error
    try:
        record = await service.records.get(job_id)
        queued = await service.producer.job(record.job_id if record is not None else job_id)
        if record is not None and not record.state.terminal and queued is not None and queued.state.value in ENDED:
            # It ended between the two questions. The worker writes the record first, and that alone knows of a cancel.
            record = await service.records.get(record.job_id)
    except QueueUnavailableError:
        if file is None:
            raise
        return Known(queued=None, record=None, file=file)
    if queued is None and record is None and file is None:
        if doubt is not None:
            raise doubt
        return None
    return Known(queued=queued, record=record, file=file)


def _is_gone(service: Service, file: JobFile) -> bool:
    """Whether a job's time is over and its files are gone: approved and latest previews stay for longer."""
    is_over = file.expires_at_ms < time.time() * 1000
    return is_over and not has_manifest(Publications(service.places).folder(file))


def describe(known: Known) -> dict[str, Any]:
    """The status document."""
    queued, record = known.queued, known.record
    progress = queued.progress if queued is not None else {}
    state = known.state
    failed_code, failed_reason = _failure(known)
    return {
        "jobId": known.job_id,
        "projectId": known.project_id,
        "chapterId": _text(_request(known).get("chapterId")),
        "requestId": record.request_id if record is not None else _text(_payload(known).get("requestId")),
        "status": state,
        "dryRun": known.dry_run,
        "generation": record.generation if record is not None else 1,
        "attemptsMade": queued.attempts_made if queued is not None else None,
        "attempts": queued.attempts if queued is not None else None,
        "priority": _text(_payload(known).get("priority")) or "normal",
        "position": queued.position if queued is not None else None,
        "progress": 100 if state == "completed" else _number(progress.get("percent")) or 0,
        "stage": _text(progress.get("stage")),
        "framesDone": _number(progress.get("framesDone")) or 0,
        "framesTotal": _number(progress.get("framesTotal")) or 0,
        "stepId": _text(progress.get("stepId")),
        "etaMs": _number(progress.get("etaMs")) if state == "active" else None,
        "createdAt": queued.created_at_ms if queued is not None else _admitted(record),
        "processedOn": queued.processed_on_ms if queued is not None else None,
        "finishedOn": _finished(known),
        "failedReason": failed_reason if state in {"failed", "cancelled", "delayed"} else None,
        "cancelReason": _cancel_reason(known),
        "supersededBy": (record.superseded_by or None) if record is not None and state == CANCELLED else None,
        "error": {"code": failed_code, "retryable": False} if state == "failed" else None,
        "warnings": {"count": _warning_count(queued)},
        "live": _live(progress) if state in {"active", "completed"} else {},
        "links": links(known.job_id),
    }


def _text(value: Any) -> str | None:
    """A text of a job that anybody may have written: one that JSON and UTF-8 can say, cut."""
    return writable(value[:LONGEST_TEXT]) if isinstance(value, str) else None


def _live(progress: Mapping[str, Any]) -> dict[str, str]:
    """Paths of what can be looked at already, as far as a job that anybody may have written tells them."""
    told = progress.get("live")
    paths = {kind: _text(told.get(kind)) for kind in EARLY_KINDS} if isinstance(told, dict) else {}
    return {kind: path for kind, path in paths.items() if path is not None}


def _number(value: Any) -> float | None:
    """A number of a job that anybody may have written: a finite one."""
    return value if isinstance(value, int | float) and math.isfinite(value) else None


def _payload(known: Known) -> dict[str, Any]:
    return known.queued.payload if known.queued is not None else {}


def _request(known: Known) -> dict[str, Any]:
    request = _payload(known).get("previewRequest")
    return request if isinstance(request, dict) else {}


def _admitted(record: JobRecord | None) -> int | None:
    return record.admitted_at_ms or None if record is not None else None


def _cancel_reason(known: Known) -> str | None:
    """Why a job was cancelled: for a newer one's sake, or because somebody asked for it."""
    if known.state != CANCELLED:
        return None
    return "superseded" if known.record is not None and known.record.superseded_by else "requested"


def _failure(known: Known) -> tuple[str | None, str | None]:
    if known.queued is not None and known.queued.failed_reason:
        return known.queued.failed_code, known.queued.failed_reason
    if known.record is not None and known.record.failed_reason:
        return known.record.failed_code, known.record.failed_reason
    return (known.file.failed_code, known.file.failed_reason) if known.file is not None else (None, None)


def _finished(known: Known) -> int | None:
    if known.queued is not None:
        return known.queued.finished_on_ms
    if known.record is not None and known.record.finished_at_ms:
        return known.record.finished_at_ms
    return known.file.finished_at_ms if known.file is not None else None


def _warning_count(queued: QueuedJob | None) -> int:
    result = queued.return_value if queued is not None else None
    count = result.get("warningCount") if result is not None else None
    return count if isinstance(count, int) else 0
