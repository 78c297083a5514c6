"""Request bodies: read while they stream, refused as soon as they are too large."""

from __future__ import annotations

from fastapi import Request

from preview_worker.api.problems import ProblemRaised

LARGEST_BODY_BYTES = 2 * 1024 * 1024


async def read_json_body(request: Request) -> bytes:
    """The bytes of a JSON body.

    Raises:
        ProblemRaised: 415 for another media type, 413 for more than 2 MiB.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise ProblemRaised(
            415, "unsupported-media-type", f"The body must be application/json, not {media_type or 'undeclared'}."
        )
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > LARGEST_BODY_BYTES:
        raise _too_large()
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY_BYTES:
            raise _too_large()
    return bytes(body)


def _too_large() -> ProblemRaised:
    return ProblemRaised(413, "payload-too-large", f"The body is larger than {LARGEST_BODY_BYTES} bytes.")
