"""What a worker's handler gets from the queue, what it gives back, and the port that delivers."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

CANCELLED = "cancelled"
"""Code of a job that somebody called off."""


class StopReason(StrEnum):
    """Why a running job should end before it is done."""

    LOCK_LOST = "lock-lost"
    """Another worker may own the job now: end at once, publish nothing, and return `HandBack`."""
    HAND_BACK = "hand-back"
    """The service shuts down: end at once and return `HandBack`."""
    CANCELLED = "cancelled"
    """Somebody cancelled the job: end at once and return a `Failed` that isn't retryable."""


class StopSignal:
    """Tells one running handler to end early.

    Requests may come from several sides. The first one counts, but a lost lock overrides every other reason, since
    whatever the handler would still hand in belongs to somebody else.
    """

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._reason: StopReason | None = None

    @property
    def reason(self) -> StopReason | None:
        """Why to stop, or None while nobody asked."""
        return self._reason

    def request(self, reason: StopReason) -> None:
        """Ask the handler to stop; never blocks and may be called any number of times."""
        if self._reason is None or reason is StopReason.LOCK_LOST:
            self._reason = reason
        self._event.set()

    async def wait(self) -> StopReason:
        """Return once somebody asked, with the reason."""
        await self._event.wait()
        if self._reason is None:  # pragma: no cover - request() sets it before the event
            raise RuntimeError("the stop event is set without a reason")
        return self._reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """The job is done; `result` is stored as the return value and must be strict JSON (no NaN)."""

    result: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """This run failed.

    A retryable failure uses one attempt and waits for its backoff while attempts are left; any other is final. A final
    one leaves a dead letter, unless its code is `CANCELLED`: that is nobody's fault. A job whose cancel was accepted
    ends as cancelled, whatever its run failed of.

    Attributes:
        code: Stable code.
        sentence: What went wrong.
        retryable: Whether another run may succeed.
        pointer: JSON pointer into the payload, where the failure has a place.
        step_id: The step at fault.
    """

    code: str
    sentence: str
    retryable: bool
    pointer: str | None = None
    step_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandBack:
    """This run ends without a verdict: the job goes back to the queue and no attempt is used."""

    reason: str


Outcome = Completed | Failed | HandBack


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One run of one job.

    Attributes:
        job_id: The id exactly as its producer wrote it.
        payload: The job's data; always an object, otherwise unchecked.
        attempt: Number of this run, from 1. Runs that ended with a dead worker or a hand-back aren't counted.
        attempts: How many runs are allowed.
        stalls: How often a worker died or hung while it held this job.
        priority: BullMQ priority: 0 (none) to 2,097,152, lower first.
        created_at_ms: When the job was added, in ms since the epoch by the producer's clock.
        lock_token: The value of the job's lock while this worker owns it; fencing and commit check it.
        stop: Fires when the run should end early.
        report: Stores progress (strict JSON); best effort, never raises for an unreachable Redis.
        log: Appends one line to the job's log, cut to 1000 characters; best effort like `report`.
        lock_left_s: For how long the lock is surely ours, by the monotonic clock and without asking the queue; below 0
            when another worker may own the job. Infinite where locks don't run out.
    """

    job_id: str
    payload: dict[str, Any]
    attempt: int
    attempts: int
    stalls: int
    priority: int
    created_at_ms: int
    lock_token: str
    stop: StopSignal
    report: Callable[[Mapping[str, Any]], Awaitable[None]]
    log: Callable[[str], Awaitable[None]]
    lock_left_s: Callable[[], float] = lambda: math.inf


Handler = Callable[[Delivery], Awaitable[Outcome]]
"""Runs one job. Whatever leaves it as an exception counts as a failure of this run and never harms the worker."""

Hold = Callable[[], Awaitable[bool]]
"""Asked before each job is taken: whether to take none now. Must not raise."""

Observer = Callable[[str, Mapping[str, Any]], None]
"""Hears what happens inside an adapter: a stable event name and its fields. May raise; that is ignored."""


async def never_hold() -> bool:
    """The answer of those who always take jobs."""
    return False


class Consumer(Protocol):
    """Takes jobs out and sees each through to its outcome."""

    async def run(self, handler: Handler, hold: Hold = never_hold) -> None:
        """Deliver jobs to the handler until `stop`; returns when every delivery is settled.

        While `hold` says so, nothing is taken; it is asked before each job, and every half second while it does.

        An outage of the server is waited out. Raises whatever ended the loop otherwise: a process whose consumer ended
        that way should exit, since it would be alive but deaf.
        """
        ...

    async def stop(self, drain_s: float) -> None:
        """Take nothing more, let running jobs finish for `drain_s` seconds, then hand the rest back unspent.

        Returns when `run` is about to return: two seconds after the drain at the latest, unless a handler that was
        cancelled takes its time. What the server hasn't taken by then is dropped; such a job comes back as that of a
        dead worker. A second call may shorten the drain.
        """
        ...


def ignore_event(_event: str, _fields: Mapping[str, Any]) -> None:
    """The observer of those who don't listen."""


def guarded(observe: Observer) -> Observer:
    """Wrap an observer so that its errors never reach the queue's own loops."""

    def call(event: str, fields: Mapping[str, Any]) -> None:
        with suppress(Exception):  # a broken listener must not end the recovery of stalled jobs
            observe(event, fields)

    return call
