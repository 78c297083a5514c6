"""The HTTP API in a test: real objects on a real server, called without a socket; and payloads."""

from __future__ import annotations

from contextlib import asynccontextmanager

import httpx2

from preview_worker.api.app import create_app
from preview_worker.bootstrap.api import open_service
from preview_worker.config.settings import load_settings

PREFIX = "/api/preview"


@asynccontextmanager
async def serving(redis_url, data_dir, **settings):
    """Yield (service, client) of an API process's objects."""
    environment = {"REDIS_URL": redis_url, "DATA_DIR": str(data_dir), "PREVIEW_VOICE": "none", **settings}
    loaded, _ = load_settings(environment)
    async with open_service(loaded) as service, calling(create_app(service)) as client:
        yield service, client


@asynccontextmanager
async def calling(app):
    """Yield a client of an ASGI application; what escapes it fails the test, as it would reach the server's log."""
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://api") as client:
        yield client


def payload(job_id="moon", *, project="board-games", title="Moon", steps=(), dry_run=False, **request):
    """A whole job with a request of the given members."""
    return {
        "jobId": job_id,
        "projectId": project,
        "requestId": "request-1",
        "dryRun": dry_run,
        "previewRequest": {"title": title, "steps": list(steps), "assets": [], "audio": {}} | request,
    }
