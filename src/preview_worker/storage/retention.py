"""What has been kept for long enough: published folders and records whose time is over by every clock there is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from preview_worker.storage.atomic import storage_errors
from preview_worker.storage.jobs import JobFile, JobFiles
from preview_worker.storage.places import Places
from preview_worker.storage.publish import MANIFEST
from preview_worker.storage.trash import written_ns

DAY_MS: Final = 86_400_000
TOMBSTONE_MS: Final = 30 * DAY_MS
"""A record tells that there was something for so long after its files are gone."""
Keeping = Literal["approved-and-last", "approved", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long what is kept, in ms, and which previews stay beyond that."""

    preview_ms: int
    plan_ms: int
    failed_ms: int
    keeps: Keeping = "approved-and-last"

    def of(self, state: str, *, dry_run: bool) -> int:
        """How long a job that ended in a state is kept."""
        if state in {"failed", "cancelled"}:
            return self.failed_ms
        return self.plan_ms if dry_run else self.preview_ms

    @property
    def longest_ms(self) -> int:
        """The longest of all."""
        return max(self.preview_ms, self.plan_ms, self.failed_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """Something that should go.

    Attributes:
        kind: What it is: preview, plan, orphan, record.
        path: Where it is.
        why: Why it should go.
        size_bytes: How much that frees.
        written_ns: When its manifest, or the file itself, was written: what is written anew meanwhile stays.
    """

    kind: str
    path: Path
    why: str
    size_bytes: int
    written_ns: int = 0


def published_folders(places: Places) -> Iterator[Path]:
    """Every published folder, by name; blocking.

    Raises:
        StorageError: The disk is failing (transient).
    """
    for root in (places.root / "plans", places.root / "previews"):
        with storage_errors(f"list {root.name}"):
            found = sorted(path for path in root.glob("*/*") if path.is_dir())
        yield from found


def newest_ms(places: Places) -> int:
    """When the newest record or published folder was written, by its own time, in ms since the epoch; blocking."""
    paths = [*places.jobs.glob("*.json"), *(folder / MANIFEST for folder in published_folders(places))]
    return max((modified_ms(path) for path in paths), default=0)


def expired(places: Places, retention: Retention, now_ms: int) -> list[Removal]:
    """What should go, each by its record's time and by its file's own; blocking."""
    kept = _kept(places, retention.keeps)
    files = JobFiles(places.jobs)
    folders = list(published_folders(places))
    gone = [removal for path in folders if (removal := _folder(path, files, retention, kept, now_ms)) is not None]
    standing = {path.name.lower() for path in folders}
    return gone + [
        Removal(
            kind="record",
            path=path,
            why="its files are gone for 30 days",
            size_bytes=_size_bytes(path),
            written_ns=written_ns(path),
        )
        for path in sorted(places.jobs.glob("*.json"))
        if path.stem not in standing and _is_over(files.read(path.stem), path, retention, now_ms - TOMBSTONE_MS)
    ]


def modified_ms(path: Path) -> int:
    """When a file was written last, 0 where there is none."""
    return written_ns(path) // 10**6


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(_size_bytes(path) for path in folder.rglob("*"))


def _size_bytes(path: Path) -> int:
    """Bytes of a file, 0 where there is none: several processes may remove what is over."""
    with suppress(OSError):
        return path.stat().st_size
    return 0


def _folder(folder: Path, files: JobFiles, retention: Retention, kept: frozenset[str], now_ms: int) -> Removal | None:
    kind = "plan" if folder.parent.parent.name == "plans" else "preview"
    if folder.name.lower() in kept and kind == "preview":
        return None
    manifest = folder / MANIFEST
    if not manifest.is_file():
        if now_ms - modified_ms(folder) > retention.longest_ms:
            return Removal(kind="orphan", path=folder, why="it has no manifest", size_bytes=size_of(folder))
        return None
    since_ns = written_ns(manifest)
    record = files.read(folder.name)
    if record is None:  # lost: the folder's own time counts
        aged_ms = now_ms - modified_ms(manifest)
        over = aged_ms > retention.of("completed", dry_run=kind == "plan")
    else:
        over = _is_over(record, manifest, retention, now_ms)
    if not over:
        return None
    days = (now_ms - modified_ms(manifest)) // DAY_MS
    return Removal(
        kind=kind, path=folder, why=f"it is {days} days old", size_bytes=size_of(folder), written_ns=since_ns
    )


def _is_over(record: JobFile | None, path: Path, retention: Retention, now_ms: int) -> bool:
    """Whether something is over by its record, and by the time of its file; one without a record by the file alone."""
    if record is None:
        return modified_ms(path) + retention.longest_ms < now_ms
    kept_ms = retention.of(record.state, dry_run=record.dry_run)
    return max(record.expires_at_ms, record.finished_at_ms + kept_ms, modified_ms(path) + kept_ms) < now_ms


def _kept(places: Places, keeps: Keeping) -> frozenset[str]:
    """Ids of the previews that later ones are compared with, without regard to case."""
    kinds = {"approved-and-last": ("approved", "last"), "approved": ("approved",), "none": ()}[keeps]
    found = set()
    for kind in kinds:
        for path in (places.root / "history").glob(f"*/*.{kind}.json"):
            with suppress(OSError, ValueError, KeyError, TypeError):
                found.add(str(json.loads(path.read_bytes())["jobId"]).lower())
    return frozenset(found)
