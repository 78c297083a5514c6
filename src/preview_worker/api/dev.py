"""The page of `dev`: static files, the stream of its state, pictures, and the videos' files."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Header, Request, Response
from fastapi.responses import StreamingResponse
from starlette.datastructures import MutableHeaders
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from preview_worker.api import problems
from preview_worker.api.dev_screen import DevScreen
from preview_worker.api.files import file_answer, matches
from preview_worker.api.problems import ProblemRaised
from preview_worker.contract.dev import frame_path, video_path

PAGES_MAX = 32
"""Pages open at once."""
HOSTS = ["127.0.0.1", "localhost"]
"""Names under which the page is asked for; a page of the web that has its own name lead to loopback uses another."""
FOREVER = "private, max-age=86400, immutable"
"""What has a name of its own never changes."""
SECURITY = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_STATIC = Path(__file__).with_name("static") / "dev"
_PAGE_FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/player.js": ("player.js", "text/javascript; charset=utf-8"),
    "/lists.js": ("lists.js", "text/javascript; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}
_VIDEO_FILES = {
    "preview.mp4": "video/mp4",
    "preview.webm": "video/webm",
    "poster.jpg": "image/jpeg",
    "captions.vtt": "text/vtt; charset=utf-8",
}


def create_dev_app(screen: DevScreen) -> FastAPI:
    """The ASGI application behind the page.

    Args:
        screen: What is to be seen.
    """
    app = FastAPI(title="Preview Worker", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    problems.install(app)
    _add_page(app)
    _add_stream(app, screen)
    _add_media(app, screen)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=HOSTS, www_redirect=False)
    app.add_middleware(SecurityHeaders)
    return app


class SecurityHeaders:
    """Adds to every answer what a browser may do with it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SECURITY)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _add_page(app: FastAPI) -> None:
    def add(path: str, name: str, media_type: str) -> None:
        content = (_STATIC / name).read_bytes()
        headers = {"ETag": f'"{hashlib.sha256(content).hexdigest()}"', "Cache-Control": "no-cache"}

        @app.head(path)
        @app.get(path)
        async def file(request: Request) -> Response:
            if matches(request, headers["ETag"]):
                return Response(status_code=304, headers=headers)
            return Response(content, media_type=media_type, headers=headers)

    for path, (name, media_type) in _PAGE_FILES.items():
        add(path, name, media_type)


def _add_stream(app: FastAPI, screen: DevScreen) -> None:
    pages = _Places(PAGES_MAX)

    @app.get("/events")
    async def events(last_event_id: Annotated[str | None, Header()] = None) -> Response:
        pages.refuse_when_full()

        async def told() -> AsyncIterator[bytes]:
            with pages.taken():
                async for event in screen.events(last_event_id):
                    yield event

        return StreamingResponse(told(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


def _add_media(app: FastAPI, screen: DevScreen) -> None:
    @app.head(frame_path("{name}"))
    @app.get(frame_path("{name}"))
    async def frame(name: str) -> Response:
        content = screen.picture(name)
        if content is None:
            raise _gone(name)
        return Response(content, media_type="image/jpeg", headers={"Cache-Control": FOREVER})

    @app.head(video_path("{name}", "{file}"))
    @app.get(video_path("{name}", "{file}"))
    async def video(name: str, file: str, request: Request) -> Response:
        folder, media_type = screen.folder(name), _VIDEO_FILES.get(file)
        if folder is None or media_type is None:
            raise _gone(f"{name}/{file}")
        return await asyncio.to_thread(
            file_answer, request, folder / file, media_type=media_type, etag=f'"{name}"', cache_control=FOREVER
        )


class _Places:
    """Counts the open pages."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken = 0

    def refuse_when_full(self) -> None:
        """Refuse one page too many.

        Raises:
            ProblemRaised: 429.
        """
        if self._taken >= self._limit:
            raise ProblemRaised(429, "pages-full", f"{self._taken} pages are open already; close one of them.")

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Count one page for as long as it is open."""
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1


def _gone(name: str) -> ProblemRaised:
    return ProblemRaised(404, "file-not-found", f"There is no file {name[:128]!r} any more; a newer one is shown.")
