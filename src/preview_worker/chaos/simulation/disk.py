"""A real folder whose changes are counted, broken off and lost: Python's audit events tell of each before it happens.

The file system's rules are the kernel's own. What is simulated is what a test can't have of a real one: a process
that dies between any two changes, a disk that fails, and a power cut, after which only that is there which was synced,
and of the rest as much as chance will have it.
"""

from __future__ import annotations

import errno
import os
import random
import shutil
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from preview_worker.chaos.simulation.process import CURRENT, Killed
from preview_worker.storage.atomic import SYNCED
from preview_worker.trees import REMOVING

_CHANGES: Final = frozenset({"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.truncate"})
_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_EVEN: Final = 0.5

RenameHeard = Callable[[str, str], None]
"""Hears of a rename that will happen: from where, to where."""
FolderHeard = Callable[[str], None]
"""Hears of a folder that will be made, or removed with all that is in it."""


class SimulatedDisk:
    """The disk below one folder.

    Args:
        root: The folder; on a file system in memory it is fastest.
        chance: What a power cut leaves is drawn from it.
        renames: Hears of renames.
        makes: Hears of folders that are made.
        removes: Hears of trees that are removed.
        loses_syncs: Whether the disk says that it has synced and hasn't.
    """

    def __init__(
        self,
        root: Path,
        chance: random.Random,
        *,
        renames: RenameHeard = lambda *_: None,
        makes: FolderHeard = lambda _: None,
        removes: FolderHeard = lambda _: None,
        loses_syncs: bool = False,
    ) -> None:
        self.root = root
        self._chance = chance
        self._renames = renames
        self._makes = makes
        self._removes = removes
        self._loses_syncs = loses_syncs
        self.fails_syncs = False
        """Whether what is to be synced isn't, and the caller hears of it."""
        self._files: dict[int, tuple[int, int]] = {}
        """Synced files: size and time of the last write by inode."""
        self._folders: dict[int, dict[str, int]] = {}
        """Synced folders: the inodes that they named, by name."""
        self._heard_of: dict[str, int] = {}
        """Names in the order in which they came up: many are made by chance, and a seed has but one history."""

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Hear of changes; one disk at a time."""
        before, _hook.disk = _hook.disk, self
        _hook.install()
        try:
            yield
        finally:
            _hook.disk = before

    def heard(self, event: str, args: tuple[Any, ...]) -> None:
        """An audit event of this Python process; raises what shall happen instead."""
        if event == SYNCED:
            if self.fails_syncs:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            self._synced(args[0])
        elif event in _CHANGES or (event == "open" and isinstance(args[2], int) and args[2] & _WRITING):
            self._changing(event, args)
        elif event == REMOVING and CURRENT.get() is not None:
            self._removes(args[0])

    def cut_power(self) -> None:
        """Leave what a machine finds that lost its power now; its processes have to be dead."""
        for folder in [path for path in self._walk() if path.is_dir()]:
            if folder.is_dir():
                self._cut_folder(folder)
        for path in self._walk():
            if path.is_file():
                self._cut_file(path)
        self._remember_all()

    def _walk(self) -> list[Path]:
        """The root and all below it, in the same order for the same history."""
        found, at = [self.root], 0
        while at < len(found):
            if found[at].is_dir():
                found += [found[at] / name for name in self._in_order(_named(found[at]))]
            at += 1
        return found

    def _in_order(self, names: Iterable[str]) -> list[str]:
        return sorted(names, key=lambda name: (self._heard_of.get(name, -1), name))

    def _changing(self, event: str, args: tuple[Any, ...]) -> None:
        for path in args[:2]:
            if isinstance(path, (str, os.PathLike)):
                self._heard_of.setdefault(Path(path).name, len(self._heard_of))
        process = CURRENT.get()
        if process is None:
            return
        process.check()
        process.operations += 1
        if process.dies_after is not None and process.operations >= process.dies_after:
            process.kill()
            raise Killed(process.name)
        if process.disk_fails_at is not None and process.operations >= process.disk_fails_at:
            process.disk_fails_at = None
            process.disk_failures += 1
            raise OSError(process.disk_error, os.strerror(process.disk_error))
        if event == "os.rename":
            self._renames(os.fspath(args[0]), os.fspath(args[1]))
        elif event == "os.mkdir":
            self._makes(os.fspath(args[0]))

    def _synced(self, path: str) -> None:
        if self._loses_syncs or not path.startswith(str(self.root)):
            return
        status = Path(path).stat()
        if stat.S_ISDIR(status.st_mode):
            self._folders[status.st_ino] = _named(Path(path))
        else:
            self._files[status.st_ino] = (status.st_size, status.st_mtime_ns)

    def _cut_folder(self, folder: Path) -> None:
        """Of what was added since the folder was synced each thing may be missing, and is then where it was before."""
        known = self._folders.get(folder.stat().st_ino, {})
        found = _named(folder)
        for name in self._in_order(found):
            inode = found[name]
            if known.get(name) == inode or self._chance.random() < _EVEN:
                continue
            self._put_back(folder / name, inode)

    def _put_back(self, path: Path, inode: int) -> None:
        for folder in self._walk():
            if not folder.is_dir() or path in (folder, *folder.parents):
                continue
            names = self._folders.get(folder.stat().st_ino, {})
            name = next((name for name, held in names.items() if held == inode), None)
            if name is not None and not (folder / name).exists():
                path.rename(folder / name)
                return
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()

    def _cut_file(self, path: Path) -> None:
        """A file that wasn't synced as it is now may be short, or full of zeros."""
        status = path.stat()
        if self._files.get(status.st_ino) == (status.st_size, status.st_mtime_ns) or not status.st_size:
            return
        content = path.read_bytes()
        if self._chance.random() < _EVEN:
            path.write_bytes(content[: self._chance.randrange(len(content))])
        elif self._chance.random() < _EVEN:
            path.write_bytes(bytes(len(content)))

    def _remember_all(self) -> None:
        """What is there after a power cut is on the disk."""
        for path in self._walk():
            status = path.stat()
            if path.is_dir():
                self._folders[status.st_ino] = _named(path)
            else:
                self._files[status.st_ino] = (status.st_size, status.st_mtime_ns)


class _Hook:
    """The one audit hook of this Python process, which can't be taken away again."""

    def __init__(self) -> None:
        self.disk: SimulatedDisk | None = None
        self._installed = False

    def install(self) -> None:
        if not self._installed:
            self._installed = True
            sys.addaudithook(self._heard)

    def _heard(self, event: str, args: tuple[Any, ...]) -> None:
        if self.disk is not None:
            self.disk.heard(event, args)


_hook: Final = _Hook()


def _named(folder: Path) -> dict[str, int]:
    return {entry.name: entry.inode() for entry in os.scandir(folder)}
