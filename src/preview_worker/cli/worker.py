"""`preview-worker worker`."""

from __future__ import annotations

import asyncio

import click

from preview_worker.cli.settings import read_settings, start_logs


@click.command()
def worker() -> None:
    """Take jobs from the queue and render them until Ctrl-C; running jobs may finish within PREVIEW_DRAIN_S."""
    from preview_worker.bootstrap.worker import run_worker

    loaded = read_settings()
    start_logs(loaded)
    asyncio.run(run_worker(loaded))
