"""`POST /api/preview/job`: read, validate, identify, plan, admit."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from preview_worker.api.bodies import read_json_body
from preview_worker.api.problems import ProblemRaised
from preview_worker.api.service import PREFIX, Service, links
from preview_worker.assets.identity import Identified, identify
from preview_worker.assets.library import AbsentAsset
from preview_worker.contract import PreviewJob, UnreadableDocumentError, Validation, read_document, validate_job
from preview_worker.queue.fairness import Band
from preview_worker.queue.port import Admitted, Conflicting, NewJob, Refused, Replayed
from preview_worker.timeline.build import build_timeline
from preview_worker.timeline.estimate import Cost, cost_of
from preview_worker.timeline.model import MissingFacts, Timeline, UnprobedFacts
from preview_worker.timeline.time import ms_of_frames

_BANDS = {"low": Band.LOW, "normal": Band.NORMAL, "high": Band.HIGH}
_TOO_LARGE = frozenset({"payload-too-large"})
_MALFORMED = frozenset({"malformed-json", "not-utf8", "nesting-too-deep"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """A valid payload with what the answer tells about it."""

    raw: dict[str, Any]
    job: PreviewJob
    validation: Validation
    identified: Identified
    timeline: Timeline
    cost: Cost


def routes(service: Service) -> APIRouter:
    """The route that takes jobs."""
    router = APIRouter(prefix=PREFIX)

    @router.post("/job", status_code=202, summary="Post a preview job")
    async def submit(request: Request) -> JSONResponse:
        strict = "handling=strict" in request.headers.get("prefer", "").lower()
        body = await read_json_body(request)
        prepared = await asyncio.to_thread(_prepare, service, body, strict=strict)
        return await _admit(service, prepared)

    return router


def _prepare(service: Service, body: bytes, *, strict: bool) -> _Prepared:
    try:
        document = read_document(body, name="the body")
    except UnreadableDocumentError as error:
        status = 413 if error.finding.code in _TOO_LARGE else 400 if error.finding.code in _MALFORMED else 422
        raise ProblemRaised(status, error.finding.code, error.sentence, findings=(error.finding,)) from error
    validation = validate_job(document.raw, strict=strict)
    if validation.job is None or validation.errors:
        count = len(validation.errors)
        raise ProblemRaised(
            422,
            "invalid-payload",
            f"The payload has {count} error{'' if count == 1 else 's'}: {validation.errors[0].message}",
            findings=validation.errors,
        )
    job = validation.job
    identified = identify(document.raw, job.preview_request, service.library, service.places.assets(job.project_id))
    facts = {
        asset_id: MissingFacts(reason=found.reason)
        if isinstance(found, AbsentAsset)
        else UnprobedFacts(sha256=found.sha256)
        for asset_id, found in identified.assets.items()
    }
    timeline = build_timeline(job.preview_request, facts, encoding="estimate", max_duration_ms=service.max_duration_ms)
    return _Prepared(
        raw=document.raw,
        job=job,
        validation=validation,
        identified=identified,
        timeline=timeline,
        cost=cost_of(timeline),
    )


async def _admit(service: Service, prepared: _Prepared) -> JSONResponse:
    job, digest = prepared.job, prepared.identified.digest
    admission = await service.producer.admit(
        NewJob(
            job_id=job.job_id,
            project_id=job.project_id,
            digest=digest,
            payload=prepared.raw,
            band=_BANDS[job.priority.value],
            attempts=job.attempts or service.default_attempts,
            request_id=job.request_id,
        ),
        service.gate,
    )
    match admission:
        case Admitted():
            service.metrics.admissions.labels("admitted").inc()
            return _accepted(prepared, admission.position)
        case Replayed():
            service.metrics.admissions.labels("replayed").inc()
            return await _replayed(service, prepared)
        case Conflicting():
            service.metrics.admissions.labels("conflict").inc()
            raise _conflict(prepared, admission)
        case Refused():
            service.metrics.admissions.labels("refused").inc()
            raise ProblemRaised(
                429,
                "queue-full",
                f"{admission.backlog} jobs wait already; at most {admission.queue_max} may.",
                headers={"Retry-After": str(_seconds(prepared.cost.p50_render_ms))},
            )


def _accepted(prepared: _Prepared, position: int, *, replayed: bool = False) -> JSONResponse:
    cost, timeline, job = prepared.cost, prepared.timeline, prepared.job
    content = {
        "jobId": job.job_id,
        "status": "queued",
        "position": position,
        "estimate": {
            "startMs": max(0, position - 1) * cost.p50_render_ms,
            "renderMs": cost.p50_render_ms,
            "p90RenderMs": cost.p90_render_ms,
            "videoMs": ms_of_frames(timeline.frames, timeline.rate),
            "bytes": cost.p50_bytes,
        },
        "digest": prepared.identified.digest,
        "warnings": [finding.as_json() for finding in prepared.validation.warnings],
        "supersededJobs": [],
        "links": links(job.job_id),
    }
    headers = {"Location": links(job.job_id)["status"], "Retry-After": str(_seconds(cost.p50_render_ms))}
    if replayed:
        headers["Idempotency-Replayed"] = "true"
    return JSONResponse(content, status_code=202, headers=headers)


async def _replayed(service: Service, prepared: _Prepared) -> JSONResponse:
    """The same job again: 202 with its state while it runs, 200 with its result afterwards."""
    queued = await service.producer.job(prepared.job.job_id)
    if queued is not None and queued.state not in {"completed", "failed"}:
        return _accepted(prepared, queued.position or 0, replayed=True)
    record = await service.records.get(prepared.job.job_id)
    state = record.state.value if record is not None else "completed"
    content = {
        "jobId": prepared.job.job_id,
        "status": state,
        "digest": prepared.identified.digest,
        "result": queued.return_value if queued is not None else None,
        "links": links(prepared.job.job_id),
    }
    return JSONResponse(content, status_code=200, headers={"Idempotency-Replayed": "true"})


def _conflict(prepared: _Prepared, admission: Conflicting) -> ProblemRaised:
    existing, job = admission.existing, prepared.job
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
