"""Seals: a finished file synced and hashed while the render process still writes the small ones beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from preview_worker.assets.library import sha256_of
from preview_worker.storage.atomic import storage_errors, sync_file


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStamp:
    """What tells a file that was written to since from one that wasn't; a rename within a file system keeps it."""

    inode: int
    device: int
    size_bytes: int
    modified_ns: int

    @classmethod
    def of(cls, path: Path) -> Self:
        """The stamp of a file as it is now.

        Raises:
            OSError: It can't be looked at.
        """
        status = path.stat()
        return cls(inode=status.st_ino, device=status.st_dev, size_bytes=status.st_size, modified_ns=status.st_mtime_ns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """The SHA-256 of a file as it was when it had this stamp."""

    stamp: FileStamp
    sha256: str

    def holds(self, path: Path) -> bool:
        """Whether the file there is still the one that was sealed."""
        return FileStamp.of(path) == self.stamp


def sealed(path: Path) -> Seal:
    """Force a file's bytes to the disk, and hash them; blocking.

    Raises:
        StorageError: It can't be read or synced (transient).
    """
    with storage_errors(f"seal {path.name}"):
        stamp = FileStamp.of(path)
        sync_file(path)
        return Seal(stamp=stamp, sha256=sha256_of(path))
