"""Dead letters: jobs that failed for good, kept apart with all that is needed to understand and run them again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

LOG_TAIL_LINES: Final = 20
"""Lines of a job's log that its letter carries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """One job that failed for good.

    Attributes:
        job_id: The job.
        payload: Its data; an empty object if it isn't one.
        code: Stable code of the failure.
        sentence: What went wrong.
        attempts: Runs that were used up, the last one among them.
        stalls: Workers that died or hung with it.
        failed_at_ms: When, in ms since the epoch by the clock of the worker that wrote it.
        log_tail: The last lines of the job's log.
        version: Version of the worker that wrote it.
        pointer: JSON pointer into the payload, where the failure has a place.
        step_id: The step at fault.
        letter_id: ``<jobId>.g<generation>``; empty until it is written, as the generation is 0.
        generation: Which run of the job by hand: 1, and one more for each replay.
        request_id: The request that brought the job; empty where nobody knows it.
        crashes: Render processes that have crashed with this generation of it within 72 h.
    """

    job_id: str
    payload: dict[str, Any]
    code: str
    sentence: str
    attempts: int
    stalls: int
    failed_at_ms: int
    log_tail: tuple[str, ...]
    version: str
    pointer: str | None = None
    step_id: str | None = None
    letter_id: str = ""
    generation: int = 0
    request_id: str = ""
    crashes: int = 0

    @property
    def project_id(self) -> str:
        """The job's project; empty where its payload names none."""
        project_id = self.payload.get("projectId")
        return project_id if isinstance(project_id, str) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterWish:
    """Which letters are meant; what is absent doesn't narrow it.

    Attributes:
        ids: Letters by id, or by job; empty for any.
        code: Code of the failure.
        project_id: The project.
        before_ms: Failed before, in ms since the epoch.
    """

    ids: frozenset[str] = frozenset()
    code: str | None = None
    project_id: str | None = None
    before_ms: int | None = None

    def matches(self, letter: DeadLetter) -> bool:
        """Whether a letter is meant."""
        return (
            (not self.ids or letter.letter_id in self.ids or letter.job_id in self.ids)
            and self.code in (None, letter.code)
            and self.project_id in (None, letter.project_id)
            and (self.before_ms is None or letter.failed_at_ms < self.before_ms)
        )


class DeadLetters(Protocol):
    """The dead letters of one queue; every method answers or raises `QueueUnavailableError` within 2 s."""

    async def count(self) -> int:
        """How many there are."""
        ...

    async def page(self, first: int, count: int) -> Sequence[DeadLetter]:
        """Some of them, the newest first; `first` counts from 0."""
        ...

    async def get(self, letter_id: str) -> DeadLetter | None:
        """One of them, None where it isn't there."""
        ...

    async def remove(self, letter_ids: Collection[str]) -> int:
        """Remove some for good; returns how many were there."""
        ...
