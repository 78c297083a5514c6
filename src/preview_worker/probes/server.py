"""The worker's own little HTTP server: live, ready, metrics, on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from preview_worker.errors import QueueUnavailableError
from preview_worker.observability.logs import logger
from preview_worker.observability.metrics import Metrics
from preview_worker.queue.port import Producer

HOST = "127.0.0.1"


class ProbeServer:
    """Serves ``/livez``, ``/readyz`` and ``/metrics`` until cancelled.

    Args:
        producer: Asked whether the queue can be reached.
        metrics: The process's metrics.
        port: Where to listen; 0 takes a free port.
    """

    def __init__(self, *, producer: Producer, metrics: Metrics, port: int) -> None:
        self._producer = producer
        self._metrics = metrics
        self._port = port
        self._draining = False

    def drain(self) -> None:
        """Not ready from now on."""
        self._draining = True

    async def serve(self) -> None:
        """Serve until cancelled; a port that is taken costs the probes, not the worker."""
        routes = [Route("/livez", self._live), Route("/readyz", self._ready), Route("/metrics", self._expose)]
        config = uvicorn.Config(
            Starlette(routes=routes), host=HOST, port=self._port, log_config=None, access_log=False, lifespan="off"
        )
        server = _Server(config)
        try:
            await server.serve()
        except SystemExit:
            # uvicorn's answer to a taken port
            logger("worker").error("probes-not-served", port=self._port)
        finally:
            server.close()

    async def _live(self, _request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def _ready(self, _request: Request) -> Response:
        if self._draining:
            return PlainTextResponse("draining\n", status_code=503)
        try:
            await self._producer.counts()
        except QueueUnavailableError as error:
            return PlainTextResponse(f"{error.sentence}\n", status_code=503)
        return PlainTextResponse("ok\n")

    async def _expose(self, _request: Request) -> Response:
        return Response(self._metrics.exposition(), media_type=self._metrics.content_type)


class _Server(uvicorn.Server):
    """Leaves signals to the worker: raised anew after the end of this server, they would cut the drain short."""

    def close(self) -> None:
        """Listen no more: a server that was cancelled leaves that to others."""
        for listener in getattr(self, "servers", ()):
            listener.close()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield
