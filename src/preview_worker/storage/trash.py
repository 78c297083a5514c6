"""Removing folders so that nobody sees them half: renamed away first, then emptied."""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path

from preview_worker.storage.atomic import storage_errors
from preview_worker.storage.listing import Leave, pass_over, remaining
from preview_worker.storage.places import Places
from preview_worker.storage.publish import MANIFEST
from preview_worker.trees import remove_tree


def discard_published(
    places: Places,
    folder: Path,
    *,
    since_ns: int | None = None,
    leave: Leave = pass_over,
) -> bool:
    """Take a published folder away; open files can be read to their end; blocking.

    Args:
        places: Folders below DATA_DIR.
        folder: What is to go.
        since_ns: When its manifest was written (0: it has none) as somebody decided that it goes: what has been
            published anew since then stays. None: it goes whatever it is.
        leave: Told of what is out of sight, and can't be removed.

    Returns:
        Whether it went out of sight.

    Raises:
        StorageError: It can't be renamed (transient).
    """
    if since_ns not in (None, written_ns(folder / MANIFEST)):
        return False
    target = places.trash / f"{folder.name}.{secrets.token_hex(8)}"
    with storage_errors(f"remove {folder.name}"):
        places.trash.mkdir(parents=True, exist_ok=True)
        try:
            folder.rename(target)
        except FileNotFoundError:  # another process was faster
            return False
    if since_ns not in (None, written_ns(target / MANIFEST)):  # published anew between the look and the rename
        with suppress(OSError):
            target.rename(folder)
            return False
    _remove(target, leave)
    with suppress(OSError):
        folder.parent.rmdir()  # the project's last one
    return True


def written_ns(path: Path) -> int:
    """When a file was written last, in ns since the epoch; 0 where there is none."""
    with suppress(OSError):
        return path.stat().st_mtime_ns
    return 0


def empty_trash(places: Places, leave: Leave = pass_over) -> None:
    """Remove what a process that died in between had renamed; blocking.

    Args:
        places: Folders below DATA_DIR.
        leave: Told of what can't be listed or removed.
    """
    try:
        paths = sorted(places.trash.iterdir())
    except FileNotFoundError:
        return
    except OSError as error:
        leave(places.trash, error)
        return
    for path in paths:
        _remove(path, leave)


def _remove(path: Path, leave: Leave) -> None:
    remove_tree(path)
    if (error := remaining(path)) is not None:
        leave(path, error)
