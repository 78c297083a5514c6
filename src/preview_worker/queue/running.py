"""The jobs one consumer runs: its slots, and how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from preview_worker.queue.delivery import Handler
from preview_worker.queue.flight import Flight

_Result = TypeVar("_Result")

LEAVE_WITHIN_S: Final = 1.7
"""After its drain a consumer is gone; what is left of two seconds is for the process around it."""

HAND_BACK_GRACE_S: Final = 1.0
"""For handlers to end, of `LEAVE_WITHIN_S`; what a handler doesn't take of it is left for storing its outcome."""


class RunningJobs:
    """Slots for flights, and an orderly end: drain, ask, cancel, leave.

    Args:
        concurrency: Jobs at once; with 0 no slot is ever free.
        hand_back_grace_s: For handlers to end after they were asked; then they are cancelled.
    """

    def __init__(self, *, concurrency: int, hand_back_grace_s: float) -> None:
        self.flights: dict[str, Flight] = {}
        self._concurrency = concurrency
        self._hand_back_grace_s = hand_back_grace_s
        self._serving: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._gone_at_s: float | None = None
        self._gone = asyncio.Event()
        self._finished = asyncio.Event()
        self._finished.set()

    def begin(self) -> None:
        """Mark the consumer as running."""
        self._finished.clear()

    def end(self) -> None:
        """Mark the consumer as done, which lets `stop` return."""
        self._finished.set()

    def launch(self, flight: Flight, handler: Handler, group: asyncio.TaskGroup) -> None:
        """Run a flight in a slot; an error that leaves it is a bug of ours and ends the group."""
        self.flights[flight.job.token] = flight
        if self._gone_at_s is not None:  # it was being taken when the others were asked
            flight.hand_back(self._gone_at_s)
        serving = group.create_task(self._serve(flight, handler), name=f"job-{flight.job.job_id}")
        self._serving.add(serving)
        serving.add_done_callback(self._serving.discard)

    @property
    def has_room(self) -> bool:
        """Whether a job could be taken now."""
        return not self._stopping.is_set() and len(self._serving) < self._concurrency

    async def slot_free(self) -> bool:
        """Wait for a free slot; False once the consumer stops."""
        while not self._stopping.is_set() and len(self._serving) >= self._concurrency:
            if not self._serving:  # concurrency 0
                await self._stopping.wait()
                break
            await self.or_stop(asyncio.wait(set(self._serving), return_when=asyncio.FIRST_COMPLETED))
        return not self._stopping.is_set()

    async def or_stop(self, work: Coroutine[Any, Any, object]) -> None:
        """Wait for the work, or until the consumer stops, which cancels it."""
        await _unless(self._stopping, work, name="queue-wait")

    async def or_gone(self, work: Coroutine[Any, Any, _Result]) -> _Result | None:
        """Wait for the work, which is cancelled only when the consumer's time is over; None then."""
        return await _unless(self._gone, work, name="queue-look")

    async def settled(self) -> None:
        """Wait until every flight has landed."""
        if self._serving:
            await asyncio.wait(set(self._serving))

    async def stop(self, drain_s: float) -> None:
        """See `Consumer.stop`."""
        self._stopping.set()
        clock = asyncio.get_running_loop().time
        if await self._finished_by(clock() + drain_s):
            return
        if self._gone_at_s is None:  # a second call grants no second time
            self._gone_at_s = clock() + LEAVE_WITHIN_S
        for flight in list(self.flights.values()):
            flight.hand_back(self._gone_at_s)
        if await self._finished_by(self._gone_at_s - LEAVE_WITHIN_S + self._hand_back_grace_s):
            return
        for flight in list(self.flights.values()):
            flight.cancel_handler()
        if await self._finished_by(self._gone_at_s):
            return
        self._gone.set()
        await self._finished.wait()

    async def _serve(self, flight: Flight, handler: Handler) -> None:
        try:
            await flight.fly(handler)
        finally:
            del self.flights[flight.job.token]

    async def _finished_by(self, moment_s: float) -> bool:
        try:
            async with asyncio.timeout_at(moment_s):
                await self._finished.wait()
        except TimeoutError:
            return False
        return True


async def _unless(event: asyncio.Event, work: Coroutine[Any, Any, _Result], *, name: str) -> _Result | None:
    """Wait for the work, or until the event, which cancels it; None then."""
    working = asyncio.create_task(work, name=name)
    ended = asyncio.create_task(event.wait(), name="queue-stop")
    try:
        await asyncio.wait({working, ended}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        working.cancel()
        ended.cancel()
        await asyncio.gather(working, ended, return_exceptions=True)
    return None if working.cancelled() else working.result()
