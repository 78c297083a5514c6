"""Folders that outlived their owner: told apart from a living owner's by a lock, and removed.

Everything unfinished of one process stands below its *owner name*: render folders in ``work/<owner>/``, attempts in
``stage/<owner>/``, promises of room in ``reservations/<owner>/``. While the process lives it holds a lock on
``work/<owner>/owner.lock``. The kernel frees the lock with the process however it dies, so the question "is it dead?"
needs no process ids, which are used again and mean nothing to another container on the same disk.
"""

from __future__ import annotations

import os
import secrets
import socket
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from preview_worker.errors import StorageError
from preview_worker.posix import take_lock
from preview_worker.storage.atomic import storage_errors
from preview_worker.storage.listing import Leave, pass_over, remaining
from preview_worker.storage.places import Places
from preview_worker.trees import remove_tree

LOCK_FILE: Final = "owner.lock"
CLAIMS_MAX: Final = 20
"""A sweep may disturb a claim once for each process that starts in the same moment."""


class Tenancy:
    """A process's place for unfinished work; a context manager that leaves nothing behind.

    Enter before anything is made below `work` or `stage`, leave after everything there has ended.

    Args:
        places: The folders of DATA_DIR.
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self._owner = _new_name()
        self._lock: int | None = None

    @property
    def work(self) -> Path:
        """Where this process's render processes have their folders."""
        return self._places.work / self._owner

    @property
    def owner(self) -> str:
        """The process's name below every folder of unfinished work."""
        return self._owner

    @property
    def stage(self) -> Path:
        """Where this process puts attempts together; made on demand."""
        return self._places.stage / self._owner

    def __enter__(self) -> Self:
        """Claim the place.

        Raises:
            StorageError: The disk is full, read-only or failing (transient).
        """
        with storage_errors("claim a folder for unfinished work"):
            for _ in range(CLAIMS_MAX):
                self._lock = _claimed(self.work)
                if self._lock is not None:
                    return self
                self._owner = _new_name()  # the sweep that came between may still remove what has the old one
        raise StorageError("Can't claim a folder for unfinished work: it is swept away each time.")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abandon()
        _remove(self._places, self._owner)

    def abandon(self) -> None:
        """Let go of the place, and leave what is there: what the kernel does when the process dies."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def sweep(places: Places, leave: Leave = pass_over) -> tuple[str, ...]:
    """Remove what dead processes left below `work` and `stage`; blocking, safe while others sweep.

    It never fails: an owner of whom nobody can tell whether it is dead counts as alive. Another user's lock can't be
    opened, nor any on a read-only disk.

    Args:
        places: The folders of DATA_DIR.
        leave: Told what couldn't be looked at or removed, and why.

    Returns:
        The names that were removed.
    """
    swept = []
    for owner in _owners(places, leave):
        try:
            if _swept(places, owner):
                swept.append(owner)
        except OSError as error:
            leave(places.work / owner, error)
    return tuple(swept)


def _new_name() -> str:
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


def _claimed(folder: Path) -> int | None:
    """A held lock on the folder's lock file, None where a sweep came between making it and locking it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir()
    lock = _lock_file(folder)
    if lock is None:
        return None
    if take_lock(lock) and _still_there(folder / LOCK_FILE, lock):
        return lock
    os.close(lock)
    return None


def _still_there(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _swept(places: Places, owner: str) -> bool:
    """Remove what an owner left if it is dead; says whether it was.

    Raises:
        OSError: That can't be told, or not everything could be removed.
    """
    lock = _lock_file(places.work / owner)
    try:
        # Without a folder of that name in `work` nobody is alive: it is made before anything in `stage`.
        if lock is not None and not take_lock(lock):
            return False
        if (error := _remove(places, owner)) is not None:
            raise error
    finally:
        if lock is not None:
            os.close(lock)
    return True


def _lock_file(folder: Path) -> int | None:
    """The folder's lock file, open; None where there is no such folder.

    Made where it is absent, by sweeps too: of an owner who is just starting and a sweep, the one that locks it wins.
    """
    try:
        return os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o644)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _remove(places: Places, owner: str) -> OSError | None:
    """What can't be removed stays for the next sweep; `work` goes last, so that `stage` never outlives it.

    Returns:
        Why some of it is still there.
    """
    folders = (places.reservations / owner, places.stage / owner, places.work / owner)
    for folder in folders:
        with suppress(OSError):
            if folder.is_dir():
                remove_tree(folder)
            else:
                folder.unlink(missing_ok=True)
    return next((error for folder in folders if (error := remaining(folder)) is not None), None)


def _owners(places: Places, leave: Leave) -> list[str]:
    folders = (places.work, places.stage, places.reservations)
    return sorted({name for folder in folders for name in _names(folder, leave)})


def _names(folder: Path, leave: Leave) -> set[str]:
    try:
        return {entry.name for entry in folder.iterdir()}
    except FileNotFoundError:
        pass
    except OSError as error:
        leave(folder, error)
    return set()
