"""`POST /api/preview/job/{id}/approve`: later previews of the chapter are compared with this one."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import ConfigDict, Field, ValidationError

from preview_worker.api.artifact import ready
from preview_worker.api.bodies import read_json_body
from preview_worker.api.description import APPROVAL_BODY, APPROVAL_RESPONSES
from preview_worker.api.problems import ProblemRaised
from preview_worker.api.service import PREFIX, Service
from preview_worker.contract import Code, Finding, Report
from preview_worker.contract.changes import NAME_MAX, NOTE_MAX
from preview_worker.contract.fields import LANGUAGE_MAX, Wire
from preview_worker.contract.finding import Location
from preview_worker.storage.history import History, read_preview


class Approving(Wire):
    """What is said with an approval."""

    model_config = ConfigDict(extra="forbid", strict=True)

    note: str | None = Field(default=None, max_length=NOTE_MAX)
    by: str | None = Field(default=None, max_length=NAME_MAX)
    language: str | None = Field(default=None, max_length=LANGUAGE_MAX)


def routes(service: Service) -> APIRouter:
    """The route that approves a preview."""
    router = APIRouter(prefix=PREFIX)
    history = History(service.places)

    @router.post(
        "/job/{job_id}/approve",
        summary="Approve a preview",
        openapi_extra=APPROVAL_BODY,
        responses=APPROVAL_RESPONSES,
    )
    async def approve(job_id: str, request: Request) -> Response:
        said = await _said(request)
        folder, manifest = await ready(service, job_id)
        if manifest.kind == "plan":
            raise ProblemRaised(409, "not-ready", f"Job {job_id} is a dry run; there is no preview to approve.")
        reports = await asyncio.to_thread(_reports, folder, job_id, said.language)
        now_ms = round(time.time() * 1000)
        approvals = [
            await asyncio.to_thread(history.approve, report, at_ms=now_ms, by=said.by, note=said.note)
            for report in reports
        ]
        first = reports[0]
        names = {"projectId": first.project_id, "chapterId": first.chapter_id, "language": first.language}
        return JSONResponse(
            approvals[0].model_dump(mode="json", by_alias=True)
            | names
            | {"languages": [report.language for report in reports]},
            headers={"Cache-Control": "no-store"},
        )

    return router


def _reports(folder: Path, job_id: str, language: str | None) -> list[Report]:
    """The reports of the editions to approve: of one language, or of all; blocking.

    Raises:
        ProblemRaised: There is no such edition, or it is none to approve.
    """
    own = read_preview(folder)
    if own is None:
        raise ProblemRaised(409, "not-ready", f"Job {job_id} has no report that can be read.")
    if own.part:
        raise ProblemRaised(409, "is-part", f"Job {job_id} is a part of its tutorial; approve a preview of the whole.")
    known = [own.language, *(variant.language for variant in own.variants)]
    wanted = [tag for tag in known if language is None or tag.lower() == language.lower()]
    if not wanted:
        sentence = f"is none of the job's languages, {', '.join(known)}"
        finding = Finding.at(("language",), Code.NOT_ALLOWED, sentence, value=language, limit=", ".join(known))
        raise ProblemRaised(422, "invalid-payload", "The approval isn't valid.", findings=[finding])
    reports = [read_preview(folder, tag) for tag in wanted]
    if any(report is None for report in reports):
        raise ProblemRaised(409, "not-ready", f"Job {job_id} has a report that can't be read.")
    return [report for report in reports if report is not None]


async def _said(request: Request) -> Approving:
    """What the body says; one that is empty says nothing.

    Raises:
        ProblemRaised: 400, 413, 415 or 422.
    """
    headers = request.headers
    if headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers:
        return Approving()
    try:
        return Approving.model_validate_json(await read_json_body(request))
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        if faults[0]["type"] == "json_invalid":
            raise ProblemRaised(400, "malformed-json", "The body isn't JSON.") from error
        findings = [_finding(fault["loc"], fault["type"]) for fault in faults]
        raise ProblemRaised(422, "invalid-payload", "The approval isn't valid.", findings=findings) from error


def _finding(place: Location, fault: str) -> Finding:
    match fault:
        case "string_too_long":
            limit = {"note": NOTE_MAX, "by": NAME_MAX}.get(str(place[0]), LANGUAGE_MAX)
            return Finding.at(place, Code.TEXT_TOO_LONG, f"has more than {limit} characters", limit=limit)
        case "extra_forbidden":
            return Finding.at(place, Code.UNKNOWN_KEY, "is not part of an approval; it has note, by and language")
        case _:
            return Finding.at(place, Code.WRONG_TYPE, "must be a text" if place else "must be an object")
