"""Looking into folders of which some can't be looked into: these are told of, and keep no other from it."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

from preview_worker.errors import StorageError

Leave = Callable[[Path, OSError | StorageError], None]
"""Told what is left as it is, and why."""


def pass_over(_path: Path, _error: OSError | StorageError) -> None:
    """Tell nobody."""


def refuse(path: Path, error: OSError | StorageError) -> NoReturn:
    """Leave nothing.

    Raises:
        StorageError: Always (transient).
    """
    raise StorageError(
        f"Can't look at {path.name}: {reason_of(error)}.", hint="Check the permissions of DATA_DIR."
    ) from error


def reason_of(error: OSError | StorageError) -> str:
    """Why something is left, in words."""
    return error.sentence if isinstance(error, StorageError) else error.strerror or str(error)


def remaining(path: Path) -> OSError | None:
    """Why something is still there, or may be, that has been removed as far as it could be; None: it isn't."""
    try:
        status = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return error
    reason = errno.ENOTEMPTY if stat.S_ISDIR(status.st_mode) else errno.EPERM
    return OSError(reason, os.strerror(reason))


def folders_in(parent: Path, leave: Leave) -> Iterator[Path]:
    """The folders in a folder, by name; none where it is absent; blocking."""
    for path in _entries(parent, leave):
        try:
            if path.is_dir():
                yield path
        except PermissionError as error:  # what is in it may be listed, and not be looked at
            leave(parent, error)
        except OSError as error:
            leave(path, error)


def files_in(parent: Path, endings: str | tuple[str, ...], leave: Leave) -> Iterator[Path]:
    """What is in a folder and whose name ends so, by name; none where it is absent; blocking."""
    return (path for path in _entries(parent, leave) if path.name.endswith(endings))


def _entries(parent: Path, leave: Leave) -> list[Path]:
    try:
        return sorted(parent.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        leave(parent, error)
        return []
