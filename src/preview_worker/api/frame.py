"""`POST /api/preview/frame`: one picture of the video, outside the queue."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from starlette.requests import ClientDisconnect

from preview_worker.api.bodies import read_document_body
from preview_worker.api.description import FRAME_BODY, FRAME_RESPONSES
from preview_worker.api.files import matches
from preview_worker.api.payloads import ReadPayload, prefers_strict, read_payload
from preview_worker.api.problems import ProblemRaised
from preview_worker.api.service import PREFIX, Service
from preview_worker.assets.identity import identify
from preview_worker.contract import Code, Finding, PreviewRequest
from preview_worker.contract.document import DocumentFormat
from preview_worker.errors import InvalidPayloadError, RenderStuckError
from preview_worker.render.frame import (
    BAD_WIDTH,
    BEHIND_STEP,
    UNKNOWN_STEP,
    FramePicture,
    FrameWish,
    check_wish,
    step_ids,
)

AT_ONCE = 4
DEADLINE_S = 20.0
AT_REST = "rest"
CLIENT_GONE = 499
"""Nobody reads this answer; the log shows that the caller left."""
_NUMBER = re.compile("[0-9]{1,9}")
_PLACES = {UNKNOWN_STEP: "?step", BEHIND_STEP: "?at", BAD_WIDTH: "?width"}


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
        width: Annotated[str | None, Query(description="Width in pixels; the video's if absent.")] = None,
    ) -> Response:
        body, form = await read_document_body(request)
        query = (step, at, width)
        with slots.taken():
            try:
                async with asyncio.timeout(DEADLINE_S):
                    picture = await _unless_gone(request, _taken(service, request, body, form, query))
            except (TimeoutError, RenderStuckError) as error:
                sentence = f"The frame wasn't ready within {DEADLINE_S:g} s."
                raise ProblemRaised(504, "frame-timeout", sentence, headers={"Retry-After": "2"}) from error
            except ClientDisconnect:
                return Response(status_code=CLIENT_GONE)
        return _answer(request, picture)

    return router


async def _taken(
    service: Service, request: Request, body: bytes, form: DocumentFormat, query: tuple[str | None, str, str | None]
) -> FramePicture:
    payload = await asyncio.to_thread(
        read_payload, body, form=form, strict=prefers_strict(request), may_be_bare=True
    )
    wish = _wish(payload.job.preview_request, *query)
    try:
        check_wish(payload.job.preview_request, wish)
        return await _picture(service, payload, wish)
    except InvalidPayloadError as error:
        if (place := _PLACES.get(error.code)) is None:
            raise
        finding = Finding(pointer=place, code=_CODES[error.code], message=error.sentence)
        raise ProblemRaised(422, error.code, error.sentence, findings=(finding,)) from error
