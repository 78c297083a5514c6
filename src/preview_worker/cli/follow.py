"""Following a job on the terminal: a progress bar on a TTY, a line per stage elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from preview_worker.cli.exits import JOB_FAILED, OK
from preview_worker.client.http import PreviewClient

FOLLOW_DEADLINE_S = 3600.0


def follow_job(client: PreviewClient, job_id: str, *, quiet: bool = False) -> int:
    """Show a job's progress on stderr until it ends; returns the exit code."""
    last = watch(client, job_id)
    if last["status"] == "completed":
        if not quiet:
            click.echo(f"Next: preview-worker artifact {job_id}", err=True)
        return OK
    code = (last.get("error") or {}).get("code")
    click.echo(f"Job {job_id} {last['status']}: {last.get('failedReason') or 'no reason given'} [{code}]", err=True)
    return JOB_FAILED


def watch(client: PreviewClient, job_id: str) -> dict[str, Any]:
    """Poll a job until it ends, telling its progress; returns its last state."""
    if sys.stderr.isatty():
        with progress_bar() as update:
            return client.wait(job_id, deadline_s=FOLLOW_DEADLINE_S, on_status=update)
    told: set[str] = set()

    def tell(status: dict[str, Any]) -> None:
        label = _label(status)
        if label not in told:
            told.add(label)
            click.echo(label, err=True)

    return client.wait(job_id, deadline_s=FOLLOW_DEADLINE_S, on_status=tell)


@contextmanager
def progress_bar() -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """A bar on stderr; call what it yields with each state (status, stage, progress, framesDone, framesTotal)."""
    columns = (
        TextColumn("[bold]{task.description:<10}"),
        BarColumn(bar_width=40),
        TaskProgressColumn(),
        TextColumn("{task.fields[frames]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("queued", total=100, frames="")

        def update(status: Mapping[str, Any]) -> None:
            total = status.get("framesTotal") or 0
            frames = f"{status.get('framesDone', 0)}/{total} frames" if total else ""
            bar.update(task, completed=status["progress"], description=_label(status), frames=frames)

        yield update


def _label(status: Mapping[str, Any]) -> str:
    state, stage = str(status["status"]), status.get("stage")
    return str(stage) if state == "active" and stage else state
