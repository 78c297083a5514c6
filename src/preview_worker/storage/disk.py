"""How much room the file system of DATA_DIR has, and whether it is the one it was."""

from __future__ import annotations

import json
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from preview_worker.storage.atomic import write_json

MARKER = "data-dir.json"
"""A file at the top of DATA_DIR; where it is gone, something else stands there, such as the folder below a mount."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """A file system at one moment.

    Attributes:
        free_bytes: What we may still write.
        total_bytes: Its size.
        free_files: Files that may still be made.
        total_files: All that it can hold; 0 where it knows no bound.
        writable: Whether it takes writes.
        present: Whether it is the one that was there before.
    """

    free_bytes: int
    total_bytes: int
    free_files: int = 0
    total_files: int = 0
    writable: bool = True
    present: bool = True


class Disk(Protocol):
    """Where DATA_DIR is."""

    def look(self) -> Space:
        """Measure it; blocks for some µs on a local disk, never raises: what can't be measured isn't present."""
        ...


class SystemDisk:
    """The file system that a folder is on.

    Args:
        folder: DATA_DIR; made on `claim`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._marker: str | None = None

    def claim(self) -> None:
        """Remember which DATA_DIR this is, and mark it where it has no mark yet; blocking.

        Raises:
            StorageError: The disk is full, read-only or failing (transient).
        """
        known = self._read_marker()
        if known is None:
            write_json(self._folder / MARKER, {"id": secrets.token_hex(8)})
            known = self._read_marker()
        self._marker = known

    def look(self) -> Space:
        """See `Disk.look`; before `claim` any folder is the right one."""
        with suppress(OSError):
            # DATA_DIR may not have been made yet.
            folder = next(path for path in (self._folder, *self._folder.parents) if path.exists())
            found = os.statvfs(folder)
            return Space(
                free_bytes=found.f_bavail * found.f_frsize,
                total_bytes=found.f_blocks * found.f_frsize,
                free_files=found.f_favail,
                total_files=found.f_files,
                writable=not found.f_flag & os.ST_RDONLY,
                present=self._marker is None or self._read_marker() == self._marker,
            )
        return Space(free_bytes=0, total_bytes=0, writable=False, present=False)

    def _read_marker(self) -> str | None:
        try:
            return str(json.loads((self._folder / MARKER).read_bytes())["id"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
