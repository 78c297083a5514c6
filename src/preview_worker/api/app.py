"""The application: middleware and routes in one visible list."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI
from starlette.responses import JSONResponse, PlainTextResponse, Response

from preview_worker.api import approval, artifact, cancel, frame, live, problems, queue, status, submission
from preview_worker.api.description import PROBLEMS, describe_with_contract
from preview_worker.api.request_id import RequestIdMiddleware
from preview_worker.api.service import Service
from preview_worker.errors import QueueUnavailableError


def create_app(service: Service, lifespan: Callable[[], AbstractAsyncContextManager[None]] | None = None) -> FastAPI:
    """The ASGI application.

    Args:
        service: What the routes work with.
        lifespan: Opened before the first request and closed after the last.
    """

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        if lifespan is None:
            yield
            return
        async with lifespan():
            yield

    app = FastAPI(
        title="Preview Worker",
        version=service.version,
        lifespan=life,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        redirect_slashes=False,
        responses=PROBLEMS,
    )
    describe_with_contract(app)
    problems.install(app)
    for module in (submission, status, cancel, artifact, approval, live, frame, queue):
        app.include_router(module.routes(service))
    _add_probes(app, service)
    app.add_middleware(RequestIdMiddleware)
    return app


def _add_probes(app: FastAPI, service: Service) -> None:
    @app.head("/", include_in_schema=False)
    @app.get("/", include_in_schema=False)
    async def index() -> Response:
        return JSONResponse({"service": app.title, "version": service.version, "description": "/openapi.json"})

    @app.head("/livez", include_in_schema=False)
    @app.get("/livez", include_in_schema=False)
    async def livez() -> Response:
        return PlainTextResponse("ok\n")

    @app.head("/readyz", include_in_schema=False)
    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> Response:
        await service.producer.counts()
        return PlainTextResponse("ok\n")

    @app.head("/metrics", include_in_schema=False)
    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        space, _ = await asyncio.to_thread(service.disk.look)
        service.metrics.disk_free.set(space.free_bytes)
        await _measure_queue(service)
        return Response(service.metrics.exposition(), media_type=service.metrics.content_type)


async def _measure_queue(service: Service) -> None:
    """Refresh the queue's gauges; while Redis is down they keep their last values."""
    try:
        counts = await service.producer.counts()
    except QueueUnavailableError:
        return
    for state in ("waiting", "prioritized", "delayed", "active", "completed", "failed"):
        service.metrics.queue_jobs.labels(state).set(getattr(counts, state))
    service.metrics.queue_capacity.set(service.gate.queue_max)
