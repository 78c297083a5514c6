"""`preview-worker scrub`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from preview_worker.cli.exits import JOB_FAILED
from preview_worker.cli.settings import read_settings

if TYPE_CHECKING:
    from pathlib import Path

    from preview_worker.errors import StorageError


@click.command()
@click.argument("job_ids", metavar="[JOB]...", nargs=-1)
def scrub(job_ids: tuple[str, ...]) -> int:
    """Hash published files again and tell which are damaged: of some jobs, or of all; exit 1 where some are.

    Exit 1 too where something can't be looked at, or what was found can't be noted.
    """
    from preview_worker.storage.listing import reason_of
    from preview_worker.storage.places import Places
    from preview_worker.storage.retention import published_folders
    from preview_worker.storage.scrubbing import Scrubber

    places = Places(read_settings().data_dir)
    wanted = {job_id.lower() for job_id in job_ids}
    left: dict[Path, OSError | StorageError] = {}
    found = list(published_folders(places, left.__setitem__))
    folders = [folder for folder in found if not wanted or folder.name.lower() in wanted]
    faults = [f"Can't look at {folder.relative_to(places.root)}: {reason_of(error)}." for folder, error in left.items()]
    scrubber, damaged = Scrubber(places), 0
    for folder in folders:
        looked = scrubber.look(folder)
        for name in looked.damaged:
            damaged += 1
            click.echo(f"damaged  {(folder / name).relative_to(places.root)}")
        if looked.fault is not None:
            faults.append(f"{folder.relative_to(places.root)}: {looked.fault}")
    click.echo(f"{len(folders)} previews and plans looked at, {damaged} damaged files", err=True)
    for fault in faults:
        click.echo(fault, err=True)
    return JOB_FAILED if damaged or faults else 0
