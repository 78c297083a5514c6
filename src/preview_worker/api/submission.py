"""`POST /api/preview/job`: read, validate, identify, plan, admit."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from preview_worker.api.admission import admitted
from preview_worker.api.bodies import read_json_body
from preview_worker.api.description import JOB_BODY
from preview_worker.api.payloads import ReadPayload, prefers_strict, read_payload
from preview_worker.api.problems import ProblemRaised
from preview_worker.api.refusals import conflict, disk_low, key_reused, queue_full, redis_memory_low
from preview_worker.api.service import PREFIX, Service, links
from preview_worker.api.status import ENDED, recall
from preview_worker.assets.identity import Identified, identify, refuse_absent
from preview_worker.assets.library import AbsentAsset
from preview_worker.contract.finding import visible
from preview_worker.queue.fairness import Band
from preview_worker.queue.idempotency import BadKeyError, IdempotencyKey, idempotency_key
from preview_worker.queue.port import (
    Admission,
    Admitted,
    Conflicting,
    ExistingRecord,
    KeyReused,
    MemoryLow,
    NewJob,
    Refused,
    Replayed,
)
from preview_worker.queue.supersession import scope_of
from preview_worker.render.noted import warnings_of
from preview_worker.timeline.editions import build_timelines
from preview_worker.timeline.estimate import Cost, cost_of_all
from preview_worker.timeline.model import MissingFacts, Timeline, UnprobedFacts
from preview_worker.timeline.time import ms_of_frames

KEY_HEADER = "Idempotency-Key"
KEYS_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """A valid payload with what the answer tells about it."""

    payload: ReadPayload
    identified: Identified
    timelines: Sequence[Timeline]
    cost: Cost
    key: IdempotencyKey | None


def routes(service: Service) -> APIRouter:
    """The route that takes jobs."""
    router = APIRouter(prefix=PREFIX)

    @router.post("/job", status_code=202, summary="Post a preview job", openapi_extra=JOB_BODY)
    async def submit(request: Request) -> JSONResponse:
        key = _only_key(request)
        body = await read_json_body(request)
        prepared = await asyncio.to_thread(_prepare, service, body, strict=prefers_strict(request), key=key)
        return await _admit(service, prepared)

    return router


def _prepare(service: Service, body: bytes, *, strict: bool, key: str | None) -> _Prepared:
    payload = read_payload(body, strict=strict, may_be_unnamed=key is not None)
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
        key=None if key is None else _key(key, payload),
    )


def _only_key(request: Request) -> str | None:
    """The Idempotency-Key as it was sent, None where none was.

    Raises:
        ProblemRaised: 400, there are several: each would name another request.
    """
    keys = request.headers.getlist(KEY_HEADER)
    if len(keys) < 2:  # noqa: PLR2004 - one, or none
        return next(iter(keys), None)
    shown, remedy = [visible(key) for key in keys[:KEYS_SHOWN]], f"Send a single {KEY_HEADER} header."
    raise ProblemRaised(
        400,
        BadKeyError.default_code,
        f"{len(keys)} {KEY_HEADER} headers came: {', '.join(map(repr, shown))}. {remedy}",
        members={"header": KEY_HEADER, "value": shown, "remedy": remedy},
    )


def _key(key: str, payload: ReadPayload) -> IdempotencyKey:
    """The key of a request, as the queue knows it.

    Raises:
        ProblemRaised: 400, it isn't one.
    """
    sent = {name: value for name, value in payload.raw.items() if name != "jobId" or not payload.named_here}
    try:
        return idempotency_key(key, sent)
    except BadKeyError as error:
        raise ProblemRaised(400, error.code, error.sentence) from error


async def _admit(service: Service, prepared: _Prepared) -> JSONResponse:
    job, digest = prepared.payload.job, prepared.identified.digest
    shortage = await asyncio.to_thread(service.disk.admission, 0 if job.dry_run else prepared.cost.p50_bytes)
    # The same job again is answered whatever the disk says; a new one finds the queue full.
    gate = service.gate if shortage is None else replace(service.gate, queue_max=0)
    admission = await admitted(service, _new_job(service, prepared), gate)
    answer = "disk-low" if isinstance(admission, Refused) and shortage is not None else _LABELS[type(admission)]
    service.metrics.admissions.labels(answer).inc()
    match admission:
        case Admitted():
            return _accepted(prepared, admission)
        case Replayed():
            return await _replayed(service, prepared, admission.existing)
        case Conflicting():
            raise conflict(admission, job_id=job.job_id, project_id=job.project_id, digest=digest)
        case KeyReused():
            raise key_reused(admission)
        case MemoryLow():
            raise redis_memory_low(admission)
        case Refused() if shortage is not None:
            raise disk_low(shortage)
        case Refused():
            raise queue_full(admission, _seconds(prepared.cost.p50_render_ms))


_LABELS: dict[type[Admission], str] = {
    Admitted: "admitted",
    Replayed: "replayed",
    Conflicting: "conflict",
    KeyReused: "key-reused",
    MemoryLow: "memory-low",
    Refused: "refused",
}


def _new_job(service: Service, prepared: _Prepared) -> NewJob:
    job = prepared.payload.job
    request = job.preview_request
    return NewJob(
        job_id=job.job_id,
        project_id=job.project_id,
        digest=prepared.identified.digest,
        payload=prepared.payload.raw,
        band=Band(job.priority.value),
        attempts=job.attempts or service.default_attempts,
        request_id=job.request_id,
        scope=scope_of(
            project_id=job.project_id,
            chapter_id=request.chapter_id,
            language=request.language,
            dry_run=job.dry_run,
        ),
        supersede=request.options.supersede,
        key=prepared.key,
    )


def _accepted(prepared: _Prepared, admitted: Admitted) -> JSONResponse:
    content = _promise(prepared, admitted.job_id, "queued", admitted.position)
    content["supersededJobs"] = list(admitted.superseded)
    headers = {"Location": content["links"]["status"], "Retry-After": str(_seconds(prepared.cost.p50_render_ms))}
    return JSONResponse(content, status_code=202, headers=headers)


async def _replayed(service: Service, prepared: _Prepared, existing: ExistingRecord) -> JSONResponse:
    """The same job again, by the id it was first posted under: 202 while it runs, 200 with its result afterwards."""
    job_id = existing.job_id
    known = await recall(service, job_id)
    state = known.state if known is not None else "queued"
    queued = known.queued if known is not None else None
    content = _promise(prepared, job_id, state, queued.position if queued is not None else None)
    content["digest"] = existing.digest or content["digest"]  # files may have changed since the key's first request
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


def _seconds(duration_ms: int) -> int:
    return max(1, -(-duration_ms // 1000))
