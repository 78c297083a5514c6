"""A job that a worker has locked, and where its outcome goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from preview_worker.queue.delivery import Outcome

UNSTORABLE: Final = (ValueError, OverflowError, RecursionError)
"""What is raised for values of a job's producer that JSON or MessagePack can't say: no finite number, too deep, too
large, no text."""

UNWRITABLE: Final = (*UNSTORABLE, TypeError)
"""What is raised besides for values that our own code made of a kind that isn't JSON's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenJob:
    """A job this worker has locked.

    Attributes:
        job_id: As its producer wrote it.
        token: The lock's value, new for every take.
        payload: The job's data, or None if it isn't a JSON object.
        options: The job's BullMQ options, empty for an adapter that has none.
        attempts_made: Runs used up before this one.
        attempts: Runs allowed.
        stalls: Workers that died or hung with this job.
        priority: BullMQ priority, lower first.
        created_at_ms: When it was added, in ms since the epoch.
        deferred_failure: The queue decided already that the job fails, with this reason.
        raw: The adapter's own object.
    """

    job_id: str
    token: str
    payload: dict[str, Any] | None
    options: Mapping[str, Any]
    attempts_made: int
    attempts: int
    stalls: int
    priority: int
    created_at_ms: int
    deferred_failure: str | None
    raw: Any


class Settler(Protocol):
    """Where a flight leaves what its job produced.

    Each method raises `LockLostError` if the job isn't ours any more and `QueueUnavailableError` if nothing is known.
    """

    async def settle(self, job: TakenJob, outcome: Outcome) -> None:
        """Move the job to where its outcome says, in one atomic step that checks the lock; safe to repeat."""
        ...

    def plain(self, job: TakenJob) -> TakenJob:
        """Return the job without what its producer said of keeping it and of its parents, to be settled so."""
        ...

    async def report(self, job: TakenJob, progress: Mapping[str, Any]) -> None:
        """Store progress."""
        ...

    async def log(self, job: TakenJob, line: str) -> None:
        """Append to the job's log."""
        ...
