"""`preview-worker submit`."""

from __future__ import annotations

import json
from typing import Any

import click

from preview_worker.cli.follow import follow_job
from preview_worker.cli.payloads import read_payload
from preview_worker.client.http import DEFAULT_URL, PreviewClient
from preview_worker.contract.completion import fresh_job_id


@click.command()
@click.argument("payload", metavar="PAYLOAD|-")
@click.option("--url", default=DEFAULT_URL, show_default=True, help="Base URL of the service.")
@click.option("--job-id", help="Post under this id instead of a new one per press.")
@click.option("--project", default="local", show_default=True, help="Project of a bare previewRequest.")
@click.option("--priority", type=click.Choice(["low", "normal", "high"]), help="Overrides the payload's.")
@click.option(
    "--supersede",
    type=click.Choice(["none", "waiting", "all"]),
    help="Replace earlier jobs of the chapter and language: those that wait, or running ones too [the payload's].",
)
@click.option("--dry-run", is_flag=True, help="Only plan.")
@click.option("--follow", is_flag=True, help="Stay until the job ends, with a progress bar.")
@click.option("--json", "as_json", is_flag=True, help="Print the service's answer as JSON.")
def submit(
    payload: str,
    url: str,
    job_id: str | None,
    project: str,
    priority: str | None,
    supersede: str | None,
    dry_run: bool,
    follow: bool,
    as_json: bool,
) -> int:
    """Post a payload (a job, or a bare previewRequest in JSON or YAML) to a running service."""
    job = read_payload(payload, project_id=project)
    job["jobId"] = job_id or fresh_job_id(str(job["jobId"]))
    if priority is not None:
        job["priority"] = priority
    if supersede is not None:
        _set_option(job, "supersede", supersede)
    if dry_run:
        job["dryRun"] = True
    with PreviewClient(url) as client:
        answer = client.submit(job)
        _tell(answer, as_json=as_json)
        return follow_job(client, answer["jobId"]) if follow else 0


def _set_option(job: dict[str, Any], name: str, value: str) -> None:
    """Set an option of the request; what is no object there is left for the service to refuse."""
    request = job.get("previewRequest")
    options = request.setdefault("options", {}) if isinstance(request, dict) else None
    if isinstance(options, dict):
        options[name] = value


def _tell(answer: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(answer, indent=2))
        return
    click.echo(answer["jobId"])
    for superseded in answer.get("supersededJobs", ()):
        click.echo(f"supersedes {superseded}", err=True)
    for warning in answer.get("warnings", ()):
        click.echo(f"warning: {warning['message']} [{warning['code']}]", err=True)
    click.echo(f"Next: preview-worker follow {answer['jobId']}", err=True)
