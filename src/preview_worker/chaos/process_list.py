"""Which processes of a run there are, by the folders that their commands name or that they work in (Linux)."""

from __future__ import annotations

import os
from pathlib import Path


def still_there(folder: Path, *, but: Path | None = None) -> list[int]:
    """Ids of the processes of a folder, without this one and those of a folder below it; blocking.

    Args:
        folder: What command or working folder names, in full; may end amid a name.
        but: Whose processes don't count.
    """
    return sorted(pid for pid, named in _named() if os.fsencode(folder) in named and not _names(named, but))


def _names(named: bytes, folder: Path | None) -> bool:
    return folder is not None and os.fsencode(folder) in named


def _named() -> list[tuple[int, bytes]]:
    """Each process with its command and working folder; those that end meanwhile or are another user's are left out."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            found.append((int(entry.name), (entry / "cmdline").read_bytes() + os.fsencode((entry / "cwd").readlink())))
        except OSError:
            continue
    return found
