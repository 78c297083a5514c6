"""Room on the disk that is promised to running jobs, told to every process on the same DATA_DIR.

``reservations/<owner>/<jobId>`` holds a number of bytes. An owner is a process with a `Tenancy`; what a dead one
promised goes with the rest of what it left. A promise stays until the job ends, although part of it is written by then:
it counts twice in that time, which errs on the side of too much room.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from preview_worker.errors import StorageError
from preview_worker.posix import take_lock
from preview_worker.storage.atomic import storage_errors
from preview_worker.storage.places import Places
from preview_worker.storage.watermarks import DiskGuard, Shortage

LOCK_FILE: Final = "reservations.lock"
_LOCK_PAUSE_S: Final = 0.005


class Reservations:
    """What one process promises to its jobs. All methods block.

    Args:
        places: Folders below DATA_DIR.
        owner: The process's name.
        lock_wait_s: How long another process may hold the lock, which it does for some file operations only.
    """

    def __init__(self, places: Places, owner: str, *, lock_wait_s: float = 5.0) -> None:
        self._places = places
        self._lock_wait_s = lock_wait_s
        self._own = places.reservations / owner

    def promised_bytes(self) -> int:
        """Everything that is promised on this DATA_DIR, by whomever."""
        return promised_bytes(self._places)

    def reserve(self, job_id: str, size_bytes: int, guard: DiskGuard) -> Shortage | None:
        """Promise room to a job if it fits; of two processes that try at once, the second sees the first's promise.

        Args:
            job_id: The job.
            size_bytes: What it will write.
            guard: Asked while nobody else can promise anything.

        Returns:
            Why it doesn't fit; None: it is promised.

        Raises:
            StorageError: The disk is full, read-only or failing (transient).
        """
        with storage_errors("reserve room for a job"), _locked(self._places.root / LOCK_FILE, self._lock_wait_s):
            shortage = guard.fetching(size_bytes)
            if shortage is None:
                self._own.mkdir(parents=True, exist_ok=True)
                (self._own / job_id).write_text(str(size_bytes))
            return shortage

    def release(self, job_id: str) -> None:
        """The job has ended; nothing happens where nothing was promised."""
        with suppress(OSError):
            (self._own / job_id).unlink()


def promised_bytes(places: Places) -> int:
    """Everything that is promised on a DATA_DIR, by whomever; blocking."""
    try:
        return sum(_promise(path) for path in places.reservations.glob("*/*"))
    except OSError:  # the disk fails: whoever looks at it will see
        return 0


def _promise(path: Path) -> int:
    try:
        return int(path.read_text())
    except (OSError, ValueError):  # released meanwhile, or being written
        return 0


@contextmanager
def _locked(path: Path, wait_s: float) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        give_up_at_s = time.monotonic() + wait_s
        while not take_lock(descriptor):
            if time.monotonic() > give_up_at_s:
                raise StorageError("Can't reserve room for a job: another process holds the lock.")
            time.sleep(_LOCK_PAUSE_S)
        yield
    finally:
        os.close(descriptor)
