"""A payload from a file or standard input, as every command that takes one reads it."""

from __future__ import annotations

import sys
from pathlib import Path

from preview_worker.contract.corpus import format_of
from preview_worker.contract.document import PAYLOAD_MAX_BYTES, Document, read_document

STANDARD_INPUT = "-"


def read_payload_file(file: str) -> Document:
    """Read a payload by its suffix as JSON or YAML; standard input by how it begins.

    Args:
        file: A path, or "-" for standard input.

    Raises:
        UnreadableDocumentError: permanent; no JSON or YAML within the limits.
        OSError: the file can't be read.
    """
    # One byte more than allowed is enough to see that there are too many.
    if file == STANDARD_INPUT:
        content = sys.stdin.buffer.read(PAYLOAD_MAX_BYTES + 1)
        begins_like_json = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"{", b"[", b""}
        return read_document(content, name=file, format="json" if begins_like_json else "yaml")
    with Path(file).open("rb") as stream:
        content = stream.read(PAYLOAD_MAX_BYTES + 1)
    return read_document(content, name=file, format=format_of(Path(file)))
