"""Rolling restarts under load: workers are asked to end, one after the other, and followed by new ones."""

from __future__ import annotations

import asyncio
import itertools
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from preview_worker.chaos.arena import Arena, Terms, opened
from preview_worker.chaos.generator import generate
from preview_worker.chaos.kill_loop import Run, closing_verdict, watched
from preview_worker.chaos.nemesis import until_ended
from preview_worker.chaos.payloads import payload_of

TERMS: Final = Terms(slots=2, concurrency=2, lock_s=15.0, drain_s=1, queue_max=8)
LATE_S: Final = 2.0
"""A worker may take so much longer than its drain."""
LONG_STEPS: Final = 40
"""A render of so many seconds takes longer than the drain, so that some jobs are handed back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restarts:
    """What the restarts took.

    Attributes:
        run: With its verdict, which tells of attempts too.
        exits_s: From SIGTERM to the end of each worker, the shortest first.
        statuses: Exit statuses other than 0.
        stalled: Jobs that a worker's end left to be found as stalled.
        handed_back: Jobs that went back to the queue unspent.
    """

    run: Run
    exits_s: list[float]
    statuses: list[int]
    stalled: int
    handed_back: int


async def roll(folder: Path, *, seed: int, times: int) -> Restarts:
    """Restart workers so many times while jobs come, and check the run.

    Args:
        folder: An empty one with a short path.
        seed: Names the run; nothing is left to chance.
        times: Restarts.
    """
    exits_s, statuses, started_s = list[float](), list[int](), time.monotonic()
    async with opened(folder, TERMS) as arena:
        over = asyncio.Event()
        async with watched(arena), asyncio.TaskGroup() as group:
            jobs = group.create_task(generate(_until(over), arena.intake, arena.history), name="generator")
            for number in range(times):
                exit_s, status = await _restarted(arena, number % TERMS.slots)
                exits_s.append(exit_s)
                statuses += [status] if status else []
            over.set()
            await until_ended(arena, await jobs)
            took_s = time.monotonic() - started_s
        run = Run(seed=seed, verdict=await closing_verdict(arena), took_s=took_s)
    return Restarts(
        run=run,
        exits_s=sorted(exits_s),
        statuses=statuses,
        stalled=_logged(folder, b'"event": "stalled-recovered"'),
        handed_back=_logged(folder, b'"event": "handed-back"'),
    )


async def _restarted(arena: Arena, slot: int) -> tuple[float, int]:
    """End a worker that runs jobs, and wait for the one after it; returns what the end took in s, and the status."""
    member = await arena.fleet.ready_slot(slot)
    while b'"job-started"' not in member.log.read_bytes():  # noqa: ASYNC110 - told by a file
        await asyncio.sleep(0.02)
    asked_s = time.monotonic()
    arena.history.add("terminated", worker=member.pid, slot=slot)
    member.send(signal.SIGTERM)
    status = await member.process.wait()
    return time.monotonic() - asked_s, status


def _until(over: asyncio.Event) -> Iterator[dict[str, Any]]:
    """Plans, short renders, and long ones in turn, for as long as they are wanted."""
    for number in itertools.count():
        if over.is_set():
            return
        yield payload_of(number, dry_run=number % 4 == 0, steps=LONG_STEPS if number % 4 == 1 else 1)


def _logged(folder: Path, event: bytes) -> int:
    return sum(log.read_bytes().count(event) for log in (folder / "logs").glob("*.log"))
