"""`preview-worker status`, `follow`, `cancel`, `artifact` and `approve`."""

from __future__ import annotations

import getpass
import json
from pathlib import Path

import click

from preview_worker.cli.follow import follow_job
from preview_worker.client.http import DEFAULT_URL, PreviewClient

_url = click.option("--url", default=DEFAULT_URL, show_default=True, help="Base URL of the service.")
_json = click.option("--json", "as_json", is_flag=True, help="Print the service's answer as JSON.")


@click.command()
@click.argument("job_id")
@_url
@_json
def status(job_id: str, url: str, as_json: bool) -> None:
    """Show a job's state."""
    with PreviewClient(url) as client:
        found = client.status(job_id)
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    click.echo(f"{found['status']} {found['progress']:.0f} %")
    if found["failedReason"]:
        click.echo(found["failedReason"], err=True)


@click.command()
@click.argument("job_id")
@_url
def follow(job_id: str, url: str) -> int:
    """Follow a job to its end; exit 1 when it fails."""
    with PreviewClient(url) as client:
        return follow_job(client, job_id)


@click.command()
@click.argument("job_id")
@_url
@_json
def cancel(job_id: str, url: str, as_json: bool) -> None:
    """Cancel a job: one that waits ends at once, a running one within a second."""
    with PreviewClient(url) as client:
        answer = client.cancel(job_id)
    if as_json:
        click.echo(json.dumps(answer, indent=2))
        return
    state = answer["status"]
    click.echo("is being cancelled" if state == "active" else state)


@click.command()
@click.argument("job_id")
@_url
@_json
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path), help="Download into this folder.")
def artifact(job_id: str, url: str, as_json: bool, output: Path | None) -> None:
    """List a completed job's files, or download them."""
    with PreviewClient(url) as client:
        found = client.artifact(job_id)
        if output is not None:
            for file in found["files"]:
                target = _below(output, file["name"])
                target.parent.mkdir(parents=True, exist_ok=True)
                client.download(file["url"], target)
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for file in found["files"]:
        place = output / file["name"] if output is not None else file["url"]
        damaged = "  damaged" if file.get("damaged") else ""
        click.echo(f"{place}  {file['size']} bytes  {file['mediaType']}{damaged}")


@click.command()
@click.argument("job_id")
@_url
@_json
@click.option("--note", help="What is to be remembered with it.")
@click.option("--by", help="Who approves [the name you are logged in with].")
@click.option("--language", metavar="TAG", help="The language that is approved [all of the job's].")
def approve(job_id: str, url: str, as_json: bool, note: str | None, by: str | None, language: str | None) -> None:
    """Approve a completed preview: later ones of its chapter and language tell what changed since."""
    with PreviewClient(url) as client:
        approval = client.approve(job_id, note=note, by=by or _login_name(), language=language)
    if as_json:
        click.echo(json.dumps(approval, indent=2))
        return
    languages = f" ({', '.join(approval['languages'])})" if len(approval["languages"]) > 1 else ""
    click.echo(f"approved {approval['jobId']}{languages}")


def _below(folder: Path, name: str) -> Path:
    """A file's place below a folder, by the name that the service gives it."""
    target = folder / name
    if ".." in target.parts or not target.is_relative_to(folder):
        raise click.ClickException(f"The service named a file {name[:80]!r}, which leads elsewhere.")
    return target


def _login_name() -> str | None:
    """The user's name, None where the system has none for the process."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return None
