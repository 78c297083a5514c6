"""A payload's file as its author saves it: read and validated, or what is wrong with it and where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from preview_worker.assets.identity import references_of
from preview_worker.assets.paths import find_below
from preview_worker.contract.completion import complete_request
from preview_worker.contract.corpus import format_of
from preview_worker.contract.dev import DevFault
from preview_worker.contract.document import PAYLOAD_MAX_BYTES, Document, UnreadableDocumentError, read_document
from preview_worker.contract.finding import Finding
from preview_worker.contract.request import PreviewRequest
from preview_worker.contract.uri import PlaceKind, RefusedUriError, parse_uri
from preview_worker.contract.validation import validate_job, without_request_prefix
from preview_worker.errors import AssetError, PreviewError

_REQUEST_POINTER = "/previewRequest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A valid payload.

    Attributes:
        payload: The job payload, filled in around a bare previewRequest.
        request: The tutorial, as validated.
        document: The file as read, which knows the lines.
        bare: Whether the file holds a bare previewRequest.
    """

    payload: dict[str, Any]
    request: PreviewRequest
    document: Document
    bare: bool

    def line(self, pointer: str) -> int:
        """The line of a place of the job payload."""
        return self._position(pointer)[0]

    def fault(self, error: PreviewError) -> DevFault:
        """Why this payload has no video, with its place where the error names one."""
        line, column = (None, None) if error.pointer is None else self._position(error.pointer)
        return DevFault(message=error.sentence, code=error.code, line=line, column=column, hint=error.hint)

    def _position(self, pointer: str) -> tuple[int, int]:
        return self.document.position(pointer.removeprefix(_REQUEST_POINTER) if self.bare else pointer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Faulty:
    """A payload that can't be rendered; the faults stand in the order of the file."""

    faults: tuple[DevFault, ...]


def read_draft(file: Path, *, project_id: str) -> Draft | Faulty:
    """Read and validate a payload's file; blocking.

    Args:
        file: JSON or YAML, told apart by the name; a job, or a bare previewRequest.
        project_id: Project of a bare previewRequest.
    """
    try:
        with file.open("rb") as stream:
            content = stream.read(PAYLOAD_MAX_BYTES + 1)  # one more than allowed shows that there are too many
        document = read_document(content, name=file.name, format=format_of(file))
    except OSError as error:
        sentence = f"{file.name} can't be read: {error.strerror or error}."
        return Faulty(faults=(DevFault(message=sentence, code="unreadable"),))
    except UnreadableDocumentError as error:
        line, column = error.position or (None, None)
        fault = DevFault(message=error.sentence, code=error.code, line=line, column=column, hint=error.hint)
        return Faulty(faults=(fault,))
    completion = complete_request(document.raw, project_id=project_id)
    verdict = validate_job(completion.payload)
    if verdict.job is None:
        shown = [without_request_prefix(found) for found in verdict.errors] if completion.bare else verdict.errors
        return Faulty(faults=_in_order(shown, document))
    return Draft(
        payload=completion.payload | {"dryRun": False},
        request=verdict.job.preview_request,
        document=document,
        bare=completion.bare,
    )


def asset_files(request: PreviewRequest, root: Path) -> frozenset[Path]:
    """The files a tutorial shows and plays, those that are absent included; blocking.

    Args:
        request: The tutorial.
        root: Folder below which relative asset paths are looked up.
    """
    places = (reference.place for reference in references_of(request))
    return frozenset(path for place in places if place is not None and (path := _local_file(place, root)) is not None)


def _local_file(place: str, root: Path) -> Path | None:
    try:
        parsed = parse_uri(place)
    except RefusedUriError:
        return None
    if parsed.kind is not PlaceKind.PATH:
        return None
    try:
        # Accents may be written in another form on the disk than in the payload.
        return find_below(root, parsed.text, asset_id=place) or root / parsed.text
    except (AssetError, OSError):
        return root / parsed.text


def _in_order(findings: Iterable[Finding], document: Document) -> tuple[DevFault, ...]:
    placed = sorted(((document.position(found.pointer), found) for found in findings), key=lambda pair: pair[0])
    return tuple(
        DevFault(message=found.message, code=found.code.value, line=line, column=column, hint=found.hint)
        for (line, column), found in placed
    )
