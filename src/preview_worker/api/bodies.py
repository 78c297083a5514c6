"""Request bodies: read while they stream, refused as soon as they are too large."""

from __future__ import annotations

from fastapi import Request

from preview_worker.api.problems import ProblemRaised
from preview_worker.contract.document import DocumentFormat

LARGEST_BODY_BYTES = 2 * 1024 * 1024
_YAML = frozenset({"application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"})
"""RFC 9512's media type, and the names it had before."""


async def read_json_body(request: Request) -> bytes:
    """The bytes of a JSON body.

    Raises:
        ProblemRaised: 415 for another media type, 413 for more than 2 MiB.
    """
    media_type = _media_type(request)
    if not _is_json(media_type):
        raise _unsupported("application/json", media_type)
    return await _read(request)


async def read_document_body(request: Request) -> tuple[bytes, DocumentFormat]:
    """The bytes of a JSON or YAML body, and which of them they are.

    Raises:
        ProblemRaised: 415 for another media type, 413 for more than 2 MiB.
    """
    media_type = _media_type(request)
    if not _is_json(media_type) and media_type not in _YAML:
        raise _unsupported("application/json or application/yaml", media_type)
    return await _read(request), "yaml" if media_type in _YAML else "json"


async def _read(request: Request) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > LARGEST_BODY_BYTES:
        raise _too_large()
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY_BYTES:
            raise _too_large()
    return bytes(body)


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _is_json(media_type: str) -> bool:
    return media_type == "application/json" or media_type.endswith("+json")


def _unsupported(wanted: str, media_type: str) -> ProblemRaised:
    sentence = f"The body must be {wanted}, not {media_type or 'undeclared'}."
    return ProblemRaised(415, "unsupported-media-type", sentence)


def _too_large() -> ProblemRaised:
    return ProblemRaised(413, "payload-too-large", f"The body is larger than {LARGEST_BODY_BYTES} bytes.")
