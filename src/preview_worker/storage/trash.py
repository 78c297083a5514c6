"""Removing folders so that nobody sees them half: renamed away first, then emptied."""

from __future__ import annotations

import secrets
import shutil
from contextlib import suppress
from pathlib import Path

from preview_worker.storage.atomic import storage_errors
from preview_worker.storage.places import Places


def discard_published(places: Places, folder: Path) -> bool:
    """Take a published folder away; open files can be read to their end; blocking.

    Returns:
        Whether it was there.

    Raises:
        StorageError: It can't be renamed (transient).
    """
    target = places.trash / f"{folder.name}.{secrets.token_hex(8)}"
    with storage_errors(f"remove {folder.name}"):
        places.trash.mkdir(parents=True, exist_ok=True)
        try:
            folder.rename(target)
        except FileNotFoundError:  # another process was faster
            return False
    shutil.rmtree(target, ignore_errors=True)
    with suppress(OSError):
        folder.parent.rmdir()  # the project's last one
    return True


def empty_trash(places: Places) -> None:
    """Remove what a process that died in between had renamed; blocking."""
    with suppress(OSError):
        for path in places.trash.iterdir():
            shutil.rmtree(path, ignore_errors=True)
