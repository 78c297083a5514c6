"""Bounds of what only grows: all caches together, facts, dead letters; the oldest goes first.

How old something is is told by its file's last change, which a segment has whenever it is used.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from preview_worker.storage.places import Places

YOUNGEST_S: Final = 3600
"""What was written or used less than this ago stays: a running job may be about to take it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """How many files, and how large together, may stand below a folder.

    Attributes:
        kind: What they are, for those who count removals.
        place: The folder, below DATA_DIR.
        most: How many files.
        size_bytes: Bytes of all.
    """

    kind: str
    place: str
    most: int
    size_bytes: int


BOUNDS: Final = (
    Bound(kind="cache", place="cache/facts", most=20_000, size_bytes=64 << 20),
    Bound(kind="dead-letter", place="dead-letters", most=10_000, size_bytes=256 << 20),
)
"""Facts are measured again when they are wanted; letters come here when they are too many for Redis."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class CachedFile:
    """A file of a cache."""

    used_s: float
    size_bytes: int
    path: str


def to_trim(places: Places, *, limit_bytes: int, excess_bytes: int, now_s: float | None = None) -> list[CachedFile]:
    """The files to remove so that the caches keep their limit and so many bytes become free; blocking.

    Only what has one name frees anything: a segment in use has a second one. Facts have a bound of their own.
    """
    young_s = (time.time() if now_s is None else now_s) - YOUNGEST_S
    found = sorted(_cached(places))
    wanted = max(sum(file.size_bytes for file in found) - limit_bytes, excess_bytes)
    chosen = []
    for file in found:
        if wanted <= 0 or file.used_s > young_s:
            break
        chosen.append(file)
        wanted -= file.size_bytes
    return chosen


def beyond(places: Places, bound: Bound, *, now_s: float | None = None) -> list[CachedFile]:
    """The files to remove so that a folder keeps its bound; blocking."""
    young_s = (time.time() if now_s is None else now_s) - YOUNGEST_S
    found = sorted(_files_below(places.root / bound.place))
    left, left_bytes = len(found), sum(file.size_bytes for file in found)
    chosen = []
    for file in found:
        if (left <= bound.most and left_bytes <= bound.size_bytes) or file.used_s > young_s:
            break
        chosen.append(file)
        left, left_bytes = left - 1, left_bytes - file.size_bytes
    return chosen


def _cached(places: Places) -> Iterator[CachedFile]:
    for folder in (places.root / "cache" / "segments", places.voices, places.inline):
        yield from _files_below(folder)


def _files_below(folder: Path | str) -> Iterator[CachedFile]:
    """Files at any depth; of a quarter of the time that `Path.rglob` takes."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files_below(entry.path)
                continue
            with suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                yield CachedFile(used_s=status.st_mtime, size_bytes=status.st_size, path=entry.path)
