"""The segment cache: finished segments and sound tracks of one project, by content key.

Written by the worker alone. An entry appears by one rename; its reader verifies it by the hash it carries. The cache is
bounded in bytes: the entries used longest ago go first.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from preview_worker.storage.atomic import storage_errors
from preview_worker.storage.publish import link_or_copy

SUFFIX = ".segment"


@dataclass(frozen=True, slots=True)
class _Entry:
    used_ns: int
    size_bytes: int
    path: Path


class SegmentCache:
    """Segments below one folder, at most `limit_bytes` of them after each `trim`."""

    def __init__(self, folder: Path, *, limit_bytes: int) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes

    def lend(self, keys: Iterable[str], into: Path) -> tuple[str, ...]:
        """Link every known segment into a folder as ``<key>.segment`` and mark it used; returns the known keys."""
        into.mkdir(parents=True, exist_ok=True)
        known = []
        for key in dict.fromkeys(keys):
            entry = self._path(key)
            try:
                os.utime(entry)
                link_or_copy(entry, into / f"{key}{SUFFIX}")
            except FileNotFoundError:
                continue
            known.append(key)
        return tuple(known)

    def add(self, key: str, file: Path) -> None:
        """Keep a finished segment; the file itself may go away afterwards."""
        entry = self._path(key)
        with storage_errors("keep a segment"):
            entry.parent.mkdir(parents=True, exist_ok=True)
            partial = entry.with_name(f".{key}.{os.getpid()}.part")
            partial.unlink(missing_ok=True)
            link_or_copy(file, partial)
            partial.replace(entry)

    def drop(self, key: str) -> None:
        """Forget an entry that its reader found damaged."""
        self._path(key).unlink(missing_ok=True)

    def trim(self) -> int:
        """Remove the entries used longest ago until the rest fits the limit; returns the bytes removed."""
        entries = sorted(self._entries(), key=lambda entry: entry.used_ns)
        excess = sum(entry.size_bytes for entry in entries) - self._limit_bytes
        removed = 0
        for entry in entries:
            if removed >= excess:
                break
            entry.path.unlink(missing_ok=True)
            removed += entry.size_bytes
        return removed

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}{SUFFIX}"

    def _entries(self) -> Iterable[_Entry]:
        for path in self._folder.glob(f"*/*{SUFFIX}"):
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            yield _Entry(status.st_mtime_ns, status.st_size, path)
