"""`preview-worker clean`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from preview_worker.cli.exits import JOB_FAILED
from preview_worker.cli.settings import read_settings

if TYPE_CHECKING:
    from preview_worker.storage.retention import Removal


@click.command()
@click.option("--dry-run", is_flag=True, help="Only tell what would go and why.")
@click.option("--confirm", is_flag=True, help="The clock is right, and so much may go at once.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def clean(dry_run: bool, confirm: bool, as_json: bool) -> int:
    """Tidy DATA_DIR up, as workers do by themselves; exit 1 where something is left."""
    from preview_worker.bootstrap.disk import claimed_disk, cleaner_of

    loaded = read_settings()
    cleaner = cleaner_of(loaded, claimed_disk(loaded))
    tidied = cleaner.tidy(dry_run=dry_run)
    kept = cleaner.retain(dry_run=dry_run, confirmed=confirm)
    found = (*tidied.removed, *kept.removed, *kept.refused)
    left = (*tidied.left, *kept.left)
    gone = found if dry_run else (*tidied.removed, *kept.removed)
    if as_json:
        rows = [_row(one, loaded.data_dir) | {"removed": not dry_run and one in gone} for one in found]
        click.echo(json.dumps({"dryRun": dry_run, "refusal": kept.refusal, "left": left, "found": rows}, indent=2))
    else:
        for one in found:
            row = _row(one, loaded.data_dir)
            click.echo(f"{row['bytes']:>12}  {row['kind']:<11} {row['path']}  {row['why']}")
        verb = "would be removed" if dry_run else "removed"
        click.echo(f"{len(gone)} {verb}, {sum(one.size_bytes for one in gone)} bytes", err=True)
        for reason in left:
            click.echo(f"Left as it is: {reason}", err=True)
        if kept.refusal is not None:
            click.echo(f"Left as they are: {kept.refusal}.", err=True)
    return 0 if kept.refusal is None and not left else JOB_FAILED


def _row(removal: Removal, data_dir: Path) -> dict[str, Any]:
    path = str(removal.path.relative_to(data_dir))
    return {"kind": removal.kind, "path": path, "why": removal.why, "bytes": removal.size_bytes}
