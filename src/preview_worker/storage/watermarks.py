"""What is too little room on the disk, in three steps: clean early, take no new jobs in, start none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from preview_worker.storage.disk import Disk, Space

BYTES_PER_FILE: Final = 1 << 20
"""A watermark in bytes asks for one free file entry for each MiB: a job writes some hundred files of 10 to 1000 kB."""
_MIB: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermark:
    """Least room: a share of the disk, a number of bytes, or the smaller of both."""

    share: float | None = None
    size_bytes: int | None = None

    def bytes_of(self, space: Space) -> int:
        """Free bytes below which it is passed."""
        return _smaller(space.total_bytes, self.share, self.size_bytes)

    def files_of(self, space: Space) -> int:
        """Free file entries below which it is passed; 0 where the file system knows no bound."""
        entries = None if self.size_bytes is None else self.size_bytes // BYTES_PER_FILE
        return _smaller(space.total_files, self.share, entries) if space.total_files else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermarks:
    """The three; sensible ones grow from `fetching` to `cleaning`."""

    cleaning: Watermark
    admission: Watermark
    fetching: Watermark


class DiskState(StrEnum):
    """What is left to do with the room there is."""

    AMPLE = "ample"
    LOW = "low"
    """Below `cleaning`: caches are trimmed early."""
    REFUSING = "refusing"
    """Below `admission`: new jobs are refused."""
    HOLDING = "holding"
    """Below `fetching`, read-only or gone: workers start nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """Why something has to wait for room.

    Attributes:
        sentence: What is wrong, with numbers.
        remedy: What an operator can do.
        free_bytes: What is free and not promised to running jobs.
        needed_bytes: What should be.
    """

    sentence: str
    remedy: str
    free_bytes: int
    needed_bytes: int


class DiskGuard:
    """Compares a disk with its watermarks. All methods block as `Disk.look` does.

    Args:
        disk: Where DATA_DIR is.
        marks: The watermarks.
        promised: Bytes that running jobs will still write.
    """

    def __init__(self, disk: Disk, marks: Watermarks, promised: Callable[[], int]) -> None:
        self._disk = disk
        self._marks = marks
        self._promised = promised

    def look(self) -> tuple[Space, DiskState]:
        """The disk, and how far it is down; what is promised to running jobs counts as used."""
        space, promised = self._disk.look(), self._promised()
        for state, mark in (
            (DiskState.HOLDING, self._marks.fetching),
            (DiskState.REFUSING, self._marks.admission),
            (DiskState.LOW, self._marks.cleaning),
        ):
            if _shortage(space, mark, promised, 0) is not None:
                return space, state
        return space, DiskState.AMPLE

    def admission(self, job_bytes: int) -> Shortage | None:
        """Why a job of so many bytes can't be taken in; None: it can."""
        return _shortage(self._disk.look(), self._marks.admission, self._promised(), job_bytes)

    def fetching(self, job_bytes: int = 0) -> Shortage | None:
        """Why a job of so many bytes can't be started; None: it can."""
        return _shortage(self._disk.look(), self._marks.fetching, self._promised(), job_bytes)

    def excess_bytes(self) -> int:
        """How much has to be removed to come above the mark of cleaning; 0 where nothing has to."""
        space = self._disk.look()
        return max(0, self._marks.cleaning.bytes_of(space) + self._promised() - space.free_bytes)


def _shortage(space: Space, mark: Watermark, promised: int, job_bytes: int) -> Shortage | None:
    free, needed = space.free_bytes - promised, mark.bytes_of(space) + job_bytes

    def short(sentence: str, remedy: str) -> Shortage:
        return Shortage(sentence=sentence, remedy=remedy, free_bytes=max(0, free), needed_bytes=needed)

    if not space.present:
        return short("DATA_DIR isn't the folder that it was: its disk is gone.", "Mount the disk of DATA_DIR again.")
    if not space.writable:
        return short("The disk of DATA_DIR is read-only.", "Look for its fault, and mount it writable.")
    if free < needed:
        return short(
            f"The disk of DATA_DIR has {_mib(max(0, free))} MiB free beside what running jobs need; "
            f"{_mib(needed)} MiB are wanted.",
            "Run `preview-worker clean`, or make room on the disk.",
        )
    if space.free_files < mark.files_of(space):
        return short(
            f"The file system of DATA_DIR takes {space.free_files} more files; {mark.files_of(space)} are wanted.",
            "Run `preview-worker clean`, or remove files that aren't needed.",
        )
    return None


def _smaller(total: int, share: float | None, number: int | None) -> int:
    bounds = [*(() if share is None else (int(total * share),)), *(() if number is None else (number,))]
    return min(bounds, default=0)


def _mib(size_bytes: int) -> int:
    return -(-size_bytes // _MIB) if size_bytes % _MIB and size_bytes < _MIB else size_bytes // _MIB
