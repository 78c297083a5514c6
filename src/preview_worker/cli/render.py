"""`preview-worker render`."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from preview_worker.cli.edition_warnings import beyond
from preview_worker.cli.follow import progress_bar
from preview_worker.cli.payloads import read_payload
from preview_worker.cli.settings import read_settings
from preview_worker.contract import PreviewWarning, Report
from preview_worker.contract.changes import StepChange


@click.command()
@click.argument("payload", metavar="PAYLOAD|-")
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path), help="Folder to make [out/<jobId>].")
@click.option(
    "--assets",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of relative asset paths [the payload's own].",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def render(payload: str, output: Path | None, assets: Path | None, as_json: bool) -> None:
    """Render a payload (a job, or a bare previewRequest in JSON or YAML) here and now, without a queue."""
    from preview_worker.bootstrap.render import render_here, replaceable

    job = read_payload(payload, project_id="local") | {"dryRun": False}
    root = assets or (Path.cwd() if payload == "-" else Path(payload).resolve().parent)
    target = (output or Path("out") / str(job["jobId"])).resolve()
    if not replaceable(target):
        raise click.BadParameter(f"{target} holds something that is no preview; name a new folder.", param_hint="-o")
    with _progress() as tell:
        done = asyncio.run(render_here(job, read_settings(), assets=root, output=target, report=tell))
    if as_json:
        click.echo(json.dumps(done.report.model_dump(mode="json", by_alias=True), indent=2))
        return
    for line in told_of(done.reports):
        click.echo(line, err=True)
    for report in done.reports:
        click.echo(done.folder / report.folder / f"preview.{report.video.format}")


def told_of(reports: Sequence[Report]) -> Iterator[str]:
    """What an author is told of a job's editions, in lines: warnings, what changed, lengths and time.

    What is true in every language is told once.
    """
    own, *others = reports
    yield from _found(own, own.warnings, "")
    for report in others:
        yield from _found(report, beyond(report.warnings, own.warnings), f" ({report.language})")
    total_ms = sum(report.video.duration_ms for report in reports)
    spent_ms = own.timings.total_ms if own.timings is not None else 0
    speed = f" ({total_ms / spent_ms:.2f} × real time)" if spent_ms else ""
    lengths = ", ".join(f"{report.video.duration_ms / 1000:.1f} s in {report.language}" for report in reports)
    each = f"{lengths}: " if others else ""
    yield f"{each}{total_ms / 1000:.1f} s of video in {spent_ms / 1000:.2f} s{speed}"


def changes_line(steps: Sequence[StepChange]) -> str:
    """What changed, in a line: so many steps of each kind, as the report names them."""
    counts = Counter(str(step.change) for step in steps)
    return ", ".join(f"{count} {change}" for change, count in sorted(counts.items())) or "nothing changed"


def _found(report: Report, warnings: Sequence[PreviewWarning], language: str) -> Iterator[str]:
    for warning in warnings:
        yield f"warning{language}: {warning.message} [{warning.code.value}]"
    if report.changes is not None:
        yield f"since {report.changes.against}{language}: {changes_line(report.changes.steps)}"


@contextmanager
def _progress() -> Iterator[Any]:
    if not sys.stderr.isatty():

        async def silent(_progress: Mapping[str, Any]) -> None:
            return

        yield silent
        return
    with progress_bar() as update:

        async def tell(progress: Mapping[str, Any]) -> None:
            update({"status": "active", "progress": progress["percent"], **progress})

        yield tell
