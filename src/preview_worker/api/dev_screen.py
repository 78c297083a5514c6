"""What the page of `dev` shows at this moment, and the stream that tells every open page of a change.

There are two parts, the state of the work and the video. Only the newest of each is kept and sent: a page that comes
late, comes back or reads slowly gets what is true now, not what has happened.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

from preview_worker.contract.dev import DevState, DevVideo

KEPT = 2
"""Pictures and videos that can still be fetched: the newest, and the one before."""
RETRY_MS = 500
"""When a page asks again after the stream has ended: soon, since the command may just have been started anew."""
QUIET_S = 15.0
"""A stream that has nothing to tell says so, which finds out whether anybody still listens."""
_QUIET = b": nothing new\n\n"


class DevScreen:
    """Shows the newest state, picture and video; lives in one event loop."""

    def __init__(self) -> None:
        self._run = secrets.token_hex(4)
        self._number = 0
        self._parts: dict[str, tuple[int, bytes]] = {}
        self._pictures: dict[str, bytes] = {}
        self._folders: dict[str, Path] = {}
        self._changed = asyncio.Event()
        self._closed = False

    def tell(self, state: DevState) -> None:
        """Show the state of the work in place of the one before."""
        self._put("state", state)

    def show(self, video: DevVideo, name: str, folder: Path) -> None:
        """Show a video in place of the one before, whose files are still served."""
        self._folders[name] = folder
        while len(self._folders) > KEPT:
            del self._folders[next(iter(self._folders))]
        self._put("video", video)

    def keep_picture(self, name: str, content: bytes) -> None:
        """Have a JPEG ready under a name."""
        self._pictures[name] = content
        while len(self._pictures) > KEPT:
            del self._pictures[next(iter(self._pictures))]

    def picture(self, name: str) -> bytes | None:
        """A JPEG by its name, None where it is gone or never was."""
        return self._pictures.get(name)

    def folder(self, name: str) -> Path | None:
        """The folder of a video's files, None where it is gone or never was."""
        return self._folders.get(name)

    def close(self) -> None:
        """End every stream."""
        self._closed = True
        self._wake()

    async def events(self, last_event_id: str | None) -> AsyncIterator[bytes]:
        """Server-sent events for one page, until the screen is closed.

        Args:
            last_event_id: The last event the page has seen; of another run of the command, it says nothing.
        """
        run, _, number = (last_event_id or "").partition("-")
        seen = int(number) if run == self._run and number.isascii() and number.isdecimal() else 0
        yield f"retry: {RETRY_MS}\n\n".encode()
        while not self._closed:
            changed = self._changed  # taken before looking: what comes meanwhile sets it
            news = sorted((at, part) for part, (at, _) in self._parts.items() if at > seen)
            for at, part in news:
                seen = at
                yield self._event(part, at)
            if not news and not await _set_within(changed, QUIET_S):
                yield _QUIET

    def _event(self, part: str, at: int) -> bytes:
        # What it says now, which may be newer than its number: it is then sent again.
        return b"id: %s-%d\nevent: %s\ndata: %s\n\n" % (self._run.encode(), at, part.encode(), self._parts[part][1])

    def _put(self, part: str, content: DevState | DevVideo) -> None:
        self._number += 1
        self._parts[part] = (self._number, content.model_dump_json(by_alias=True).encode())
        self._wake()

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
