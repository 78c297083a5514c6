"""The consumer's side of the BullMQ gateway: the loop that takes jobs and keeps their locks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

from redis.asyncio import Redis

from preview_worker.errors import DeafConsumerError, QueueUnavailableError
from preview_worker.queue.backoff import Backoff, full_jitter
from preview_worker.queue.bullmq_connections import QueueAddress, translated_errors
from preview_worker.queue.bullmq_moves import BullmqMoves, NothingWaiting
from preview_worker.queue.bullmq_retention import RetentionRules
from preview_worker.queue.delivery import Handler, Hold, Observer, StopReason, guarded, ignore_event, never_hold
from preview_worker.queue.flight import Flight
from preview_worker.queue.running import HAND_BACK_GRACE_S, RunningJobs

_DEAF_CHECKS: Final = 4
SHORTEST_WAIT_S: Final = 0.002
"""BZPOPMIN's least timeout that every supported server honours; 0 would wait for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerTiming:
    """Intervals of one consumer; the defaults let a dead worker's job start again within 25 s.

    That bound is one lock (15 s) plus one sweep (5 s), with 5 s to spare for a busy machine.

    Attributes:
        lock_duration_s: Life of a lock without renewal.
        renew_every_s: Between renewals, on the monotonic clock: a step of the wall clock must not lose a lock.
        sweep_every_s: Between looks for jobs of dead workers.
        deaf_after_s: With a free slot and no look for a job for that long the consumer ends, to be started anew.
        reconcile_every_s: Between looks for failed jobs without a dead letter; the first look comes at the start.
        wait_s: Longest blocking wait for a job; also how long a lost wake-up may go unnoticed.
        socket_timeout_s: Must exceed `wait_s` by far: equal ones make a worker deaf for up to 20 s.
        pause_poll_s: Between looks at the pause flag while it is set.
        retry_s: Before the next try while Redis is away.
        hand_back_grace_s: For handlers to end after they were asked; then they are cancelled.
        clock: Monotonic seconds, read by any thread; never a loop's, which may stand still between two of its turns.
    """

    lock_duration_s: float = 15.0
    renew_every_s: float = 4.0
    sweep_every_s: float = 5.0
    reconcile_every_s: float = 60.0
    deaf_after_s: float = 60.0
    wait_s: float = 2.0
    socket_timeout_s: float = 10.0
    pause_poll_s: float = 0.5
    retry_s: float = 0.5
    hand_back_grace_s: float = HAND_BACK_GRACE_S
    clock: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerName:
    """How a worker is called in what others read.

    Attributes:
        name: Shown in the server's client list.
        version: Stands in the dead letters that it writes.
    """

    name: str = "preview-worker"
    version: str = ""


class BullmqConsumer:
    """`Consumer` on BullMQ; one instance runs once.

    Args:
        address: The queue.
        concurrency: Jobs at once; 0 takes none.
        worker: How it is called.
        timing: Intervals.
        retention: For jobs whose producer set no rule.
        backoff: Delay before a retry.
        observe: Hears events: redis-unreachable, lock-lost, stalled-recovered, outcome-dropped, handler-raised,
            handed-back, settled, settle-failed, report-dropped, letters-reconciled, letter-refused,
            letter-without-payload.
    """

    def __init__(
        self,
        address: QueueAddress,
        *,
        concurrency: int,
        worker: WorkerName = WorkerName(),
        timing: ConsumerTiming | None = None,
        retention: RetentionRules | None = None,
        backoff: Backoff = full_jitter,
        observe: Observer = ignore_event,
    ) -> None:
        self._address = address
        self._worker = worker
        self._timing = timing or ConsumerTiming()
        self._retention = retention or RetentionRules()
        self._backoff = backoff
        self._observe = guarded(observe)
        self._looks = 0
        self._running = RunningJobs(concurrency=concurrency, hand_back_grace_s=self._timing.hand_back_grace_s)

    async def run(self, handler: Handler, hold: Hold = never_hold) -> None:
        """See `Consumer.run`."""
        self._running.begin()
        try:
            async with AsyncExitStack() as stack:
                moves = self._moves(await self._client(stack, "commands"))
                blocking = await self._client(stack, "blocking")
                await self._run_loops(moves, blocking, handler, hold)
        finally:
            self._running.end()

    async def stop(self, drain_s: float) -> None:
        """See `Consumer.stop`."""
        await self._running.stop(drain_s)

    async def _run_loops(self, moves: BullmqMoves, blocking: Redis, handler: Handler, hold: Hold) -> None:
        """Any loop that ends with an error takes the others and `run` with it."""
        async with asyncio.TaskGroup() as group:
            side_loops = [
                group.create_task(self._renew_for_ever(moves), name="queue-renew-locks"),
                group.create_task(self._fence_for_ever(), name="queue-fence"),
                group.create_task(self._sweep_for_ever(moves), name="queue-sweep-stalled"),
                group.create_task(self._reconcile_for_ever(moves), name="queue-dead-letters"),
                group.create_task(self._watch_for_ever(), name="queue-watchdog"),
            ]
            await self._take_until_stopped(moves, blocking, handler, hold, group)
            await self._running.settled()
            for loop in side_loops:  # last: locks are renewed until every outcome is stored
                loop.cancel()

    async def _take_until_stopped(
        self, moves: BullmqMoves, blocking: Redis, handler: Handler, hold: Hold, group: asyncio.TaskGroup
    ) -> None:
        while await self._running.slot_free():
            self._looks += 1
            try:
                # Cancelled at the very end alone: a job taken by a call nobody waits for lies until its lock runs out.
                found = await self._running.or_gone(self._look(moves, hold))
                match found:
                    case Flight():
                        self._running.launch(found, handler, group)
                    case NothingWaiting():
                        await self._running.or_stop(self._wait_for_job(blocking, found))
                    case None:
                        await self._running.or_stop(asyncio.sleep(self._timing.pause_poll_s))
            except QueueUnavailableError as error:
                self._observe("redis-unreachable", {"during": "take", "reason": str(error.__cause__)})
                await self._running.or_stop(asyncio.sleep(self._timing.retry_s))

    async def _look(self, moves: BullmqMoves, hold: Hold) -> Flight | NothingWaiting | None:
        """Take a job; None while none is to be taken."""
        if await hold() or await moves.is_paused():
            return None
        asked_at_s = self._timing.clock()
        taken = await moves.take()
        if isinstance(taken, NothingWaiting):
            return taken
        return Flight(
            taken,
            moves,
            lock_renewed_at_s=asked_at_s,
            lock_duration_s=self._timing.lock_duration_s,
            clock=self._timing.clock,
            retry_s=self._timing.retry_s,
            observe=self._observe,
        )

    async def _wait_for_job(self, blocking: Redis, nothing: NothingWaiting) -> None:
        """Block until BullMQ's marker says that there may be work, or a delayed job is due."""
        wait_s = self._timing.wait_s
        if nothing.due_at_ms is not None:
            wait_s = min(wait_s, max(nothing.due_at_ms / 1000 - time.time(), SHORTEST_WAIT_S))
        async with translated_errors():
            await blocking.bzpopmin(self._address.key("marker"), timeout=wait_s)

    async def _renew_for_ever(self, moves: BullmqMoves) -> None:
        renewed = True
        while True:
            await asyncio.sleep(self._timing.renew_every_s if renewed else self._timing.retry_s)
            renewed = not self._running.flights or await self._renewed(moves)

    async def _renewed(self, moves: BullmqMoves) -> bool:
        """Renew once; False if Redis didn't answer."""
        flights = dict(self._running.flights)
        asked_at_s = self._timing.clock()
        try:
            lost = await moves.renew([flight.job for flight in flights.values()])
        except QueueUnavailableError as error:
            self._observe("redis-unreachable", {"during": "renew", "reason": str(error.__cause__)})
            return False
        for token in flights.keys() - lost:
            flights[token].lock_renewed_at_s = asked_at_s
        self._end_lost(lost)
        return True

    async def _fence_for_ever(self) -> None:
        """End jobs whose lock must have run out, without asking: Redis may be away, or this process was stopped."""
        while True:
            left_s = {token: flight.lock_left_s() for token, flight in self._running.flights.items()}
            self._end_lost({token for token, left in left_s.items() if left <= 0})
            next_s = min((left for left in left_s.values() if left > 0), default=self._timing.lock_duration_s)
            await asyncio.sleep(next_s)  # a job taken meanwhile has its whole lock before it

    def _end_lost(self, tokens: set[str]) -> None:
        # A job settled while the renewal was under way has no lock any more, which is no loss.
        for flight in [flight for token, flight in self._running.flights.items() if token in tokens]:
            if not flight.settling and flight.stop.reason is not StopReason.LOCK_LOST:
                self._observe("lock-lost", {"job_id": flight.job.job_id})
            flight.stop.request(StopReason.LOCK_LOST)

    async def _sweep_for_ever(self, moves: BullmqMoves) -> None:
        while True:
            try:
                # A tenth shorter than our own interval, or each sweep would meet the mark of the one before.
                stalled = await moves.sweep_stalled(round(self._timing.sweep_every_s * 900))
            except QueueUnavailableError as error:
                self._observe("redis-unreachable", {"during": "sweep", "reason": str(error.__cause__)})
            else:
                for job_id in stalled:
                    self._observe("stalled-recovered", {"job_id": job_id})
            await asyncio.sleep(self._timing.sweep_every_s)

    async def _reconcile_for_ever(self, moves: BullmqMoves) -> None:
        while True:
            try:
                written = await moves.reconcile_letters()
            except QueueUnavailableError as error:
                self._observe("redis-unreachable", {"during": "reconcile", "reason": str(error.__cause__)})
            else:
                if written:
                    self._observe("letters-reconciled", {"count": written})
            await asyncio.sleep(self._timing.reconcile_every_s)

    async def _watch_for_ever(self) -> None:
        """End a consumer that has gone deaf: a hung call that no timeout ends would leave jobs waiting for ever.

        Looks are counted rather than timed: a process that was frozen for an hour gets its chance first.
        """
        seen, quiet = self._looks, 0
        while quiet < _DEAF_CHECKS:
            await asyncio.sleep(self._timing.deaf_after_s / _DEAF_CHECKS)
            quiet = quiet + 1 if self._running.has_room and self._looks == seen else 0
            seen = self._looks
        raise DeafConsumerError(f"No look for a job in {self._timing.deaf_after_s:g} s, with a slot free.")

    async def _client(self, stack: AsyncExitStack, role: str) -> Redis:
        name = f"{self._address.key('w')}:{self._worker.name}:{role}"
        client = self._address.client(socket_timeout_s=self._timing.socket_timeout_s, client_name=name)
        stack.push_async_callback(client.aclose)
        return client

    def _moves(self, client: Redis) -> BullmqMoves:
        return BullmqMoves(
            client,
            self._address,
            lock_duration_ms=round(self._timing.lock_duration_s * 1000),
            retention=self._retention,
            backoff=self._backoff,
            version=self._worker.version,
            observe=self._observe,
        )
