"""The consumer of the queue in memory."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from preview_worker.queue.delivery import Handler, Hold, Observer, guarded, ignore_event, never_hold
from preview_worker.queue.flight import Flight
from preview_worker.queue.memory import MemoryQueue
from preview_worker.queue.running import HAND_BACK_GRACE_S, RunningJobs

HOLD_POLL_S: Final = 0.02


class MemoryConsumer:
    """`Consumer` on a `MemoryQueue`; one instance runs once. Locks last until the job is settled.

    Args:
        queue: The queue, in the same event loop.
        concurrency: Jobs at once; 0 takes none.
        hand_back_grace_s: For handlers to end after they were asked; then they are cancelled.
        observe: Hears events: outcome-dropped, handler-raised, handed-back.
    """

    def __init__(
        self,
        queue: MemoryQueue,
        *,
        concurrency: int,
        hand_back_grace_s: float = HAND_BACK_GRACE_S,
        observe: Observer = ignore_event,
    ) -> None:
        self._queue = queue
        self._observe = guarded(observe)
        self._running = RunningJobs(concurrency=concurrency, hand_back_grace_s=hand_back_grace_s)

    async def run(self, handler: Handler, hold: Hold = never_hold) -> None:
        """See `Consumer.run`."""
        self._running.begin()
        try:
            async with asyncio.TaskGroup() as group:
                while await self._running.slot_free():
                    if await hold():
                        await self._running.or_stop(asyncio.sleep(HOLD_POLL_S))
                        continue
                    taken = self._queue.take()
                    if taken is None:
                        await self._running.or_stop(self._wait_for_job())
                        continue
                    flight = Flight(
                        taken, self._queue, lock_renewed_at_s=time.monotonic(), retry_s=0.0, observe=self._observe
                    )
                    self._running.launch(flight, handler, group)
                await self._running.settled()
        finally:
            self._running.end()

    async def stop(self, drain_s: float) -> None:
        """See `Consumer.stop`."""
        await self._running.stop(drain_s)

    async def _wait_for_job(self) -> None:
        """Wait until something changes or the next delayed job is due."""
        async with self._queue.changed:
            if self._queue.has_work():  # it came between the look and the wait
                return
            try:
                async with asyncio.timeout(self._queue.promote_due()):
                    await self._queue.changed.wait()
            except TimeoutError:
                return
