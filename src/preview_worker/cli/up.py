"""`preview-worker up`."""

from __future__ import annotations

import asyncio

import click

from preview_worker.cli.settings import read_settings, start_logs


@click.command()
@click.option(
    "--redis-port",
    type=click.IntRange(1, 65535),
    help="Also let the embedded server listen on this loopback port, for Node producers.",
)
def up(redis_port: int | None) -> None:
    """Start embedded Valkey, API and worker together; they end together on Ctrl-C."""
    from preview_worker.bootstrap.supervisor import run_up

    loaded = read_settings()
    start_logs(loaded)
    click.echo(
        f"Starting: API at http://{loaded.host}:{loaded.port}, files below {loaded.data_dir}. Ctrl-C ends it.", err=True
    )
    asyncio.run(run_up(loaded, redis_port=redis_port))
