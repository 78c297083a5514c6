"""Removing a folder with all that is in it, whoever wrote it: `shutil.rmtree` gives up at a tree of 1000 levels."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

REMOVING: Final = "preview_worker.removing"
"""Audit event: the tree at a path is removed."""
DEEPEST: Final = 32
"""Folders that are open at once, one within another; what is deeper is moved up first."""

_BY_DESCRIPTOR: Final = os.scandir in os.supports_fd and {os.open, os.unlink, os.rmdir, os.rename} <= os.supports_dir_fd
"""Not on Windows."""
_FOLDER: Final = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
_NAMED_ONLY: Final = getattr(os, "O_PATH", 0)
_OWN: Final = stat.S_IRWXU


def remove_tree(path: Path) -> None:
    """Remove a folder however deep it is, and whatever links and permissions are in it; blocking.

    Links are removed, not followed, and a path that is itself a link, or a file, stays. What can't be removed stays,
    and what others remove meanwhile is fine.
    """
    sys.audit(REMOVING, str(path))
    if not _BY_DESCRIPTOR:
        with suppress(RecursionError):
            shutil.rmtree(path, ignore_errors=True)
        return
    with suppress(OSError):
        _empty(_opened(str(path)))
        path.rmdir()


@dataclass(frozen=True, slots=True)
class _Level:
    """An open folder, by which name it stands in the one above, and which of its folders are left."""

    folder: int
    name: str
    left: list[str]


def _empty(top: int) -> None:
    """Remove all that is in an open folder, and close it.

    Names are looked up in the folder that holds them: a path may be longer than the system takes, and a part of it a
    link by now. A folder that is too deep becomes one of the top's own, by a new name.
    """
    levels = [_Level(top, "", [])]
    try:
        levels[0].left.extend(_without_files(top))
        while levels:
            level = levels[-1]
            if not level.left:
                _leave(levels)
            elif len(levels) < DEEPEST:
                _enter(levels, level.left.pop())
            else:
                name, moved = level.left.pop(), secrets.token_hex(8)
                with suppress(OSError):
                    os.close(_opened(name, level.folder))  # who moves a folder has to be allowed to write into it
                    os.rename(name, moved, src_dir_fd=level.folder, dst_dir_fd=top)
                    levels[0].left.append(moved)
    finally:
        for level in levels:
            os.close(level.folder)


def _enter(levels: list[_Level], name: str) -> None:
    with suppress(OSError):
        levels.append(_Level(_opened(name, levels[-1].folder), name, []))
        levels[-1].left.extend(_without_files(levels[-1].folder))


def _leave(levels: list[_Level]) -> None:
    level = levels.pop()
    os.close(level.folder)
    if levels:
        with suppress(OSError):
            os.rmdir(level.name, dir_fd=levels[-1].folder)


def _without_files(folder: int) -> list[str]:
    """Remove an open folder's files and links; the names of its folders."""
    with os.scandir(folder) as entries:
        found = list(entries)
    folders = []
    for entry in found:
        with suppress(OSError):
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.name)
            else:
                os.unlink(entry.name, dir_fd=folder)
    return folders


def _opened(name: str, within: int | None = None) -> int:
    """Open a folder that is no link, and may be emptied from now on if it is ours."""
    try:
        folder = os.open(name, _FOLDER, dir_fd=within)
    except PermissionError:
        _allow(name, within)
        return os.open(name, _FOLDER, dir_fd=within)
    if os.fstat(folder).st_mode & _OWN != _OWN:
        with suppress(OSError):
            os.fchmod(folder, _OWN)
    return folder


def _allow(name: str, within: int | None) -> None:
    """Let ourselves into a folder; only Linux opens what it may not read so that its mode can be set, link or not."""
    if not _NAMED_ONLY:
        return
    folder = os.open(name, _FOLDER | _NAMED_ONLY, dir_fd=within)
    try:
        os.chmod(f"/proc/self/fd/{folder}", _OWN)  # noqa: PTH101 - the file that is open, not a path
    finally:
        os.close(folder)
