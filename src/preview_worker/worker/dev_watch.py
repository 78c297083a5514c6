"""Noticing that a file was saved, however an editor does it: written over, or a new one renamed into its place."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

PAUSE_S = 0.05
"""Between two looks; a save is told after the second look that sees it, so that nothing half written is read."""
SHARE = 20
"""Looks at a thousand files, or at a slow disk, may take a twentieth of a core: the pauses become longer."""

Pause = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells a saved file from an unchanged one without reading it.

    The time of the last change of its entry (ctime) isn't among it: giving a file a second name, as is done to hand it
    to a render process, changes that.
    """

    modified_ns: int
    size_bytes: int
    inode: int
    device: int


Stamps = Mapping[Path, Stamp | None]
"""A file that isn't there has none."""


class Watcher:
    """Watches files.

    Args:
        pause: Waits so many seconds.
    """

    def __init__(self, *, pause: Pause = asyncio.sleep) -> None:
        self._pause = pause
        self._known: Stamps = {}

    async def follow(self, files: Iterable[Path]) -> Stamps:
        """Watch these files from now on, and no others; those watched before keep the state they are known in.

        Returns:
            The state in which each is known: what is read afterwards is that or newer.
        """
        wanted = frozenset(files)
        new = await asyncio.to_thread(stamps_of, wanted - self._known.keys())
        self._known = {path: stamp for path, stamp in self._known.items() if path in wanted} | dict(new)
        return self._known

    async def changed(self) -> None:
        """Wait until a file is another than it is known to be, and rests; then it is known so."""
        seen = self._known
        while True:
            started_s = time.perf_counter()
            now = await asyncio.to_thread(stamps_of, self._known)
            took_s = time.perf_counter() - started_s
            if now != self._known and now == seen:
                self._known = now
                return
            seen = now
            await self._pause(max(PAUSE_S, took_s * SHARE))


def stamps_of(files: Iterable[Path]) -> Stamps:
    """The state of every file; blocking."""
    return {path: _stamp(path) for path in files}


def _stamp(path: Path) -> Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return Stamp(status.st_mtime_ns, status.st_size, status.st_ino, status.st_dev)
