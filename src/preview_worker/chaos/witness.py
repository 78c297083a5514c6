"""The witness: it looks at what is published while the run goes on, and tells the history what it saw first.

What the checker finds in the end must be what was seen: a preview that is replaced has been published twice.
"""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Final

from preview_worker.chaos.history import Lines
from preview_worker.storage.places import Places
from preview_worker.storage.publish import MANIFEST
from preview_worker.storage.retention import published_folders

LOOK_EVERY_S: Final = 1.0


def sighting(folder: Path) -> dict[str, str | int] | None:
    """What tells one publication from another: the manifest's inode and hash; None where there is none; blocking."""
    try:
        content = (folder / MANIFEST).read_bytes()
        inode = (folder / MANIFEST).stat().st_ino
    except (FileNotFoundError, NotADirectoryError):
        return None
    return {"inode": inode, "sha256": hashlib.sha256(content).hexdigest()}


async def watch(data_dir: Path, history: Lines) -> None:
    """Look until cancelled."""
    places, seen = Places(data_dir), set[Path]()
    while True:
        await asyncio.to_thread(_look, places, seen, history)
        await asyncio.sleep(LOOK_EVERY_S)


def _look(places: Places, seen: set[Path], history: Lines) -> None:
    for folder in published_folders(places):
        if folder not in seen and (found := sighting(folder)) is not None:
            seen.add(folder)
            history.add("seen", job=folder.name, **found)
