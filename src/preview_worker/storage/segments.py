"""The segment cache: finished segments and spans of the sound of one project, by content key.

Written by the worker alone. An entry appears by one rename; its reader verifies it by the hash it carries. The cache is
bounded in bytes: the entries used longest ago go first.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from preview_worker.storage.atomic import PARTIAL_SUFFIX, partial_file, storage_errors
from preview_worker.storage.publish import link_or_copy

SUFFIX = ".seg"
ABANDONED_AFTER_S = 3600
"""A partial file this old belongs to a process that was killed."""


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
        """Link every known segment into a folder as ``<key>.seg`` and mark it used; returns the known keys.

        Raises:
            StorageError: The disk is full, read-only or failing (transient).
        """
        known = []
        with storage_errors("lend segments"):
            into.mkdir(parents=True, exist_ok=True)
            for key in dict.fromkeys(keys):
                entry = self._path(key)
                try:
                    os.utime(entry)
                    link_or_copy(entry, into / f"{key}{SUFFIX}")
                except FileNotFoundError:
                    continue
                known.append(key)
        return tuple(known)

    def known(self, keys: Iterable[str]) -> frozenset[str]:
        """The keys that are there, without marking them used."""
        return frozenset(key for key in keys if self._path(key).exists())

    def add(self, key: str, file: Path) -> None:
        """Keep a finished segment; the file itself may go away afterwards.

        Raises:
            StorageError: The disk is full, read-only or failing; no part of it is left (transient).
        """
        entry = self._path(key)
        with storage_errors("keep a segment"):
            entry.parent.mkdir(parents=True, exist_ok=True)
            with partial_file(entry) as partial:
                link_or_copy(file, partial)
                partial.replace(entry)

    def drop(self, key: str) -> None:
        """Forget an entry that its reader found damaged."""
        with storage_errors("drop a segment"):
            self._path(key).unlink(missing_ok=True)

    def trim(self) -> int:
        """Remove the entries used longest ago until the rest fits the limit; returns the bytes removed."""
        entries = sorted(self._entries(SUFFIX), key=lambda entry: entry.used_ns)
        excess = sum(entry.size_bytes for entry in entries) - self._limit_bytes
        abandoned_ns = time.time_ns() - ABANDONED_AFTER_S * 10**9
        removed = 0
        with storage_errors("trim the segment cache"):
            for partial in self._entries(PARTIAL_SUFFIX):
                if partial.used_ns < abandoned_ns:
                    partial.path.unlink(missing_ok=True)
            for entry in entries:
                if removed >= excess:
                    break
                entry.path.unlink(missing_ok=True)
                removed += entry.size_bytes
        return removed

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}{SUFFIX}"

    def _entries(self, suffix: str) -> Iterable[_Entry]:
        for path in self._folder.glob(f"*/*{suffix}"):
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            yield _Entry(status.st_mtime_ns, status.st_size, path)
