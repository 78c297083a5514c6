"""`POST /api/preview/job`: read, validate, identify, plan, admit."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from preview_worker.api.bodies import read_json_body
from preview_worker.api.description import JOB_BODY
from preview_worker.api.payloads import ReadPayload, prefers_strict, read_payload
from preview_worker.api.problems import ProblemRaised
from preview_worker.api.service import PREFIX, Service, links
from preview_worker.api.status import ENDED, recall
from preview_worker.assets.identity import Identified, identify, refuse_absent
from preview_worker.assets.library import AbsentAsset
from preview_worker.queue.fairness import Band
from preview_worker.queue.port import Admitted, Conflicting, NewJob, Refused, Replayed
from preview_worker.render.noted import warnings_of
from preview_worker.storage.watermarks import Shortage
from preview_worker.timeline.editions import build_timelines
from preview_worker.timeline.estimate import Cost, cost_of_all
from preview_worker.timeline.model import MissingFacts, Timeline, UnprobedFacts
from preview_worker.timeline.time import ms_of_frames

DISK_RETRY_S = 60
"""Housekeeping trims caches once a minute while the disk is low."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """A valid payload with what the answer tells about it."""

    payload: ReadPayload
    identified: Identified
    timelines: Sequence[Timeline]
    cost: Cost


def routes(service: Service) -> APIRouter:
    """The route that takes jobs."""
    router = APIRouter(prefix=PREFIX)

    @router.post("/job", status_code=202, summary="Post a preview job", openapi_extra=JOB_BODY)
    async def submit(request: Request) -> JSONResponse:
        body = await read_json_body(request)
        prepared = await asyncio.to_thread(_prepare, service, body, strict=prefers_strict(request))
        return await _admit(service, prepared)

    return router


def _prepare(service: Service, body: bytes, *, strict: bool) -> _Prepared:
    payload = read_payload(body, strict=strict)
    job = payload.job
    identified = identify(payload.raw, job.preview_request, service.library, service.places.assets(job.project_id))
    if strict:
        # What the worker would fail: it reads the payload as sent and knows nothing of the caller's preference.
        refuse_absent(job.preview_request, identified, hint="Upload the file, or post without Prefer: handling=strict.")
    facts = {
        asset_id: MissingFacts(reason=found.reason)
        if isinstance(found, AbsentAsset)
        else UnprobedFacts(sha256=found.sha256)
        for asset_id, found in identified.assets.items()
    }
    timelines = build_timelines(
        job.preview_request, facts, encoding="estimate", max_duration_ms=service.max_duration_ms
    )
    return _Prepared(
        payload=payload,
        identified=identified,
        timelines=timelines,
        cost=cost_of_all(timelines),
    )


async def _admit(service: Service, prepared: _Prepared) -> JSONResponse:
    job, digest = prepared.payload.job, prepared.identified.digest
    shortage = await asyncio.to_thread(service.disk.admission, 0 if job.dry_run else prepared.cost.p50_bytes)
    admission = await service.producer.admit(
        NewJob(
            job_id=job.job_id,
            project_id=job.project_id,
            digest=digest,
            payload=prepared.payload.raw,
            band=Band(job.priority.value),
            attempts=job.attempts or service.default_attempts,
            request_id=job.request_id,
        ),
        # The same job again is answered whatever the disk says; a new one finds the queue full.
        service.gate if shortage is None else replace(service.gate, queue_max=0),
    )
    match admission:
        case Admitted():
            service.metrics.admissions.labels("admitted").inc()
            return _accepted(prepared, admission.position)
        case Replayed():
            service.metrics.admissions.labels("replayed").inc()
            return await _replayed(service, prepared, admission.existing.job_id)
        case Conflicting():
            service.metrics.admissions.labels("conflict").inc()
            raise _conflict(prepared, admission)
        case Refused() if shortage is not None:
            service.metrics.admissions.labels("disk-low").inc()
            raise _disk_low(shortage)
        case Refused():
            service.metrics.admissions.labels("refused").inc()
            raise ProblemRaised(
                429,
                "queue-full",
                f"{admission.backlog} jobs wait already; at most {admission.queue_max} may.",
                headers={"Retry-After": str(_seconds(prepared.cost.p50_render_ms))},
            )


def _disk_low(shortage: Shortage) -> ProblemRaised:
    return ProblemRaised(
        507,
        "disk-low",
        f"{shortage.sentence} {shortage.remedy}",
        members={"free": shortage.free_bytes, "needed": shortage.needed_bytes, "remedy": shortage.remedy},
        headers={"Retry-After": str(DISK_RETRY_S)},
    )


def _accepted(prepared: _Prepared, position: int) -> JSONResponse:
    content = _promise(prepared, prepared.payload.job.job_id, "queued", position)
    headers = {"Location": content["links"]["status"], "Retry-After": str(_seconds(prepared.cost.p50_render_ms))}
    return JSONResponse(content, status_code=202, headers=headers)


async def _replayed(service: Service, prepared: _Prepared, job_id: str) -> JSONResponse:
    """The same job again, by the id it was first posted under: 202 while it runs, 200 with its result afterwards."""
    known = await recall(service, job_id)
    state = known.state if known is not None else "queued"
    queued = known.queued if known is not None else None
    content = _promise(prepared, job_id, state, queued.position if queued is not None else None)
    headers = {"Location": content["links"]["status"], "Idempotency-Replayed": "true"}
    if state not in ENDED:
        headers["Retry-After"] = str(_seconds(prepared.cost.p50_render_ms))
        return JSONResponse(content, status_code=202, headers=headers)
    content["result"] = queued.return_value if queued is not None else None
    return JSONResponse(content, status_code=200, headers=headers)


def _promise(prepared: _Prepared, job_id: str, state: str, position: int | None) -> dict[str, Any]:
    """What the answer to a post says of the job, now or when it was first admitted."""
    cost, (own, *_) = prepared.cost, prepared.timelines
    notes = (note for timeline in prepared.timelines for note in timeline.notes)
    return {
        "jobId": job_id,
        "status": state,
        "position": position,
        "estimate": {
            "startMs": max(0, (position or 1) - 1) * cost.p50_render_ms,
            "renderMs": cost.p50_render_ms,
            "p90RenderMs": cost.p90_render_ms,
            "videoMs": ms_of_frames(own.frames, own.rate),
            "bytes": cost.p50_bytes,
        },
        "digest": prepared.identified.digest,
        "warnings": [
            *(finding.as_json() for finding in prepared.payload.warnings),
            *(warning.model_dump(mode="json", by_alias=True) for warning in warnings_of(notes)),
        ],
        "supersededJobs": [],
        "links": links(job_id),
    }


def _conflict(prepared: _Prepared, admission: Conflicting) -> ProblemRaised:
    existing, job = admission.existing, prepared.payload.job
    differs = [
        name
        for name, there, here in (
            ("projectId", existing.project_id, job.project_id),
            ("digest", existing.digest, prepared.identified.digest),
        )
        if there != here
    ]
    return ProblemRaised(
        409,
        "job-id-conflict",
        f"Job id {job.job_id} already names another job; it differs in {' and '.join(differs) or 'its content'}. "
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


def _seconds(duration_ms: int) -> int:
    return max(1, -(-duration_ms // 1000))
