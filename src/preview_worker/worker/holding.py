"""Whether a worker takes jobs: it doesn't while something of its machine is in the way, and says what."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from preview_worker.observability.logs import logger
from preview_worker.observability.metrics import Metrics
from preview_worker.worker.heartbeat import Bench


class NotYet(Exception):  # noqa: N818 - a turn of events, not an error
    """Something of the machine is in the way; the job goes back to the queue unspent.

    Attributes:
        event: What the log calls it.
        level: How bad it is: a warning where it passes by itself.
        reason: Why the job is handed back.
    """

    event: ClassVar[str]
    level: ClassVar[int] = logging.WARNING
    reason: ClassVar[str]


class NoProcessYet(NotYet):
    """No render process can be started."""

    event = "job-waits-for-process"
    reason = "no render process can be started for it yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hindrance:
    """Why no job is taken, and what to do about it."""

    sentence: str
    remedy: str


class Holding:
    """Asked before each job is taken: whether the worker holds.

    Args:
        checks: What may be in the way, by the word that health tells; the first one found is told of.
        bench: Told, for the heartbeat; says how long to rest.
        metrics: Told likewise.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        checks: Mapping[str, Callable[[], Awaitable[Hindrance | None]]],
        bench: Bench,
        metrics: Metrics,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._checks = checks
        self._bench = bench
        self._metrics = metrics
        self._clock = clock

    async def __call__(self) -> bool:
        """Whether to take no job now; what changes is logged and told once."""
        for word, check in self._checks.items():
            if (hindrance := await check()) is not None:
                self._tell(word, hindrance)
                return True
        self._tell("", None)
        return self._clock() < self._bench.rests_until_s

    def _tell(self, word: str, hindrance: Hindrance | None) -> None:
        if word == self._bench.holding:
            return
        self._bench.holding = word
        self._metrics.holding.set(1 if word else 0)
        if hindrance is None:
            logger("worker").info("worker-takes-jobs-again")
        else:
            logger("worker").warning("worker-holds", holding=word, reason=hindrance.sentence, remedy=hindrance.remedy)
