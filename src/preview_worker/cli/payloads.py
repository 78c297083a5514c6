"""Reading a payload for a command: a job or a bare previewRequest, JSON or YAML, a file or stdin."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from preview_worker.cli.exits import INVALID, UNREADABLE
from preview_worker.contract.completion import complete_request
from preview_worker.contract.corpus import format_of
from preview_worker.contract.document import (
    PAYLOAD_MAX_BYTES,
    Document,
    DocumentFormat,
    UnreadableDocumentError,
    read_document,
)
from preview_worker.contract.finding import Finding
from preview_worker.contract.validation import validate_job, without_request_prefix

UNREADABLE_CODE = "unreadable"
"""Code of a file that can't be opened or read at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """Why a file is no document.

    Attributes:
        line: For people, with the file's name, and line and column where known.
        message: The same without them.
        code: Stable word for programs.
        position: Line and column from 1, where known.
        limit: What is allowed, where it is a number.
        hint: What to do.
    """

    line: str
    message: str
    code: str = UNREADABLE_CODE
    position: tuple[int, int] | None = None
    limit: str | float | None = None
    hint: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Without empty members, as a finding stands in `validate --json`."""
        members = {"pointer": "", "code": self.code, "message": self.message, "limit": self.limit, "hint": self.hint}
        members |= dict(zip(("line", "column"), self.position or (), strict=False))
        return {name: value for name, value in members.items() if value is not None}


def opened_document(file: str) -> Document | Unreadable:
    """The document in a file, or on stdin for ``-``."""
    try:
        return _document(file)
    except UnreadableDocumentError as error:
        place = ":".join(map(str, (file, *(error.position or ()))))
        return Unreadable(
            line=f"{place}: {error.sentence}",
            message=error.sentence,
            code=error.code,
            position=error.position,
            limit=error.finding.limit,
            hint=error.hint,
        )
    except OSError as error:
        sentence = f"{file} can't be read: {error.strerror or error}."
        return Unreadable(line=sentence, message=sentence)


def readable_document(file: str) -> Document:
    """The document in a file, or on stdin for ``-``; one that can't be read ends the command (exit 3)."""
    document = opened_document(file)
    if isinstance(document, Unreadable):
        click.echo(document.line, err=True)
        raise click.exceptions.Exit(UNREADABLE)
    return document


def read_payload(file: str, *, project_id: str) -> dict[str, Any]:
    """A valid job payload; what is wrong with it is told on stderr and ends the command (exit 2 or 3)."""
    document = readable_document(file)
    completion = complete_request(document.raw, project_id=project_id)
    verdict = validate_job(completion.payload)
    if verdict.errors:
        click.echo("INVALID PAYLOAD:", err=True)
        for finding in verdict.errors:
            shown = without_request_prefix(finding) if completion.bare else finding
            click.echo(f" - {finding_line(shown, document)}", err=True)
        raise click.exceptions.Exit(INVALID)
    payload: dict[str, Any] = completion.payload
    return payload


def finding_line(finding: Finding, document: Document) -> str:
    """One finding with its place in the file."""
    line, column = document.position(finding.pointer)
    hint = f" ({finding.hint})" if finding.hint else ""
    return f"{line}:{column}: {finding.message}{hint} [{finding.code.value}]"


def _document(file: str) -> Document:
    # One byte more than allowed is enough to see that there are too many.
    if file == "-":
        return _parsed(sys.stdin.buffer.read(PAYLOAD_MAX_BYTES + 1), name=file, form=None)
    with Path(file).open("rb") as stream:
        content = stream.read(PAYLOAD_MAX_BYTES + 1)
    return _parsed(content, name=file, form=format_of(Path(file)))


def _parsed(content: bytes, *, name: str, form: DocumentFormat | None) -> Document:
    if form is not None:
        return read_document(content, name=name, format=form)
    starts_like_json = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"{", b"[", b""}
    return read_document(content, name=name, format="json" if starts_like_json else "yaml")
