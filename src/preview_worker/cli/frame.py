"""`preview-worker frame`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from preview_worker.cli.payloads import read_payload
from preview_worker.cli.settings import read_settings

if TYPE_CHECKING:
    from preview_worker.bootstrap.frame import TakenHere

AT_REST = "rest"


class _Moment(click.ParamType[int | None]):
    """Milliseconds, or the word for none in particular."""

    name = "MS|rest"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        if value == AT_REST:
            return None
        if not str(value).isdecimal():
            self.fail(f"{value!r} is neither whole milliseconds nor {AT_REST!r}.", param, ctx)
        return int(value)


@click.command()
@click.argument("payload", metavar="PAYLOAD|-")
@click.option("--step", metavar="ID", help="The step; needed.")
@click.option("--at", "at_ms", type=_Moment(), default=AT_REST, help="Since the step's start [rest].")
@click.option("--width", "width_px", type=int, metavar="PX", help="Width of the picture [the video's].")
@click.option("--language", metavar="TAG", help="Language of a variant [the request's own].")
@click.option("-o", "--output", metavar="FILE|-", help="JPEG to write, - for stdout [<step>.jpg].")
@click.option(
    "--assets",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of relative asset paths [the payload's own].",
)
def frame(
    payload: str,
    step: str | None,
    at_ms: int | None,
    width_px: int | None,
    language: str | None,
    output: str | None,
    assets: Path | None,
) -> None:
    """Write one picture of the video a payload would make, at a time of a step or at rest."""
    from preview_worker.bootstrap.frame import frame_here
    from preview_worker.contract import PreviewRequest
    from preview_worker.render.frame import FrameWish, step_ids

    job = read_payload(payload, project_id="local")
    if step is None:
        known = ", ".join(step_ids(PreviewRequest.model_validate(job["previewRequest"])))
        raise click.UsageError(f"Name a step: --step and one of {known[:400]}.")
    target = _target(output or f"{step}.jpg")
    root = assets or (Path.cwd() if payload == "-" else Path(payload).resolve().parent)
    wish = FrameWish(step_id=step, at_ms=at_ms, width_px=width_px, language=language)
    taken = asyncio.run(frame_here(job, read_settings(), assets=root, wish=wish))
    _tell_warnings(taken)
    _write(taken.picture.content, target)


def _tell_warnings(taken: TakenHere) -> None:
    for finding in taken.findings:
        click.echo(f"warning: {finding.message} [{finding.code.value}]", err=True)
    for warning in taken.picture.warnings:
        click.echo(f"warning: {warning.message} [{warning.code.value}]", err=True)


def _target(output: str) -> Path | None:
    """The file to write, None for stdout; told before anything is drawn."""
    if output == "-":
        return None
    path = Path(output)
    if path.is_dir() or not path.parent.is_dir():
        raise click.BadParameter(f"{output} is a folder, or lies in one that isn't there.", param_hint="-o")
    return path


def _write(content: bytes, target: Path | None) -> None:
    from preview_worker.storage.atomic import partial_file

    if target is None:
        sys.stdout.buffer.write(content)
        return
    try:
        with partial_file(target) as partial:
            partial.write_bytes(content)
            partial.replace(target)
    except OSError as error:
        raise click.BadParameter(f"{target} can't be written: {error.strerror or error}.", param_hint="-o") from error
    click.echo(target)
