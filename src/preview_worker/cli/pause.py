"""`preview-worker pause` and `resume`: whether workers take jobs from the queue."""

from __future__ import annotations

import click

from preview_worker.client.http import DEFAULT_URL, PreviewClient

_url = click.option("--url", default=DEFAULT_URL, show_default=True, help="Base URL of the service.")


@click.command()
@_url
def pause(url: str) -> None:
    """Let workers take no further job; what runs is finished, and new jobs are accepted and wait."""
    with PreviewClient(url) as client:
        answer = client.pause()
    click.echo(f"paused, {answer['waiting']} waiting, {answer['active']} running")


@click.command()
@_url
def resume(url: str) -> None:
    """Let workers take jobs again."""
    with PreviewClient(url) as client:
        answer = client.resume()
    state = "still paused by another client of BullMQ, resume it there" if answer["paused"] else "resumed"
    click.echo(f"{state}, {answer['waiting']} waiting, {answer['active']} running")
