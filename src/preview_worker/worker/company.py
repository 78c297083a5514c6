"""Who may run beside whom: a job with which workers died in a row runs alone, and in the end not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from preview_worker.errors import SuspectError
from preview_worker.observability.logs import logger
from preview_worker.state.casualties import Casualties

DEATHS_ALONE, DEATHS_SUSPECT = 3, 10
"""Workers in a row that died with a job: from then on it runs alone with half the limits, or not at all."""


class Company:
    """The runs of one worker; nobody begins while a run waits to be alone.

    Args:
        casualties: What jobs have cost.
    """

    def __init__(self, casualties: Casualties) -> None:
        self._casualties = casualties
        self._changed = asyncio.Condition()
        self._running = 0
        self._alone = 0

    @asynccontextmanager
    async def join(self, job_id: str, stalls: int) -> AsyncIterator[bool]:
        """Run a job; yields whether it is alone, and should have half the limits.

        Args:
            job_id: The job.
            stalls: Workers that have died with it in all.

        Raises:
            SuspectError: Ten of them in a row (permanent).
            QueueUnavailableError: Redis doesn't answer (transient).
        """
        deaths = await self._casualties.deaths_in_a_row(job_id, stalls) if stalls >= DEATHS_ALONE else 0
        if deaths >= DEATHS_SUSPECT:
            logger("worker").error("job-suspect", job_id=job_id, deaths=deaths)
            raise SuspectError(
                f"{deaths} workers in a row died while they held this job; it isn't run any more.",
                hint="Look for what the workers died of; replay the dead letter when it wasn't the job.",
            )
        if deaths < DEATHS_ALONE:
            async with self.among_others():
                yield False
            return
        async with self.alone():
            logger("worker").warning("job-runs-alone", job_id=job_id, deaths=deaths)
            yield True

    @asynccontextmanager
    async def among_others(self) -> AsyncIterator[None]:
        """A run like any other."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self._alone)
            self._running += 1
        try:
            yield
        finally:
            await self._left()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """A run beside which no other runs."""
        self._alone += 1
        try:
            async with self._changed:
                await self._changed.wait_for(lambda: not self._running)
                self._running += 1
            try:
                yield
            finally:
                self._running -= 1
        finally:
            self._alone -= 1
            await self._told()

    async def _left(self) -> None:
        self._running -= 1
        await self._told()

    async def _told(self) -> None:
        async with self._changed:
            self._changed.notify_all()
