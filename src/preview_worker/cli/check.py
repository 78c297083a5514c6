"""`preview-worker check`: everything a render would warn about, before it is rendered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from preview_worker.cli.check_report import CheckReport, Entry
from preview_worker.cli.edition_warnings import beyond
from preview_worker.cli.exits import INVALID, JOB_FAILED, OK, UNREADABLE, exit_code_of
from preview_worker.cli.payloads import Unreadable, opened_document, readable_document
from preview_worker.cli.sarif import sarif_log
from preview_worker.cli.settings import read_settings
from preview_worker.cli.warning_places import language_at, place_of, step_ids_of
from preview_worker.contract.completion import Completion, complete_request
from preview_worker.contract.document import Document
from preview_worker.contract.finding import Finding
from preview_worker.contract.validation import validate_job, without_request_prefix
from preview_worker.contract.warning import PreviewWarning, step_at, warning_of
from preview_worker.errors import PermanentError

_REQUEST = "/previewRequest"


@click.command()
@click.argument("payload", metavar="PAYLOAD|-")
@click.option(
    "--assets",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of relative asset paths [the payload's own].",
)
@click.option("--json", "as_json", is_flag=True, help="Write the report as JSON.")
@click.option("--sarif", "as_sarif", is_flag=True, help="Write the report as SARIF 2.1.0, for editors and reviews.")
@click.option("--strict", is_flag=True, help="End with code 1 when a warning is more than advice.")
def check(payload: str, assets: Path | None, as_json: bool, as_sarif: bool, strict: bool) -> None:
    """Tell everything a render of a payload would warn about, without rendering it.

    Exit codes: 0 nothing stands in the way, 1 the job would fail, or a warning under --strict, 2 invalid, 3 unreadable.
    """
    if as_json and as_sarif:
        raise click.UsageError("Choose one of --json and --sarif.")
    document = opened_document(payload) if as_json or as_sarif else readable_document(payload)
    root = assets or (Path.cwd() if payload == "-" else Path(payload).resolve().parent)
    report, code, step_ids = _found(document, root)
    if as_json:
        click.echo(json.dumps(report.as_json(), indent=2))
    elif as_sarif:
        click.echo(json.dumps(_sarif(report, payload), indent=2))
    else:
        for line in report.lines(step_ids):
            click.echo(line)
    raise click.exceptions.Exit(JOB_FAILED if code == OK and strict and report.count("error-like") else code)


def _found(document: Document | Unreadable, assets: Path) -> tuple[CheckReport, int, Sequence[str]]:
    """What is found, the exit code it stands for, and the ids of the steps."""
    if isinstance(document, Unreadable):
        return CheckReport(entries=(Entry.of_unreadable(document),)), UNREADABLE, ()
    examined = _Examined(document)
    return *examined.report(assets), examined.step_ids


class _Examined:
    """A payload as read, and what is found in it.

    Args:
        document: The payload's file.

    Attributes:
        step_ids: Ids of the steps in their order, as far as they can be told.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._completion: Completion = complete_request(document.raw)
        self._verdict = validate_job(self._completion.payload)
        self.step_ids = step_ids_of(self._completion.payload)

    def report(self, assets: Path) -> tuple[CheckReport, int]:
        """What is found, and the exit code it stands for.

        Args:
            assets: Folder of relative asset paths.

        Raises:
            PreviewError: It couldn't be found out.
        """
        findings = self._in_order(self._verdict.warnings)
        noted = [self._at(warning_of(finding, self.step_ids), finding) for finding in findings]
        if self._verdict.errors or self._verdict.job is None:
            faults = self._in_order(self._verdict.errors)
            errors = [self._fault(finding) for finding in faults]
            return CheckReport(entries=(*errors, *noted)), INVALID
        return self._checked(noted, assets)

    def _checked(self, noted: Sequence[Entry], assets: Path) -> tuple[CheckReport, int]:
        from preview_worker.bootstrap.check import check_here

        try:
            checked = asyncio.run(check_here(self._completion.payload, read_settings(), assets=assets))
        except PermanentError as error:
            place = self._place(error.pointer or self._step(error.step_id))
            return CheckReport(entries=(Entry.of_error(error, place), *noted)), exit_code_of(error)
        own, *others = checked
        found = [self._found(warning) for warning in own.warnings]
        for index, edition in enumerate(others):
            # What is true in every language is told once.
            news = beyond(edition.warnings, own.warnings)
            found += [self._found(warning, variant=(index, edition.language)) for warning in news]
        plan: dict[str, Any] = {"steps": own.steps, "frames": own.frames, "durationMs": own.duration_ms}
        if others:
            plan["variants"] = [
                {"language": other.language, "frames": other.frames, "durationMs": other.duration_ms}
                for other in others
            ]
        return CheckReport(entries=(*noted, *found), plan=plan), OK

    def _found(self, warning: PreviewWarning, *, variant: tuple[int, str] | None = None) -> Entry:
        """A warning of the check; of a variant where its index and language are given."""
        index, language = variant if variant is not None else (None, None)
        place = place_of(warning, self._completion.payload["previewRequest"], variant=index)
        return replace(Entry.of_warning(warning, self._place(_REQUEST + place)), language=language)

    def _at(self, warning: PreviewWarning, finding: Finding) -> Entry:
        """A warning of the validation; its sentence names the place itself."""
        told = warning.model_copy(update={"message": self._shown(finding).message})
        entry = Entry.of_warning(told, self._place(finding.pointer))
        return replace(entry, language=language_at(finding.pointer, self._completion.payload))

    def _fault(self, finding: Finding) -> Entry:
        step_id = step_at(finding.pointer, self.step_ids)
        return Entry.of_fault(self._shown(finding), self._place(finding.pointer), step_id)

    def _shown(self, finding: Finding) -> Finding:
        return without_request_prefix(finding) if self._completion.bare else finding

    def _in_order(self, findings: Sequence[Finding]) -> list[Finding]:
        return sorted(findings, key=lambda finding: self._place(finding.pointer)[1:])

    def _place(self, pointer: str) -> tuple[str, int, int]:
        """A pointer into the job as one into the document, with its line and column."""
        given = pointer.removeprefix(_REQUEST) if self._completion.bare else pointer
        return (given, *self._document.position(given))

    def _step(self, step_id: str | None) -> str:
        return f"{_REQUEST}/steps/{self.step_ids.index(step_id)}" if step_id in self.step_ids else ""


def _sarif(report: CheckReport, file: str) -> dict[str, Any]:
    from preview_worker.bootstrap.version import product_version

    return sarif_log([entry.as_result() for entry in report.entries], file=file, version=product_version())
