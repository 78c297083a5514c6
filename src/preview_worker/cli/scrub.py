"""`preview-worker scrub`."""

from __future__ import annotations

import click

from preview_worker.cli.exits import JOB_FAILED
from preview_worker.cli.settings import read_settings


@click.command()
@click.argument("job_ids", metavar="[JOB]...", nargs=-1)
def scrub(job_ids: tuple[str, ...]) -> int:
    """Hash published files again and tell which are damaged: of some jobs, or of all; exit 1 where some are."""
    from preview_worker.storage.places import Places
    from preview_worker.storage.retention import published_folders
    from preview_worker.storage.scrubbing import Scrubber

    places = Places(read_settings().data_dir)
    wanted = {job_id.lower() for job_id in job_ids}
    folders = [folder for folder in published_folders(places) if not wanted or folder.name.lower() in wanted]
    scrubber, damaged = Scrubber(places), 0
    for folder in folders:
        for name in scrubber.look(folder).damaged:
            damaged += 1
            click.echo(f"damaged  {(folder / name).relative_to(places.root)}")
    click.echo(f"{len(folders)} previews and plans looked at, {damaged} damaged files", err=True)
    return JOB_FAILED if damaged else 0
