"""Room on the disk for a worker's jobs: promised before a render begins; without it nothing is taken from the queue."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from preview_worker.errors import StorageError
from preview_worker.render.settling import settled
from preview_worker.storage.atomic import try_out
from preview_worker.storage.reservations import Reservations
from preview_worker.storage.watermarks import DiskGuard
from preview_worker.worker.holding import Hindrance, NotYet

COPIES: Final = 2
"""Every byte of a video is written as a segment of the cache and into the file; early files are further names."""
BESIDE_BYTES: Final = 4 << 20
"""Pictures, sidecars, report and log."""


class NoRoomYet(NotYet):
    """What the disk has is promised to other jobs."""

    event = "job-waits-for-room"
    reason = "the disk has no room for it yet"


class Room:
    """Promises room to the jobs of one worker.

    Args:
        guard: Knows the disk and the watermarks.
        reservations: Where promises are kept.
    """

    def __init__(self, guard: DiskGuard, reservations: Reservations) -> None:
        self._guard = guard
        self._reservations = reservations
        self._wanted_bytes = 0
        self._mistrusted: frozenset[Path] = frozenset()

    def mistrust(self, folders: Iterable[Path]) -> None:
        """Take nothing until these folders take writes again, too: the disk has failed there."""
        self._mistrusted = self._mistrusted.union(folders)

    async def reserve(self, job_id: str, video_bytes: int) -> None:
        """Promise a job its room.

        Args:
            job_id: The job.
            video_bytes: How large its videos may well become.

        Raises:
            NoRoomYet: Other jobs have it; the worker takes nothing until this one fits, or no other runs.
            StorageError: Even alone it doesn't fit (transient, ``no-space``), or the disk fails.
        """
        size_bytes = COPIES * video_bytes + BESIDE_BYTES
        shortage = await settled(self._reservations.reserve, job_id, size_bytes, self._guard)
        if shortage is None:
            return
        if await asyncio.to_thread(self._reservations.promised_bytes):
            self._wanted_bytes = size_bytes
            raise NoRoomYet(shortage.sentence)
        raise StorageError(shortage.sentence, code="no-space", hint=shortage.remedy)

    async def release(self, job_id: str) -> None:
        """The job has ended."""
        await settled(self._reservations.release, job_id)

    async def hindrance(self) -> Hindrance | None:
        """Why the worker should take no job now."""
        if self._wanted_bytes and not await asyncio.to_thread(self._reservations.promised_bytes):
            self._wanted_bytes = 0  # nobody is left to wait for: it is tried as it is
        shortage = await asyncio.to_thread(self._shortage)
        if shortage is None:
            self._wanted_bytes = 0
        return shortage

    def _shortage(self) -> Hindrance | None:
        shortage, mistrusted = self._guard.fetching(self._wanted_bytes), self._mistrusted
        if shortage is not None:  # below a mount that is gone nothing is tried
            return Hindrance(sentence=shortage.sentence, remedy=shortage.remedy)
        try:
            for folder in sorted(mistrusted):
                try_out(folder)
        except StorageError as error:
            remedy = "Look for the disk's fault; jobs that are published already wait for their record."
            return Hindrance(sentence=error.sentence, remedy=remedy)
        if self._mistrusted is mistrusted:  # no other run has met a failure meanwhile
            self._mistrusted = frozenset()
        return None
