"""`POST /api/preview/frame`: one picture of the video, outside the queue."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Query, Request, Response
from starlette.requests import ClientDisconnect

from preview_worker.api.bodies import read_document_body
from preview_worker.api.description import FRAME_BODY, FRAME_RESPONSES
from preview_worker.api.files import matches
from preview_worker.api.frame_wish import AT_REST, FrameQuery, placed_faults
from preview_worker.api.payloads import ReadPayload, prefers_strict, read_payload
from preview_worker.api.problems import ProblemRaised
from preview_worker.api.service import PREFIX, Service
from preview_worker.assets.apart import apart
from preview_worker.assets.identity import identify
from preview_worker.errors import RenderStuckError
from preview_worker.render.frame import FramePicture, check_wish

AT_ONCE = 4
DEADLINE_S = 20.0
GRACE_S = 1.0
"""How long a picture is still made for a caller who has left."""
CLIENT_GONE = 499
"""Nobody reads this answer; the log shows that the caller left."""

_Result = TypeVar("_Result")


class FrameSlots:
    """Counts the pictures under way, and refuses one too many at once rather than let it wait."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken = 0

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold a slot.

        Raises:
            ProblemRaised: 429, all are taken.
        """
        if self._taken >= self._limit:
            sentence = f"{self._taken} frames are being made already; at most {self._limit} may."
            raise ProblemRaised(429, "frames-busy", sentence, headers={"Retry-After": "1"})
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1


def routes(service: Service) -> APIRouter:
    """The route that shows single pictures."""
    router = APIRouter(prefix=PREFIX)
    slots = FrameSlots(AT_ONCE)

    @router.post("/frame", summary="One picture of the video", openapi_extra=FRAME_BODY, responses=FRAME_RESPONSES)
    async def frame(
        request: Request,
        step: Annotated[str | None, Query(description="Id of the step; needed.")] = None,
        at: Annotated[str, Query(description="Milliseconds since the step's start, or `rest`.")] = AT_REST,
        width: Annotated[
            str | None, Query(description="Width in pixels, 16 to the video's; absent: the video's.")
        ] = None,
        language: Annotated[str | None, Query(description="Language of a variant; absent: the request's own.")] = None,
    ) -> Response:
        body, form = await read_document_body(request)
        query = FrameQuery(step=step, at=at, width=width, language=language)
        strict = prefers_strict(request)
        with slots.taken():
            try:
                payload = await asyncio.to_thread(read_payload, body, form=form, strict=strict, may_be_bare=True)
                async with asyncio.timeout(DEADLINE_S):
                    picture = await _unless_gone(request, _picture(service, payload, query))
            except (TimeoutError, RenderStuckError) as error:
                sentence = f"The frame wasn't ready within {DEADLINE_S:g} s."
                raise ProblemRaised(504, "frame-timeout", sentence, headers={"Retry-After": "2"}) from error
            except ClientDisconnect:
                return Response(status_code=CLIENT_GONE)
        return _answer(request, picture, [*(finding.code for finding in payload.warnings)])

    return router


async def _picture(service: Service, payload: ReadPayload, query: FrameQuery) -> FramePicture:
    job = payload.job
    with placed_faults(bare=payload.bare):
        wish = query.wish(job.preview_request)
        check_wish(job.preview_request, wish)
        root = service.places.assets(job.project_id)
        identified = await apart(partial(identify, payload.raw, job.preview_request, service.library, root))
        return await service.frames.take(job, identified, wish)


async def _unless_gone(request: Request, work: Coroutine[Any, Any, _Result]) -> _Result:
    """Do some work while the caller waits for it.

    Raises:
        ClientDisconnect: The caller left; the work has ended within its grace, or has been cancelled.
    """
    working = asyncio.create_task(work, name="frame")
    # The body has been read: the next message says that the caller is gone.
    watching = asyncio.create_task(_receive(request), name="frame-caller")
    try:
        await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        # A picture takes some 40 ms, a process that is killed for it ten times as long to replace: who scrubs through
        # a step and drops what is stale shall find the process warm.
        await asyncio.wait({working}, timeout=GRACE_S)
        raise ClientDisconnect
    finally:
        working.cancel()
        watching.cancel()
        await asyncio.gather(working, watching, return_exceptions=True)


async def _receive(request: Request) -> None:
    await request.receive()


def _answer(request: Request, picture: FramePicture, codes: Sequence[str]) -> Response:
    etag = f'"sha256-{hashlib.sha256(picture.content).hexdigest()}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Preview-Warnings": _warnings(picture, codes)}
    if matches(request, etag):
        return Response(status_code=304, headers=headers)
    return Response(picture.content, media_type="image/jpeg", headers=headers)


def _warnings(picture: FramePicture, codes: Sequence[str]) -> str:
    """How many warnings there are, and their codes each once: an item of RFC 9651, ``2;codes="text-small"``."""
    told = [*codes, *(warning.code.value for warning in picture.warnings)]
    return f'{len(told)};codes="{" ".join(dict.fromkeys(told))}"' if told else "0"
