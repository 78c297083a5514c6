"""A bare previewRequest made a whole job, so that a file with only the tutorial can be rendered."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from preview_worker.contract.finding import pointer
from preview_worker.contract.identifiers import job_id_fault
from preview_worker.contract.job import PreviewJob
from preview_worker.contract.request import PreviewRequest
from preview_worker.contract.structure import members
from preview_worker.contract.validation import Validation, validate_job, without_request_prefix

DEFAULT_PROJECT = "local"
LONGEST_ID = 128
_SLUG_MAX = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """A job payload and what was added to make it one.

    Attributes:
        payload: The raw job payload.
        filled: JSON pointer into the payload → the value put there; empty when the payload was whole.
        bare: Whether a bare previewRequest was given.
    """

    payload: Any
    filled: Mapping[str, Any]
    bare: bool


def is_bare_request(raw: Any) -> bool:
    """Tell a bare previewRequest from a job: it has members of a request and none of a job."""
    if not isinstance(raw, dict) or any(key in raw for key in members(PreviewJob)):
        return False
    return any(key in raw for key in members(PreviewRequest))


def complete_request(
    raw: Any,
    *,
    project_id: str = DEFAULT_PROJECT,
    job_id: str | None = None,
    request_id: str | None = None,
    dry_run: bool = False,
) -> Completion:
    """Fill a bare previewRequest into a job; anything else is returned as it is.

    Args:
        raw: The JSON value as parsed, which may be invalid.
        project_id: The project whose assets are meant.
        job_id: The job's name; absent: made from the title.
        request_id: The request's name; absent: the job's.
        dry_run: Whether only a plan is wanted.
    """
    if not is_bare_request(raw):
        return Completion(payload=raw, filled=MappingProxyType({}), bare=False)
    name = job_id or job_id_from_title(raw.get("title"))
    head = {"jobId": name, "projectId": project_id, "requestId": request_id or name, "dryRun": dry_run}
    empty: dict[str, Any] = {"steps": [], "assets": [], "audio": {}}
    missing = {key: value for key, value in empty.items() if key not in raw}
    filled = {pointer(key): value for key, value in head.items()}
    filled |= {pointer("previewRequest", key): value for key, value in missing.items()}
    payload = {**head, "previewRequest": {**raw, **missing}}
    return Completion(payload=payload, filled=MappingProxyType(filled), bare=True)


def validate_request(raw: Any, *, strict: bool = False, project_id: str = DEFAULT_PROJECT) -> Validation:
    """Check a job payload or a bare previewRequest; findings point into what was given."""
    completion = complete_request(raw, project_id=project_id)
    verdict = validate_job(completion.payload, strict=strict)
    if not completion.bare:
        return verdict
    return Validation(
        job=verdict.job,
        errors=tuple(without_request_prefix(finding) for finding in verdict.errors),
        warnings=tuple(without_request_prefix(finding) for finding in verdict.warnings),
    )


def job_id_from_title(title: Any) -> str:
    """Make a valid job id of a title: its letters without accents, in lower case, joined by dashes."""
    plain = unicodedata.normalize("NFKD", title) if isinstance(title, str) else ""
    words = re.findall("[a-z0-9]+", plain.encode("ascii", "ignore").decode().lower())
    slug = "-".join(words)[:_SLUG_MAX].strip("-")
    return slug if slug and job_id_fault(slug) is None else f"preview-{slug}".rstrip("-")


def fresh_job_id(base: str) -> str:
    """A new job id for each press: a name with a random suffix."""
    suffix = secrets.token_hex(4)
    return f"{base[: LONGEST_ID - len(suffix) - 1]}-{suffix}"
