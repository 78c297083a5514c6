"""What has been kept for long enough: published folders and records whose time is over by every clock there is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from preview_worker.errors import StorageError
from preview_worker.storage.atomic import read_if_there
from preview_worker.storage.jobs import JobFile, JobFiles
from preview_worker.storage.listing import Leave, files_in, folders_in, pass_over, refuse
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


def published_folders(places: Places, leave: Leave = refuse) -> Iterator[Path]:
    """Every published folder, by project and name; blocking.

    Args:
        places: Folders below DATA_DIR.
        leave: Told of each folder that can't be looked at, after which the others come.
    """
    for root in (places.root / "plans", places.root / "previews"):
        for project in folders_in(root, leave):
            yield from folders_in(project, leave)


def newest_ms(places: Places) -> int:
    """When the newest record or published folder was written, by its own time, in ms since the epoch; blocking.

    What can't be looked at says nothing of it.
    """
    folders = published_folders(places, pass_over)
    paths = [*files_in(places.jobs, ".json", pass_over), *(folder / MANIFEST for folder in folders)]
    return max((modified_ms(path) for path in paths), default=0)


def count_published(places: Places) -> int:
    """How many published folders there are, those aside that can't be looked at; blocking."""
    return sum(1 for _ in published_folders(places, pass_over))


def expired(places: Places, retention: Retention, now_ms: int, leave: Leave) -> list[Removal]:
    """What should go, each by its record's time and by its file's own; blocking.

    Args:
        places: Folders below DATA_DIR.
        retention: How long what is kept.
        now_ms: Now, in ms since the epoch.
        leave: Told of what can't be looked at, which stays; so does what only that could tell of.
    """
    return _Look(places, retention, now_ms, leave).expired()


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


class _Look:
    """One look for what is over."""

    def __init__(self, places: Places, retention: Retention, now_ms: int, leave: Leave) -> None:
        self._places = places
        self._retention = retention
        self._now_ms = now_ms
        self._tell = leave
        self._files = JobFiles(places.jobs)
        self._unseen: set[Path] = set()

    def expired(self) -> list[Removal]:
        kept = frozenset(self._kept())
        folders = list(published_folders(self._places, self._leave))
        standing = {path.name.lower() for path in folders}
        records = [path for path in files_in(self._places.jobs, ".json", self._leave) if path.stem not in standing]
        gone = [*(self._folder(path, kept) for path in folders), *(self._record(path) for path in records)]
        return [removal for removal in gone if removal is not None]

    def _leave(self, path: Path, error: OSError | StorageError) -> None:
        self._unseen.add(path)
        self._tell(path, error)

    def _is_unseen(self, path: Path) -> bool:
        return not self._unseen.isdisjoint((path, *path.parents))

    def _folder(self, folder: Path, kept: frozenset[str]) -> Removal | None:
        kind = "plan" if folder.parent.parent.name == "plans" else "preview"
        history = self._places.history(folder.parent.name)
        if kind == "preview" and (folder.name.lower() in kept or self._is_unseen(history)):
            return None
        try:
            return self._aged(folder, kind)
        except (OSError, StorageError) as error:
            self._leave(folder, error)
        return None

    def _aged(self, folder: Path, kind: str) -> Removal | None:
        manifest, retention = folder / MANIFEST, self._retention
        if not manifest.is_file():
            if self._now_ms - modified_ms(folder) > retention.longest_ms:
                return Removal(kind="orphan", path=folder, why="it has no manifest", size_bytes=size_of(folder))
            return None
        since_ns = written_ns(manifest)
        record = self._files.read(folder.name)
        aged_ms = self._now_ms - modified_ms(manifest)
        if record is None:  # lost: the folder's own time counts
            over = aged_ms > retention.of("completed", dry_run=kind == "plan")
        else:
            over = _is_over(record, manifest, retention, self._now_ms)
        if not over:
            return None
        why = f"it is {aged_ms // DAY_MS} days old"
        return Removal(kind=kind, path=folder, why=why, size_bytes=size_of(folder), written_ns=since_ns)

    def _record(self, path: Path) -> Removal | None:
        """A record whose files are gone for long; one of whose files nobody can tell stays."""
        try:
            record = self._files.read(path.stem)
        except StorageError as error:
            self._leave(path, error)
            return None
        if self._may_stand(record) or not _is_over(record, path, self._retention, self._now_ms - TOMBSTONE_MS):
            return None
        return Removal(
            kind="record",
            path=path,
            why="its files are gone for 30 days",
            size_bytes=_size_bytes(path),
            written_ns=written_ns(path),
        )

    def _may_stand(self, record: JobFile | None) -> bool:
        """Whether what a record is about may stand where nobody can look."""
        if record is None:
            return bool(self._unseen)
        where = self._places.plan if record.dry_run else self._places.preview
        return self._is_unseen(where(record.project_id, record.job_id))

    def _kept(self) -> Iterator[str]:
        """Ids of the previews that later ones are compared with, without regard to case."""
        keeps = self._retention.keeps
        kinds = {"approved-and-last": ("approved", "last"), "approved": ("approved",), "none": ()}[keeps]
        endings = tuple(f".{kind}.json" for kind in kinds)
        if not endings:
            return
        for project in folders_in(self._places.root / "history", self._leave):
            for path in files_in(project, endings, self._leave):
                try:
                    written = read_if_there(path, f"{path.name} of {project.name}")
                except StorageError as error:
                    self._tell(path, error)
                    self._unseen.add(project)  # any of its previews may be the one
                    continue
                with suppress(ValueError, KeyError, TypeError):
                    yield str(json.loads(written or b"{}")["jobId"]).lower()


def _is_over(record: JobFile | None, path: Path, retention: Retention, now_ms: int) -> bool:
    """Whether something is over by its record, and by the time of its file; one without a record by the file alone."""
    if record is None:
        return modified_ms(path) + retention.longest_ms < now_ms
    kept_ms = retention.of(record.state, dry_run=record.dry_run)
    return max(record.expires_at_ms, record.finished_at_ms + kept_ms, modified_ms(path) + kept_ms) < now_ms
