"""`preview-worker test-payloads`: the corpus of good and bad payloads, checked against this build."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from preview_worker.cli.exits import JOB_FAILED, UNREADABLE
from preview_worker.contract.corpus import check_corpus


@click.command("test-payloads")
@click.argument("folder", type=click.Path(path_type=Path), default=Path("tests/payloads"))
def test_payloads(folder: Path) -> None:
    """Check the payloads below FOLDER: those in good/ must be valid, those in bad/ give exactly their errors.

    Exit codes: 0 all passed, 1 some failed, 3 no corpus there.
    """
    try:
        results = check_corpus(folder)
    except (OSError, ValueError) as error:
        click.echo(f"The corpus in {folder} can't be read: {error}", err=True)
        sys.exit(UNREADABLE)
    width = max((len(result.name) for result in results), default=0)
    for result in results:
        verdict = "passed" if result.passed else "FAILED"
        click.echo(f"{result.name:<{width}}  {result.findings:>3} findings  {verdict}")
        for fault in result.faults:
            click.echo(f"    {fault}")
    failed = sum(not result.passed for result in results)
    click.echo(f"{len(results) - failed} passed, {failed} failed")
    if failed or not results:
        sys.exit(JOB_FAILED)
