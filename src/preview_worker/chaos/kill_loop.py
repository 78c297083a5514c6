"""The kill loop: jobs run while workers and server are killed and stopped; in the end every job is accounted for."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from preview_worker.chaos.arena import QUEUE, Arena, Terms, opened
from preview_worker.chaos.checker import Verdict, check
from preview_worker.chaos.fleet import ended
from preview_worker.chaos.generator import generate, mixed
from preview_worker.chaos.nemesis import Faults, Nemesis, until_ended
from preview_worker.chaos.witness import watch
from preview_worker.storage.live import sweep_live
from preview_worker.storage.places import Places


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """So many jobs, of which so many are rendered, of so many seconds of video each."""

    jobs: int
    renders: int
    steps: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run and its verdict; `took_s` is without the check."""

    seed: int
    verdict: Verdict
    took_s: float


async def kill_loop(folder: Path, *, seed: int, load: Load, faults: Faults, terms: Terms, naive: bool = False) -> Run:
    """Run the product, or the naive design, under faults and check it.

    Args:
        folder: An empty one with a short path.
        seed: Of the nemesis.
        load: The jobs.
        faults: What is done to them.
        terms: How many workers, with which lock.
        naive: Whether the control runs; it has no fault points.
    """
    started_s = time.monotonic()
    async with opened(folder, terms, naive=naive) as arena:
        async with watched(arena):
            payloads = mixed(load.jobs, load.renders, steps=load.steps)
            async with asyncio.TaskGroup() as group:
                group.create_task(generate(payloads, arena.intake, arena.history), name="generator")
                group.create_task(Nemesis(arena, seed).torment(faults, load.jobs), name="nemesis")
            await until_ended(arena, load.jobs)
            took_s = time.monotonic() - started_s
        return Run(seed=seed, verdict=await closing_verdict(arena), took_s=took_s)


@asynccontextmanager
async def watched(arena: Arena) -> AsyncIterator[None]:
    """The witness looks while the context lasts."""
    witness = asyncio.create_task(watch(arena.data_dir, arena.history), name="witness")
    try:
        yield
    finally:
        witness.cancel()
        await asyncio.gather(witness, return_exceptions=True)


async def closing_verdict(arena: Arena) -> Verdict:
    """End the workers, let a last one tidy up as every starting worker does, and check."""
    await arena.fleet.end()
    tidier = await arena.fleet.start(0)
    arena.fleet.members[0] = tidier
    await arena.fleet.ready_slot(0)
    tidier.send(signal.SIGTERM)
    await ended(tidier)
    # A worker sweeps these once a minute; the last one may have been killed on the way.
    await asyncio.to_thread(sweep_live, Places(arena.data_dir).live_root)
    return await check(
        arena.folder, arena.data_dir, arena.producer, url=arena.server.url, queue_name=QUEUE, ours=not arena.naive
    )
