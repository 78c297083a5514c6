"""Room on the disk for a worker's jobs: promised before a render begins; without it nothing is taken from the queue."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from preview_worker.errors import StorageError
from preview_worker.observability.logs import logger
from preview_worker.observability.metrics import Metrics
from preview_worker.render.settling import settled
from preview_worker.storage.atomic import try_out
from preview_worker.storage.reservations import Reservations
from preview_worker.storage.watermarks import DiskGuard, Shortage
from preview_worker.worker.heartbeat import Bench

HOLDING_FOR_DISK: Final = "disk"
COPIES: Final = 2
"""Every byte of a video is written as a segment of the cache and into the file; early files are further names."""
BESIDE_BYTES: Final = 4 << 20
"""Pictures, sidecars, report and log."""


class NotYet(Exception):  # noqa: N818 - a turn of events, not an error
    """The disk is in the way; the job goes back to the queue unspent."""


class NoRoomYet(NotYet):
    """What the disk has is promised to other jobs."""


class Room:
    """Promises room to the jobs of one worker.

    Args:
        guard: Knows the disk and the watermarks.
        reservations: Where promises are kept.
        bench: Told whether the worker holds, for the heartbeat.
        metrics: Likewise.
    """

    def __init__(self, guard: DiskGuard, reservations: Reservations, bench: Bench, metrics: Metrics) -> None:
        self._guard = guard
        self._reservations = reservations
        self._bench = bench
        self._metrics = metrics
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

    async def lacks(self) -> bool:
        """Whether the worker should take no job now; what changes is logged and told once."""
        if self._wanted_bytes and not await asyncio.to_thread(self._reservations.promised_bytes):
            self._wanted_bytes = 0  # nobody is left to wait for: it is tried as it is
        shortage = await asyncio.to_thread(self._shortage)
        if shortage is None:
            self._wanted_bytes = 0
        holding = HOLDING_FOR_DISK if shortage is not None else ""
        if holding != self._bench.holding:
            self._bench.holding = holding
            self._metrics.holding.set(1 if shortage is not None else 0)
            if shortage is None:
                logger("worker").info("worker-takes-jobs-again")
            else:
                logger("worker").warning("worker-holds", reason=shortage.sentence, remedy=shortage.remedy)
        return shortage is not None

    def _shortage(self) -> Shortage | None:
        shortage, mistrusted = self._guard.fetching(self._wanted_bytes), self._mistrusted
        if shortage is not None or not mistrusted:  # below a mount that is gone nothing is tried
            return shortage
        try:
            for folder in sorted(mistrusted):
                try_out(folder)
        except StorageError as error:
            remedy = "Look for the disk's fault; jobs that are published already wait for their record."
            return Shortage(sentence=error.sentence, remedy=remedy, free_bytes=0, needed_bytes=0)
        if self._mistrusted is mistrusted:  # no other run has met a failure meanwhile
            self._mistrusted = frozenset()
        return None
