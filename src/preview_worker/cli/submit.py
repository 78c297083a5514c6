"""`preview-worker submit`."""

from __future__ import annotations

import json
import secrets
from typing import Any

import click

from preview_worker.cli.follow import follow_job
from preview_worker.cli.payloads import read_payload
from preview_worker.client.http import DEFAULT_URL, PreviewClient

LONGEST_ID = 128


@click.command()
@click.argument("payload", metavar="PAYLOAD|-")
@click.option("--url", default=DEFAULT_URL, show_default=True, help="Base URL of the service.")
@click.option("--job-id", help="Post under this id instead of a new one per press.")
@click.option("--project", default="local", show_default=True, help="Project of a bare previewRequest.")
@click.option("--priority", type=click.Choice(["low", "normal", "high"]), help="Overrides the payload's.")
@click.option("--dry-run", is_flag=True, help="Only plan.")
@click.option("--follow", is_flag=True, help="Stay until the job ends, with a progress bar.")
@click.option("--json", "as_json", is_flag=True, help="Print the service's answer as JSON.")
def submit(
    payload: str,
    url: str,
    job_id: str | None,
    project: str,
    priority: str | None,
    dry_run: bool,
    follow: bool,
    as_json: bool,
) -> int:
    """Post a payload (a job, or a bare previewRequest in JSON or YAML) to a running service."""
    job = read_payload(payload, project_id=project)
    job["jobId"] = job_id or fresh_job_id(str(job["jobId"]))
    if priority is not None:
        job["priority"] = priority
    if dry_run:
        job["dryRun"] = True
    with PreviewClient(url) as client:
        answer = client.submit(job)
        _tell(answer, as_json=as_json)
        return follow_job(client, answer["jobId"]) if follow else 0


def fresh_job_id(base: str) -> str:
    """A new job id for each press: the payload's with a random suffix."""
    suffix = secrets.token_hex(4)
    return f"{base[: LONGEST_ID - len(suffix) - 1]}-{suffix}"


def _tell(answer: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(answer, indent=2))
        return
    click.echo(answer["jobId"])
    for warning in answer.get("warnings", ()):
        click.echo(f"warning: {warning['message']} [{warning['code']}]", err=True)
    click.echo(f"Next: preview-worker follow {answer['jobId']}", err=True)
