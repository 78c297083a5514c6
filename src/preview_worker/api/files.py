"""One file as an answer: a strong ETag, conditional requests, byte ranges; nothing but problems when it can't be."""

from __future__ import annotations

import os
import re
import weakref
from pathlib import Path

from fastapi import Request, Response
from fastapi.responses import FileResponse
from starlette.types import Receive, Scope, Send

from preview_worker.api.problems import ProblemRaised

CACHE_CONTROL = "private, max-age=3600"
_RANGES = re.compile(r"bytes=\s*(?:\d*-\d*)(?:\s*,\s*\d*-\d*)*\s*", re.IGNORECASE)
_LONGEST_RANGE_HEADER = 512


def matches(request: Request, etag: str) -> bool:
    """Whether the caller has this version already (If-None-Match, compared weakly as RFC 9110 asks)."""
    held = request.headers.get("if-none-match", "")
    opaque = etag.removeprefix("W/")
    return held.strip() == "*" or opaque in (tag.strip().removeprefix("W/") for tag in held.split(","))


def file_answer(
    request: Request, path: Path, *, media_type: str, etag: str, cache_control: str = CACHE_CONTROL
) -> Response:
    """Answer with a file or the ranges of it that were asked for.

    Args:
        request: Its Range, If-Range and If-None-Match count.
        path: The file.
        media_type: Its media type.
        etag: Strong entity tag, with its quotes.
        cache_control: Who may keep it how long.

    Raises:
        ProblemRaised: 404 where the file is gone, 416 where a range lies outside it.
    """
    headers = {"Cache-Control": cache_control, "ETag": etag}
    if matches(request, etag):
        return Response(status_code=304, headers=headers)
    try:
        opened = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise ProblemRaised(404, "file-not-found", f"The file {path.name} is gone.") from error
    try:
        status = os.fstat(opened)
        _heed_ranges(request, etag, status.st_size)
    except BaseException:
        os.close(opened)
        raise
    return _OpenFileResponse(opened, media_type=media_type, headers=headers, stat_result=status)


def _heed_ranges(request: Request, etag: str, size_bytes: int) -> None:
    """Refuse ranges outside the file; RFC 9110: one that isn't understood is ignored, and the whole is sent."""
    asked = request.headers.get("range")
    if asked is not None and not _refer_to(request, etag):
        asked = None
    if asked is not None and _understood(asked):
        _refuse_outside(asked, size_bytes)
    else:
        request.scope["headers"] = [pair for pair in request.scope["headers"] if pair[0] != b"range"]


class _OpenFileResponse(FileResponse):
    """Sends a file that is open already: it may be removed before or while it is sent."""

    def __init__(self, opened: int, *, media_type: str, headers: dict[str, str], stat_result: os.stat_result) -> None:
        super().__init__(f"/dev/fd/{opened}", media_type=media_type, headers=headers, stat_result=stat_result)
        self._close = weakref.finalize(self, os.close, opened)  # also where nobody sends it

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, and close it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._close()


def _refer_to(request: Request, etag: str) -> bool:
    """Whether the ranges are of this version (If-Range); dates never are: a strong tag is always given."""
    version = request.headers.get("if-range")
    return version is None or version == etag


def _understood(asked: str) -> bool:
    return len(asked) <= _LONGEST_RANGE_HEADER and _RANGES.fullmatch(asked) is not None and _in_order(asked)


def _in_order(asked: str) -> bool:
    return all(
        (first or last) and (not first or not last or int(first) <= int(last)) for first, last in _positions(asked)
    )


def _refuse_outside(asked: str, size_bytes: int) -> None:
    """Refuse ranges of which one begins behind the end of the file, or asks for its last 0 bytes."""
    if all((int(first) < size_bytes) if first else (int(last) > 0 and size_bytes) for first, last in _positions(asked)):
        return
    raise ProblemRaised(
        416,
        "range-not-satisfiable",
        f"The file has {size_bytes} bytes; {asked} lies outside.",
        headers={"Content-Range": f"bytes */{size_bytes}"},
    )


def _positions(asked: str) -> list[tuple[str, str]]:
    spans = (part.strip().partition("-") for part in asked.partition("=")[2].split(","))
    return [(first, last) for first, _, last in spans]
