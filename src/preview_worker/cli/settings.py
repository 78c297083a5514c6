"""`preview-worker settings`, and the one place where commands read them."""

from __future__ import annotations

import os
import sys

import click

from preview_worker.config.settings import TABLE, Settings, load_settings


def read_settings() -> Settings:
    """Settings of this process's environment; unknown names are warned about on stderr."""
    loaded, warnings = load_settings(os.environ)
    for warning in warnings:
        click.echo(f"Warning: {warning}", err=True)
    return loaded


def start_logs(loaded: Settings) -> None:
    """Configure logging for a service command."""
    from preview_worker.observability.logs import LogFormat, configure_logs

    chosen: LogFormat = "console" if sys.stderr.isatty() else "json"
    configure_logs(loaded.log_level, chosen if loaded.log_format == "auto" else loaded.log_format)


@click.command()
def settings() -> None:
    """List every setting with its default, unit and meaning."""
    for row in TABLE:
        default = row.default or "(empty)"
        unit = f" {row.unit}" if row.unit else ""
        click.echo(f"{row.name} = {default}{unit}\n    {row.meaning}")
