"""One run's surroundings: its folder, its server, its workers, its history."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from preview_worker.chaos.armed import Armory
from preview_worker.chaos.fleet import Fleet
from preview_worker.chaos.history import HISTORY, TRACE, Line, Lines, lines
from preview_worker.chaos.intake import AdmittingIntake, Intake
from preview_worker.chaos.naive import NaiveIntake
from preview_worker.chaos.server import KillableServer
from preview_worker.queue.bullmq_connections import QueueAddress
from preview_worker.queue.bullmq_producer import BullmqProducer
from preview_worker.queue.bullmq_retention import KeptJobs, RetentionRules

QUEUE: Final = "preview-jobs"
WORKER: Final = "preview_worker.chaos.worker"
NAIVE_WORKER: Final = "preview_worker.chaos.naive"
KEEP_ALL: Final = KeptJobs(age=86_400, count=1_000_000)
"""The checker asks for every job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a run is set up.

    Attributes:
        slots: Workers.
        concurrency: Jobs of a worker at once.
        lock_s: Life of a lock; the product's is 15 s.
        drain_s: How long a worker that was asked to end lets its jobs run.
        queue_max: Most jobs that wait.
    """

    slots: int = 3
    concurrency: int = 2
    lock_s: float = 3.0
    drain_s: int = 10
    queue_max: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Arena:
    """What a scenario works with."""

    folder: Path
    terms: Terms
    history: Lines
    server: KillableServer
    fleet: Fleet
    armory: Armory
    producer: BullmqProducer
    intake: Intake
    naive: bool = False

    @property
    def data_dir(self) -> Path:
        """DATA_DIR of the run."""
        return data_dir_of(self.folder)

    def trace(self) -> list[Line]:
        """Every fault point that was reached so far, in the order of the file."""
        return lines(self.folder / TRACE)


def data_dir_of(folder: Path) -> Path:
    """DATA_DIR of a run's folder."""
    return folder / "data"


def address_of(url: str) -> QueueAddress:
    """The queue of a run."""
    return QueueAddress(url=url, queue_name=QUEUE)


def environment_of(folder: Path, url: str, terms: Terms) -> dict[str, str]:
    """What a worker sees: this process's variables without settings, and the run's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREVIEW_", "REDIS_"))}
    return kept | {
        "DATA_DIR": str(data_dir_of(folder)),
        "REDIS_URL": url,
        "PREVIEW_QUEUE_NAME": QUEUE,
        "PREVIEW_WORKER_CONCURRENCY": str(terms.concurrency),
        "PREVIEW_DRAIN_S": str(terms.drain_s),
        "PREVIEW_PROBE_PORT": "0",
        "PREVIEW_VOICE": "none",
    }


@asynccontextmanager
async def opened(
    folder: Path, terms: Terms, armory: Armory | None = None, *, naive: bool = False
) -> AsyncIterator[Arena]:
    """Server and workers, ended with the context.

    Args:
        folder: The run's; its path should be short.
        terms: How it is set up.
        armory: Arms the workers; None: none is armed until somebody arms it.
        naive: Workers of the control instead of the product's.
    """
    async with AsyncExitStack() as stack:
        history = stack.enter_context(Lines(folder / HISTORY))
        server = await stack.enter_async_context(KillableServer(data_dir_of(folder), history))
        rules = RetentionRules(completed=KEEP_ALL, failed=KEEP_ALL)
        producer = await stack.enter_async_context(BullmqProducer(address_of(server.url), retention=rules))
        command = (NAIVE_WORKER if naive else WORKER, str(folder), "--lock-s", str(terms.lock_s))
        environment = environment_of(folder, server.url, terms)
        armory = armory or Armory()
        fleet = Fleet(folder, command, environment, slots=terms.slots, history=history, armory=armory)
        await stack.enter_async_context(fleet)
        intake: Intake = AdmittingIntake(producer, data_dir_of(folder), terms.queue_max)
        if naive:
            naive_intake = NaiveIntake(server.url, QUEUE)
            stack.push_async_callback(naive_intake.close)
            intake = naive_intake
        yield Arena(
            folder=folder,
            terms=terms,
            history=history,
            server=server,
            fleet=fleet,
            armory=armory,
            producer=producer,
            intake=intake,
            naive=naive,
        )
