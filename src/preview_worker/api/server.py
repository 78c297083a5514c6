"""The HTTP server of the API process."""

from __future__ import annotations

import uvicorn
from fastapi import FastAPI

CLOSE_WITHIN_S = 5


async def serve_app(app: FastAPI, *, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM; open requests may take a few seconds more."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=CLOSE_WITHIN_S,
    )
    await uvicorn.Server(config).serve()
