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

from preview_worker.cli.follow import progress_bar
from preview_worker.cli.payloads import read_payload
from preview_worker.cli.settings import read_settings


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
    report = done.report.model_dump(mode="json", by_alias=True)
    if as_json:
        click.echo(json.dumps(report, indent=2))
        return
    for warning in report["warnings"]:
        click.echo(f"warning: {warning['message']} [{warning['code']}]", err=True)
    if report["changes"] is not None:
        click.echo(f"since {report['changes']['against']}: {changes_line(report['changes']['steps'])}", err=True)
    timings, video = report["timings"], report["video"]
    click.echo(
        f"{video['durationMs'] / 1000:.1f} s of video in {timings['totalMs'] / 1000:.2f} s "
        f"({timings['speedRatio']} × real time)",
        err=True,
    )
    click.echo(done.folder / f"preview.{video['format']}")


def changes_line(steps: Sequence[Mapping[str, Any]]) -> str:
    """What changed, in a line: so many steps of each kind, as the report names them."""
    counts = Counter(str(step["change"]) for step in steps)
    return ", ".join(f"{count} {change}" for change, count in sorted(counts.items())) or "nothing changed"


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
