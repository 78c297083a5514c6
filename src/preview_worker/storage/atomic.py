"""Small durable file operations: written whole, synced, then renamed."""

from __future__ import annotations

import errno
import json
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from preview_worker.errors import StorageError

PARTIAL_SUFFIX = ".part"
SYNCED = "preview_worker.synced"
"""Audit event: what stands at a path is on the disk."""


@contextmanager
def storage_errors(what: str) -> Iterator[None]:
    """Translate the operating system's errors; `what` completes "can't …"."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"Can't {what}: {error.strerror or error}.",
            code="no-space" if error.errno in _FULL else None,
            hint="Check the free space and the permissions of DATA_DIR.",
        ) from error


def write_json(path: Path, content: Any, *, synced: bool = True) -> None:
    """Write a JSON file so that readers see the old one or the new one, and a power cut leaves either.

    Args:
        path: The file.
        content: What JSON can say.
        synced: Whether it is on the disk when this returns; if not, the caller sees to that.

    Raises:
        StorageError: The disk is full, read-only or failing; nothing is left behind (transient).
    """
    with storage_errors(f"write {path.name}"):
        if synced:
            make_folder(path.parent)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
        with partial_file(path) as partial:
            # Encoded at once: piece by piece, into a file, the library takes ten times as long.
            partial.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True), "utf-8")
            if synced:
                sync_file(partial)
            partial.replace(path)
        if synced:
            sync_folder(path.parent)


def read_if_there(path: Path, what: str) -> bytes | None:
    """A file's content, None where there is none; `what` completes "can't read …".

    Raises:
        StorageError: It is there, and can't be read (transient).
    """
    with storage_errors(f"read {what}"):
        try:
            return path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None


def try_out(folder: Path) -> None:
    """See whether a folder takes writes; nothing stays there.

    Raises:
        StorageError: The disk is full, read-only or failing (transient).
    """
    with storage_errors(f"write into {folder.name}"):
        make_folder(folder)
        with partial_file(folder / "try") as partial:
            partial.write_bytes(b"?")
            sync_file(partial)
        sync_folder(folder)


def make_folder(path: Path) -> None:
    """A folder whose name, and the names above it, are on the disk before anything stands in it.

    A folder with content needs no look: whoever put something there had been here before.
    """
    try:
        with os.scandir(path) as entries:
            if next(entries, None) is not None:
                return
    except FileNotFoundError:
        make_folder(path.parent)
        path.mkdir(exist_ok=True)
    sync_folder(path.parent)


def unlink_if_there(path: Path) -> None:
    """Remove a file where there is one: what isn't there can't be removed from a read-only disk either."""
    if path.exists():
        path.unlink(missing_ok=True)


@contextmanager
def partial_file(path: Path) -> Iterator[Path]:
    """A name beside `path` that no other thread or process uses; what still stands there at the end is removed."""
    partial = path.with_name(f".{path.name[:64]}.{secrets.token_hex(8)}{PARTIAL_SUFFIX}")
    try:
        yield partial
    finally:
        partial.unlink(missing_ok=True)


def sync_file(path: Path) -> None:
    """Force a file's bytes to the disk; the one place that does, told to audit hooks as Python tells of other calls."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    sys.audit(SYNCED, str(path))


def sync_folder(path: Path) -> None:
    """Force a folder's entries to the disk, where the system lets folders be opened (not on Windows)."""
    if os.name == "posix":
        sync_file(path)


_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
"""No space left, or over quota."""
