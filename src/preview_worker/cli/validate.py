"""`preview-worker validate`: is this payload valid, and if not, what is wrong where."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from preview_worker.cli.exits import INVALID, UNREADABLE
from preview_worker.cli.payloads import Unreadable, finding_line, opened_document
from preview_worker.cli.settings import read_settings
from preview_worker.contract.completion import Completion, complete_request
from preview_worker.contract.document import Document
from preview_worker.contract.finding import Code, Finding
from preview_worker.contract.job import PreviewJob
from preview_worker.contract.validation import validate_job, without_request_prefix
from preview_worker.errors import TooLongError
from preview_worker.timeline.editions import build_timelines
from preview_worker.timeline.model import UnprobedFacts


@click.command()
@click.argument("file", metavar="FILE|-")
@click.option("--json", "as_json", is_flag=True, help="Write the verdict as JSON.")
@click.option("--strict", is_flag=True, help="Refuse unknown keys.")
@click.option("--explain", is_flag=True, help="Show what is filled in around a bare previewRequest.")
def validate(file: str, as_json: bool, strict: bool, explain: bool) -> None:
    """Check a payload: a job, or a bare previewRequest, in JSON or YAML.

    Exit codes: 0 valid, 2 invalid, 3 not readable as a document.
    """
    document = _read(file, as_json=as_json)
    completion = complete_request(document.raw)
    verdict = validate_job(completion.payload, strict=strict)
    errors, warnings = (*verdict.errors, *_too_long(verdict.job)), verdict.warnings
    if completion.bare:
        errors = tuple(without_request_prefix(finding) for finding in errors)
        warnings = tuple(without_request_prefix(finding) for finding in warnings)
    errors = _in_document_order(errors, document)
    warnings = _in_document_order(warnings, document)
    if as_json:
        members: dict[str, Any] = {"valid": not errors}
        members["errors"] = [_as_json(finding, document) for finding in errors]
        members["warnings"] = [_as_json(finding, document) for finding in warnings]
        if explain:
            members["filledIn"] = dict(completion.filled)
        click.echo(json.dumps(members, indent=2))
    else:
        _tell(document, errors, warnings)
        if explain:
            _explain(completion)
    if errors:
        sys.exit(INVALID)


def _too_long(job: PreviewJob | None) -> tuple[Finding, ...]:
    """What a service with these settings would say of the length, with narration estimated from its words."""
    if job is None:
        return ()
    keys = [asset.id for asset in job.preview_request.assets]
    facts = {key: UnprobedFacts(sha256="") for key in keys}
    try:
        build_timelines(job.preview_request, facts, encoding="", max_duration_ms=read_settings().max_duration_s * 1000)
    except TooLongError as error:
        return (Finding(pointer=error.pointer or "", code=Code.TOO_LONG, message=error.sentence, hint=error.hint),)
    return ()


def _read(file: str, *, as_json: bool) -> Document:
    document = opened_document(file)
    if not isinstance(document, Unreadable):
        return document
    if as_json:
        click.echo(json.dumps({"valid": False, "errors": [document.as_json()], "warnings": []}, indent=2))
    else:
        click.echo(document.line, err=True)
    sys.exit(UNREADABLE)


def _tell(document: Document, errors: tuple[Finding, ...], warnings: tuple[Finding, ...]) -> None:
    for finding in warnings:
        click.echo(f"warning: {finding_line(finding, document)}", err=True)
    if not errors:
        click.echo("OK: payload is valid")
        return
    click.echo("INVALID PAYLOAD:")
    for finding in errors:
        click.echo(f" - {finding_line(finding, document)}")


def _in_document_order(findings: tuple[Finding, ...], document: Document) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: document.position(finding.pointer)))


def _as_json(finding: Finding, document: Document) -> dict[str, Any]:
    line, column = document.position(finding.pointer)
    return finding.as_json() | {"line": line, "column": column}


def _explain(completion: Completion) -> None:
    if not completion.bare:
        click.echo("Nothing was filled in: this is a whole job.")
        return
    click.echo("Filled in around the bare previewRequest:")
    for place, value in completion.filled.items():
        click.echo(f"  {place} = {json.dumps(value, ensure_ascii=False)}")
