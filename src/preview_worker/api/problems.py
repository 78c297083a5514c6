"""Errors as problem+json (RFC 9457): one mapping from our tree to HTTP, nothing foreign leaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from preview_worker import errors
from preview_worker.contract import Finding, Problem, ProblemError
from preview_worker.observability.logs import logger

MEDIA_TYPE = "application/problem+json"
_TITLES = {
    400: "Malformed request",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "Conflict",
    410: "Gone",
    413: "Too large",
    415: "Unsupported media type",
    416: "Range not satisfiable",
    422: "Invalid payload",
    429: "Too busy",
    500: "Internal error",
    503: "Unavailable",
    504: "Timed out",
    507: "Disk low",
}
_STATUS: tuple[tuple[type[errors.PreviewError], int], ...] = (
    (errors.JobConflictError, 409),
    (errors.QueueFullError, 429),
    (errors.QueueUnavailableError, 503),
    (errors.StorageError, 503),
    (errors.ConfigurationError, 503),
    (errors.PermanentError, 422),
    (errors.TransientError, 503),
)


class ProblemRaised(Exception):  # noqa: N818 - it is an answer, not a failure of ours
    """An answer other than the asked-for one."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        findings: Sequence[Finding] = (),
        members: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.findings = findings
        self.members = dict(members or {})
        self.headers = dict(headers or {})


def install(app: FastAPI) -> None:
    """Answer every error of the app as a problem."""
    app.add_exception_handler(ProblemRaised, _on_problem)
    app.add_exception_handler(errors.PreviewError, _on_preview_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(ClientDisconnect, _on_disconnect)


def answer_bug(request: Request, error: Exception) -> JSONResponse:
    """Log an error that nobody expected, and answer without a word of it."""
    logger("api").error("request-failed", path=request.url.path, exc_info=error)
    return _answer(request, ProblemRaised(500, "internal", "The service failed on this request; its log says why."))


async def _on_problem(request: Request, raised: Exception) -> JSONResponse:
    if not isinstance(raised, ProblemRaised):
        raise raised
    return _answer(request, raised)


async def _on_preview_error(request: Request, raised: Exception) -> JSONResponse:
    if not isinstance(raised, errors.PreviewError):
        raise raised
    status = next((status for kind, status in _STATUS if isinstance(raised, kind)), 500)
    finding = ProblemError(pointer=raised.pointer or "", code=raised.code, message=raised.sentence, hint=raised.hint)
    headers = {"Retry-After": "2"} if status in {429, 503} else {}
    problem = ProblemRaised(status, raised.code, raised.sentence, headers=headers)
    return _answer(request, problem, (finding,))


async def _on_http_exception(request: Request, raised: Exception) -> JSONResponse:
    if not isinstance(raised, HTTPException):
        raise raised
    code = {404: "not-found", 405: "method-not-allowed"}.get(raised.status_code, "http-error")
    detail = f"{request.method} {request.url.path}: {raised.detail}."
    return _answer(request, ProblemRaised(raised.status_code, code, detail, headers=raised.headers))


async def _on_disconnect(request: Request, _raised: Exception) -> JSONResponse:
    """Nobody reads this answer; the log shows that the caller left in the middle of the body."""
    return _answer(request, ProblemRaised(400, "incomplete-body", "The body ended before it was whole."))


def _answer(request: Request, raised: ProblemRaised, faults: tuple[ProblemError, ...] = ()) -> JSONResponse:
    request_id = getattr(request.state, "request_id", None)
    found = tuple(ProblemError.model_validate(finding.as_json()) for finding in raised.findings)
    problem = Problem(
        title=_TITLES.get(raised.status, "Error"),
        status=raised.status,
        detail=raised.detail,
        code=raised.code,
        request_id=request_id,
        errors=found or faults,
    )
    content = problem.model_dump(mode="json", by_alias=True, exclude_none=True) | raised.members
    return JSONResponse(content, status_code=raised.status, media_type=MEDIA_TYPE, headers=raised.headers)
