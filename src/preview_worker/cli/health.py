"""`preview-worker health`."""

from __future__ import annotations

import json

import click

from preview_worker.cli.exits import UNAVAILABLE
from preview_worker.client.http import DEFAULT_URL, PreviewClient


@click.command()
@click.option("--url", default=DEFAULT_URL, show_default=True, help="Base URL of the service.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole document.")
def health(url: str, as_json: bool) -> int:
    """Ask a running service how it is; exit 0 when it can work, 69 when it can't."""
    with PreviewClient(url) as client:
        report = client.health()
    if as_json:
        click.echo(json.dumps(report, indent=2))
    else:
        click.echo(report["status"])
        for reason in report.get("reasons", ()):
            click.echo(f" - {reason}")
    return UNAVAILABLE if report["status"] == "unhealthy" else 0
