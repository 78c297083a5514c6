"""`preview-worker dev`."""

from __future__ import annotations

import asyncio
import threading
import time
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

import click

from preview_worker.cli.exits import UNREADABLE
from preview_worker.cli.settings import read_settings

if TYPE_CHECKING:
    from preview_worker.contract.dev import DevState, DevVideo


@click.command()
@click.argument("payload", metavar="PAYLOAD")
@click.option(
    "--assets",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of relative asset paths [the payload's own].",
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on loopback [a free one].")
@click.option("--language", metavar="TAG", help="Language of a variant [the request's own].")
@click.option("--open", "open_page", is_flag=True, help="Open the page in the browser.")
def dev(payload: str, assets: Path | None, port: int, language: str | None, open_page: bool) -> None:
    """Show a payload's video on a page, and make it anew whenever the file, or one it shows or plays, is saved.

    The page's address is printed. What is wrong with the payload stands on the page, too, while the old video stays.
    Ctrl-C ends it.
    """
    from preview_worker.bootstrap.dev import DevWish, dev_here
    from preview_worker.observability.logs import configure_logs

    file = _readable(payload)
    settings = read_settings()
    configure_logs("warning", "console")
    wish = DevWish(
        file=file.absolute(),
        assets=(assets or file.resolve().parent).resolve(),
        project_id="local",
        port=port,
        language=language,
    )

    def opened(url: str) -> None:
        click.echo(url)
        click.echo(f"Following {payload}; Ctrl-C ends it.", err=True)
        if open_page:
            threading.Thread(target=webbrowser.open, args=(url,), name="browser", daemon=True).start()

    asyncio.run(dev_here(wish, settings, opened=opened, told=_Teller(payload).told))


class _Teller:
    """Tells on stderr how each save ended."""

    def __init__(self, payload: str) -> None:
        self._payload = payload
        self._video: DevVideo | None = None

    def told(self, told: DevState | DevVideo) -> None:
        from preview_worker.contract.dev import DevPhase, DevVideo

        if isinstance(told, DevVideo):
            self._video = told
            return
        if told.phase is DevPhase.READY:
            self._say(f"ready in {told.took_ms} ms{self._cost()}")
        for fault in told.faults:
            place = f"{self._payload}:{fault.line}:{fault.column}" if fault.line else self._payload
            hint = f" ({fault.hint})" if fault.hint else ""
            self._say(f"{place}: {fault.message}{hint} [{fault.code}]")

    def _cost(self) -> str:
        if self._video is None:
            return ""
        warnings = len(self._video.warnings)
        made = f": {self._video.segments_made} of {self._video.segments} segments made"
        return made + (f", {warnings} {'warning' if warnings == 1 else 'warnings'}" if warnings else "")

    def _say(self, line: str) -> None:
        click.echo(f"{time.strftime('%H:%M:%S')} {line}", err=True)


def _readable(payload: str) -> Path:
    """The payload's file; one that can't be opened ends the command (exit 3), one with faults doesn't."""
    if payload == "-":
        raise click.BadParameter("A file is needed: what comes from stdin can't be saved again.", param_hint="PAYLOAD")
    file = Path(payload)
    try:
        with file.open("rb"):
            return file
    except OSError as error:
        click.echo(f"{payload} can't be read: {error.strerror or error}.", err=True)
        raise click.exceptions.Exit(UNREADABLE) from error
