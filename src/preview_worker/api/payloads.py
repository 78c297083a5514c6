"""Payloads in request bodies: read, checked, and refused with every fault they have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import Request

from preview_worker.api.problems import ProblemRaised
from preview_worker.contract import (
    Finding,
    PreviewJob,
    UnreadableDocumentError,
    complete_request,
    read_document,
    validate_job,
)
from preview_worker.contract.completion import fresh_job_id, job_id_from_title
from preview_worker.contract.document import Document, DocumentFormat
from preview_worker.contract.validation import without_request_prefix

_TOO_LARGE = frozenset({"payload-too-large"})
_MALFORMED = frozenset({"malformed-json", "malformed-yaml", "not-utf8", "nesting-too-deep"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPayload:
    """A valid payload.

    Attributes:
        raw: The job as sent, or as completed around a bare previewRequest.
        job: The same, typed.
        warnings: What should be looked at in it.
        bare: Whether a bare previewRequest was sent.
        named_here: Whether the payload came without a jobId, and got one here.
    """

    raw: dict[str, Any]
    job: PreviewJob
    warnings: tuple[Finding, ...]
    bare: bool
    named_here: bool


def read_payload(
    body: bytes,
    *,
    form: DocumentFormat = "json",
    strict: bool,
    may_be_bare: bool = False,
    may_be_unnamed: bool = False,
) -> ReadPayload:
    """Read and check a payload.

    Args:
        body: A document.
        form: How to read it.
        strict: Refuse unknown keys, and let absent assets fail.
        may_be_bare: Take a previewRequest alone, and fill in the rest.
        may_be_unnamed: Give a job without a jobId a new one.

    Raises:
        ProblemRaised: 400 where it can't be read, 413 where it is too large, 422 with all findings where it is invalid.
    """
    payload, bare, named_here = _document(body, form).raw, False, False
    if may_be_bare:
        completion = complete_request(payload)
        payload, bare = completion.payload, completion.bare
    if may_be_unnamed and isinstance(payload, dict) and "jobId" not in payload:
        payload, named_here = {"jobId": _new_name(payload), **payload}, True
    verdict = validate_job(payload, strict=strict)
    if verdict.job is not None and not verdict.errors:
        return ReadPayload(raw=payload, job=verdict.job, warnings=verdict.warnings, bare=bare, named_here=named_here)
    errors = tuple(without_request_prefix(finding) for finding in verdict.errors) if bare else verdict.errors
    count = len(errors)
    sentence = f"The payload has {count} error{'' if count == 1 else 's'}: {errors[0].message}"
    raise ProblemRaised(422, "invalid-payload", sentence, findings=errors)


def prefers_strict(request: Request) -> bool:
    """Whether ``Prefer: handling=strict`` (RFC 7240) is among the caller's preferences."""
    preferences = ",".join(request.headers.getlist("prefer")).lower().split(",")
    return any("".join(preference.partition(";")[0].split()) == "handling=strict" for preference in preferences)


def _new_name(payload: dict[str, Any]) -> str:
    request = payload.get("previewRequest")
    return fresh_job_id(job_id_from_title(request.get("title") if isinstance(request, dict) else None))


def _document(body: bytes, form: DocumentFormat) -> Document:
    try:
        return read_document(body, name="the body", format=form)
    except UnreadableDocumentError as error:
        status = 413 if error.finding.code in _TOO_LARGE else 400 if error.finding.code in _MALFORMED else 422
        raise ProblemRaised(status, error.finding.code, error.sentence, findings=(error.finding,)) from error
