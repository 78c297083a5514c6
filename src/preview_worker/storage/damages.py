"""What is known of damage to published files, for whoever serves them or makes them anew."""

from __future__ import annotations

import errno
import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from preview_worker.errors import StorageError
from preview_worker.storage.atomic import read_if_there, storage_errors, unlink_if_there, write_json
from preview_worker.storage.listing import Leave, files_in, refuse
from preview_worker.storage.places import Places
from preview_worker.storage.publish import MANIFEST, UnreadableError, unreadable

_IN_NEED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
"""What the kernel says when it isn't the file that is at fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A published folder that was looked at.

    Attributes:
        folder: The folder.
        damaged: Which of its files are damaged.
        manifest_sha256: Of its manifest's bytes, which tell it from others that stood there; empty: it has none.
        fault: Why it couldn't be looked at, or why what was found couldn't be noted.
    """

    folder: Path
    damaged: tuple[str, ...]
    manifest_sha256: str
    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Note:
    """What is noted of a job.

    Attributes:
        files: Which are damaged.
        folder: Which folder it is about, below DATA_DIR; None: an earlier build's, about whatever stands.
        manifest_sha256: See `Looked`.
    """

    files: frozenset[str]
    folder: str | None
    manifest_sha256: str


class Damages:
    """Which files are damaged, a small file for each job. All methods block.

    A note is about the publication that was looked at, known by its manifest: whatever takes its place is sound until
    somebody has looked at that.
    """

    def __init__(self, places: Places) -> None:
        self._root = places.root
        self.folder = places.root / "damaged"

    def of(self, job_id: str) -> frozenset[str]:
        """The damaged files of a job.

        Raises:
            StorageError: What is noted of them, or what that is about, can't be read (transient).
        """
        note = self._noted(job_id)
        return note.files if note is not None and self._is_about_what_stands(note) else frozenset()

    def jobs(self, leave: Leave = refuse) -> list[str]:
        """Ids of the jobs with damaged files, in lower case.

        Args:
            leave: Told of notes that can't be read.
        """
        return [path.stem for path in files_in(self.folder, (".json",), leave) if self._is_of_damage(path, leave)]

    def _is_of_damage(self, path: Path, leave: Leave) -> bool:
        try:
            return bool(self.of(path.stem))
        except StorageError as error:
            leave(path, error)
            return False

    def note(self, looked: Looked) -> None:
        """Remember what was found: damage, or that there is none any more.

        Raises:
            StorageError: The disk is full, read-only or failing (transient).
        """
        if looked.damaged:
            where = looked.folder.relative_to(self._root).as_posix()
            note = {"files": looked.damaged, "folder": where, "manifest": looked.manifest_sha256}
            write_json(self._path(looked.folder.name), note)
        else:
            self.forget(looked.folder.name)

    def distrust(self, folder: Path, file: str) -> None:
        """Remember a file that somebody couldn't read as damaged, for as long as the same publication stands.

        Raises:
            StorageError: The disk is full, read-only or failing (transient).
        """
        known = frozenset[str]()
        with suppress(UnreadableError):
            known = self.of(folder.name)
        damaged = tuple(sorted({*known, file}))
        self.note(Looked(folder=folder, damaged=damaged, manifest_sha256=manifest_sha256_of(folder)))

    def bind(self, folder: Path) -> None:
        """Let what is noted be about what stands in a folder now; an earlier build's note is about whatever stands.

        Raises:
            StorageError: The disk is full, read-only or failing (transient).
        """
        note = self._noted(folder.name)
        if note is not None and note.files and note.folder is None:
            damaged = tuple(sorted(note.files))
            self.note(Looked(folder=folder, damaged=damaged, manifest_sha256=manifest_sha256_of(folder)))

    def forget(self, job_id: str) -> None:
        """Remember nothing of a job: its files are sound, or gone.

        Raises:
            StorageError: The disk is read-only or failing (transient).
        """
        with storage_errors("forget damage"):
            unlink_if_there(self._path(job_id))

    def _noted(self, job_id: str) -> _Note | None:
        """What is noted of a job, None where there is nothing that says anything."""
        written = read_if_there(self._path(job_id), f"what is noted of damage to {job_id}")
        if written is None:
            return None
        try:
            note = json.loads(written)
            folder, manifest_sha256 = note.get("folder"), note.get("manifest", "")
            about = folder if folder is None else str(folder)
            return _Note(files=frozenset(note["files"]), folder=about, manifest_sha256=str(manifest_sha256))
        except (ValueError, KeyError, TypeError, AttributeError):
            return None

    def _is_about_what_stands(self, note: _Note) -> bool:
        if note.folder is None:
            return True
        return manifest_sha256_of(self._root / note.folder, before=note.manifest_sha256) == note.manifest_sha256

    def _path(self, job_id: str) -> Path:
        return self.folder / f"{job_id.lower()}.json"


def manifest_sha256_of(folder: Path, *, before: str = "") -> str:
    """The hash of a manifest's bytes; empty where there is none, or it can't be read and couldn't be before.

    Raises:
        UnreadableError: It can't be read, and could be before (transient).
        StorageError: It can't be read, which isn't its own fault (transient).
    """
    try:
        return hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        refuse_need(error)
        if before:
            raise unreadable(folder, MANIFEST, error) from error
        return ""


def refuse_need(error: BaseException | None) -> None:
    """Say nothing of a file that can't be read when it is the process, or the machine, that is in need.

    Raises:
        StorageError: It is (transient).
    """
    if isinstance(error, OSError) and error.errno in _IN_NEED:
        with storage_errors("look at what is published"):
            raise error
