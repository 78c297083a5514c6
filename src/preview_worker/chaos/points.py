"""Workers that kill themselves at each fault point, so many times each."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from preview_worker.chaos.arena import Arena, Terms, opened
from preview_worker.chaos.armed import Armory, Arms, Deed
from preview_worker.chaos.generator import generate
from preview_worker.chaos.history import TRACE, LineReader
from preview_worker.chaos.kill_loop import Run, closing_verdict, watched
from preview_worker.chaos.nemesis import until_ended
from preview_worker.chaos.payloads import payload_of
from preview_worker.faults import FaultPoint

STILL_AFTER_S: Final = 60.0
_POLL_S: Final = 0.1
TERMS: Final = Terms(slots=3, concurrency=1, lock_s=2.0, queue_max=8)


async def at_every_point(folder: Path, *, seed: int, times: int) -> Run:
    """Kill a worker so many times at each point, and check the run."""
    return await killed_at(folder, [point for point in FaultPoint for _ in range(times)], seed=seed, terms=TERMS)


async def killed_at(folder: Path, points: Sequence[FaultPoint], *, seed: int, terms: Terms) -> Run:
    """Let workers kill themselves at fault points while jobs come, and check the run.

    Args:
        folder: An empty one with a short path.
        points: Where, one death each.
        seed: Decides the order of the points.
        terms: How the run is set up; the last worker is never armed: somebody has to go on.
    """
    deaths = [Arms(point=point, deed=Deed.KILL) for point in points]
    random.Random(seed).shuffle(deaths)  # noqa: S311 - to be repeated, not to be secret
    armory = Armory()
    armory.share(deaths, range(terms.slots - 1))
    started_s = time.monotonic()
    async with opened(folder, terms, armory) as arena:
        over = asyncio.Event()
        async with watched(arena), asyncio.TaskGroup() as group:
            jobs = group.create_task(generate(_until(over), arena.intake, arena.history), name="generator")
            await _all_died(arena, len(deaths))
            over.set()
            await until_ended(arena, await jobs)
            took_s = time.monotonic() - started_s
        return Run(seed=seed, verdict=await closing_verdict(arena), took_s=took_s)


def _until(over: asyncio.Event) -> Iterator[dict[str, Any]]:
    """Renders and plans in turn, for as long as they are wanted."""
    number = 0
    while not over.is_set():
        yield payload_of(number, dry_run=number % 2 == 1)
        number += 1


async def _all_died(arena: Arena, wanted: int) -> None:
    """Wait for the deaths; where none comes any more, the checker will tell of the missing ones."""
    trace = LineReader(arena.folder / TRACE)
    died, since_s = 0, time.monotonic()
    while died < wanted and time.monotonic() - since_s < STILL_AFTER_S:
        if deaths := sum(1 for line in trace.new() if line.event == f"self-{Deed.KILL}"):
            died, since_s = died + deaths, time.monotonic()
        await asyncio.sleep(_POLL_S)
