"""`preview-worker serve`."""

from __future__ import annotations

import asyncio

import click

from preview_worker.cli.settings import read_settings, start_logs


@click.command()
def serve() -> None:
    """Serve the HTTP API on PREVIEW_HOST and PREVIEW_PORT until Ctrl-C."""
    from preview_worker.bootstrap.api import serve_api

    loaded = read_settings()
    start_logs(loaded)
    asyncio.run(serve_api(loaded))
