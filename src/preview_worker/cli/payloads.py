"""Reading a payload for a command: a job or a bare previewRequest, JSON or YAML, a file or stdin."""

from __future__ import annotations

import sys
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


def open_document(file: str) -> Document:
    """The document in a file, or on stdin for ``-``.

    Raises:
        UnreadableDocumentError: It is no JSON or YAML document within the limits (permanent).
        OSError: The file can't be read.
    """
    # One byte more than allowed is enough to see that there are too many.
    if file == "-":
        return _parsed(sys.stdin.buffer.read(PAYLOAD_MAX_BYTES + 1), name=file, form=None)
    with Path(file).open("rb") as stream:
        content = stream.read(PAYLOAD_MAX_BYTES + 1)
    return _parsed(content, name=file, form=format_of(Path(file)))


def readable_document(file: str) -> Document:
    """The document in a file, or on stdin for ``-``; one that can't be read ends the command (exit 3)."""
    try:
        return open_document(file)
    except UnreadableDocumentError as error:
        line, column = error.position or (None, None)
        click.echo(f"{file}:{line}:{column}: {error.sentence}" if line else f"{file}: {error.sentence}", err=True)
        raise click.exceptions.Exit(UNREADABLE) from error
    except OSError as error:
        click.echo(f"{file} can't be read: {error.strerror or error}.", err=True)
        raise click.exceptions.Exit(UNREADABLE) from error


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


def _parsed(content: bytes, *, name: str, form: DocumentFormat | None) -> Document:
    if form is not None:
        return read_document(content, name=name, format=form)
    starts_like_json = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"{", b"[", b""}
    return read_document(content, name=name, format="json" if starts_like_json else "yaml")
