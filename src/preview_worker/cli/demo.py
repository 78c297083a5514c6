"""`preview-worker demo`: the example tutorial through the whole service, twice."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from preview_worker.cli.exits import JOB_FAILED, OK
from preview_worker.cli.follow import watch
from preview_worker.cli.settings import read_settings
from preview_worker.client.http import PreviewClient
from preview_worker.contract.completion import fresh_job_id
from preview_worker.errors import ConfigurationError, QueueUnavailableError
from preview_worker.posix import dying_with_parent
from preview_worker.storage.places import Places

EXAMPLE = "brumelac"
READY_WITHIN_S = 60.0
STOP_WITHIN_S = 40.0
_POLL_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One finished job of the demo; times in ms."""

    label: str
    status: dict[str, Any]
    artifact: dict[str, Any]

    @property
    def wall_ms(self) -> int:
        """From the worker's start of the job to its publication."""
        return int(self.status["finishedOn"]) - int(self.status["processedOn"])

    @property
    def video(self) -> dict[str, Any]:
        """The video among the files."""
        return next(file for file in self.artifact["files"] if file["mediaType"].startswith("video/"))


@click.command()
@click.option("--keep", is_flag=True, help="Leave the service running after the demo, until Ctrl-C.")
def demo(keep: bool) -> int:
    """Render the example tutorial end to end: embedded Valkey, API and worker, a posted job, its video."""
    data_dir = read_settings().data_dir / "demo"
    example = find_example()
    payload = json.loads((example / "tutorial.json").read_text(encoding="utf-8"))
    assets = Places(data_dir).assets(payload["projectId"]) / "assets"
    shutil.copytree(example / "assets", assets, dirs_exist_ok=True)
    shutil.rmtree(data_dir / "cache", ignore_errors=True)  # the first run is to show what a first run costs
    port = _free_port()
    with _service(data_dir, port), PreviewClient(f"http://127.0.0.1:{port}") as client:
        _wait_until_ready(client)
        outcomes = [_render(client, payload, label) for label in ("first", "unchanged")]
        if any(outcome.status["status"] != "completed" for outcome in outcomes):
            return JOB_FAILED
        _show(outcomes, Places(data_dir).preview(payload["projectId"], outcomes[0].status["jobId"]))
        if keep:
            click.echo(f"The service stays on http://127.0.0.1:{port}; Ctrl-C ends it.", err=True)
            signal.sigwait({signal.SIGINT, signal.SIGTERM})
    return OK


def find_example() -> Path:
    """The example's folder: inside the installed package, else in the checkout.

    Raises:
        ConfigurationError: It is in neither (permanent).
    """
    here = Path(__file__).resolve()
    for folder in (here.parent / "examples" / EXAMPLE, here.parents[3] / "examples" / EXAMPLE):
        if (folder / "tutorial.json").is_file():
            return folder
    raise ConfigurationError("The example tutorial isn't part of this installation; run the demo from a checkout.")


@contextmanager
def _service(data_dir: Path, port: int) -> Iterator[None]:
    """A whole service of its own, ended with the demo."""
    log = data_dir / "service.log"
    data_dir.mkdir(parents=True, exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if name != "REDIS_URL"}
    environment |= {"DATA_DIR": str(data_dir), "PREVIEW_PORT": str(port), "PREVIEW_PROBE_PORT": "0"}
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "preview_worker", "up"],
            env=environment,
            stdout=file,
            stderr=file,
            preexec_fn=dying_with_parent(),  # noqa: PLW1509 - this process has one thread
        )
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_ready(client: PreviewClient) -> None:
    """Wait until API and worker answer; the service needs a second or two."""
    ends_s = time.monotonic() + READY_WITHIN_S
    while True:
        try:
            if client.health().get("workers"):
                return
        except QueueUnavailableError:
            if time.monotonic() > ends_s:
                raise
        if time.monotonic() > ends_s:
            raise QueueUnavailableError(
                "No worker came up in time.", hint="Its log is service.log below DATA_DIR/demo."
            )
        time.sleep(_POLL_S)


def _render(client: PreviewClient, payload: dict[str, Any], label: str) -> Outcome:
    job_id = fresh_job_id(str(payload["jobId"]))
    client.submit({**payload, "jobId": job_id})
    status = watch(client, job_id)
    if status["status"] != "completed":
        click.echo(f"Job {job_id} {status['status']}: {status['failedReason']}", err=True)
        return Outcome(label=label, status=status, artifact={"files": []})
    return Outcome(label=label, status=status, artifact=client.artifact(job_id))


def _show(outcomes: list[Outcome], folder: Path) -> None:
    table = Table(title="Preview of the example tutorial")
    for heading in ("run", "video", "wall time", "× real time", "size", "files", "warnings"):
        table.add_column(heading, justify="left" if heading == "run" else "right")
    for outcome in outcomes:
        duration_ms = int(outcome.video["durationMs"])
        table.add_row(
            outcome.label,
            f"{duration_ms / 1000:.1f} s",
            f"{outcome.wall_ms / 1000:.2f} s",
            f"{duration_ms / max(1, outcome.wall_ms):.1f}",
            f"{outcome.video['size'] / 1e6:.1f} MB",
            str(len(outcome.artifact["files"])),
            str(outcome.status["warnings"]["count"]),
        )
    Console().print(table)
    click.echo(f"Video: {folder / outcomes[0].video['name']}")
    click.echo(f"Look at {folder / 'contact-sheet.jpg'} and {folder / 'preview.json'} too.")
