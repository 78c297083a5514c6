"""Every request has an id: the caller's where it is sane, else a new one; it stands in the answer and the log.

This is also the border where a bug becomes an answer: inside it, so that the answer carries the id like any other.
"""

from __future__ import annotations

import re
import secrets
import time

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from preview_worker.api.problems import answer_bug
from preview_worker.observability.logs import logger

HEADER = "x-request-id"
_SANE = re.compile(r"[\x21-\x7e]{1,128}")
_QUIET_PATHS = frozenset({"/livez", "/readyz", "/metrics"})


class RequestIdMiddleware:
    """Gives each request its id, logs its answer, and answers for the app where that fails."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection; only HTTP requests carry an id.

        Raises:
            Exception: The app's own, once its answer has begun: the server then cuts the connection.
        """
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _accepted(scope) or secrets.token_hex(12)
        scope.setdefault("state", {})["request_id"] = request_id
        started_s = time.monotonic()
        begun = False

        async def send_with_id(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                headers[HEADER] = request_id
                headers["x-api-version"] = "v1"
                headers["x-content-type-options"] = "nosniff"
                _log(scope, int(message["status"]), time.monotonic() - started_s)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, send_with_id)
            except Exception as error:
                answer = answer_bug(Request(scope), error)
                if begun:
                    raise
                await answer(scope, receive, send_with_id)


def _accepted(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == HEADER.encode():
            text: str = value.decode("latin-1")
            return text if _SANE.fullmatch(text) else None
    return None


def _log(scope: Scope, status: int, duration_s: float) -> None:
    if scope["path"] not in _QUIET_PATHS:
        logger("api").info(
            "request", method=scope["method"], path=scope["path"], status=status, duration_s=round(duration_s, 4)
        )
