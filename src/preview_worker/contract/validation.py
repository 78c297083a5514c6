"""Validation of a payload: every fault at once, and the typed job when there is none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any

from pydantic import ValidationError

from preview_worker.contract.finding import Code, Finding, Severity
from preview_worker.contract.job import PreviewJob
from preview_worker.contract.kinds import OnMissingAsset
from preview_worker.contract.limits import limit_findings
from preview_worker.contract.references import reference_findings
from preview_worker.contract.request import VERSION
from preview_worker.contract.structure import structure_findings
from preview_worker.contract.translate import SEED_NO_OBJECT, findings_of

FINDINGS_MAX = 500
_REQUEST = "previewRequest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """The verdict on a payload.

    Attributes:
        job: The typed job; None when there are errors.
        errors: All faults.
        warnings: What is accepted but should be looked at.
    """

    job: PreviewJob | None
    errors: tuple[Finding, ...]
    warnings: tuple[Finding, ...]


def validate_job(raw: Any, *, strict: bool = False) -> Validation:
    """Check a whole job payload, its shape and its meaning in one run.

    Args:
        raw: The JSON value as parsed.
        strict: Unknown keys are errors, and an absent asset fails the job unless the payload says otherwise.
    """
    if not isinstance(raw, dict):
        return _refused(Finding(pointer="", code=Code.WRONG_TYPE, message=SEED_NO_OBJECT))
    limits = list(islice(limit_findings(raw), FINDINGS_MAX))
    if (deep := _first(limits, Code.NESTING_TOO_DEEP)) is not None:
        return _refused(deep)
    request = raw.get(_REQUEST)
    if isinstance(request, dict) and (newer := _newer_version(request.get("version"))) is not None:
        return _refused(newer)
    job, shape = _typed(_with_strict_default(raw) if strict else raw, raw)
    references = reference_findings(request, (_REQUEST,)) if isinstance(request, dict) else ()
    structure = structure_findings(raw, strict=strict)
    errors, warnings = _sorted_out(chain(limits, shape, references, structure))
    return Validation(job=None if errors else job, errors=errors, warnings=warnings)


def _typed(prepared: dict[str, Any], raw: dict[str, Any]) -> tuple[PreviewJob | None, Iterable[Finding]]:
    try:
        return PreviewJob.model_validate(prepared, by_alias=True, by_name=False), []
    except ValidationError as error:
        return None, findings_of(raw, error.errors(include_url=False, include_input=False))


def _newer_version(version: Any) -> Finding | None:
    # The rest of a newer payload can't be judged by today's rules, so this is its only finding.
    if isinstance(version, bool) or not isinstance(version, int | float) or version <= VERSION:
        return None
    sentence = f"is newer than this build, which reads version {VERSION}"
    hint = "update the preview worker"
    place = (_REQUEST, "version")
    return Finding.at(place, Code.UNSUPPORTED_VERSION, sentence, value=version, limit=VERSION, hint=hint)


def _with_strict_default(raw: dict[str, Any]) -> dict[str, Any]:
    request = raw.get(_REQUEST)
    if not isinstance(request, dict):
        return raw
    options = request.get("options", {})
    if not isinstance(options, dict) or "onMissingAsset" in options:
        return raw
    return {**raw, _REQUEST: {**request, "options": {**options, "onMissingAsset": OnMissingAsset.FAIL.value}}}


def without_request_prefix(finding: Finding) -> Finding:
    """Return a finding about a job as one about its bare previewRequest."""
    return replace(
        finding,
        pointer=finding.pointer.removeprefix(f"/{_REQUEST}"),
        message=finding.message.removeprefix(f"{_REQUEST}."),
    )


def _sorted_out(findings: Iterable[Finding]) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Part errors from warnings, each place and code once; the search ends when there are too many errors."""
    errors: dict[tuple[str, Code], Finding] = {}
    warnings: dict[tuple[str, Code], Finding] = {}
    for finding in findings:
        into = errors if finding.severity is Severity.ERROR else warnings
        if len(into) < FINDINGS_MAX:
            into.setdefault((finding.pointer, finding.code), finding)
        elif into is errors:
            sentence = f"The payload has more than {FINDINGS_MAX} errors; the rest is not listed."
            more = Finding(pointer="", code=Code.TOO_MANY, message=sentence, limit=FINDINGS_MAX)
            return (*errors.values(), more), tuple(warnings.values())
    return tuple(errors.values()), tuple(warnings.values())


def _first(findings: list[Finding], code: Code) -> Finding | None:
    return next((finding for finding in findings if finding.code is code), None)


def _refused(finding: Finding) -> Validation:
    return Validation(job=None, errors=(finding,), warnings=())
