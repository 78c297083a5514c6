"""Everything of one simulation: server, disk, processes, and what is seen of them from outside."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import random
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Final

from preview_worker.chaos.simulation.client import SimulatedClient
from preview_worker.chaos.simulation.disk import SimulatedDisk
from preview_worker.chaos.simulation.history import History
from preview_worker.chaos.simulation.link import EPOCH_MS, ProcessLink, Weather
from preview_worker.chaos.simulation.loop import SimulatedLoop
from preview_worker.chaos.simulation.process import CURRENT, SimulatedProcess
from preview_worker.chaos.simulation.server import SimulatedServer
from preview_worker.chaos.simulation.watcher import Watcher
from preview_worker.chaos.simulation.worker import Parts, SimulatedWorker
from preview_worker.observability.metrics import Metrics
from preview_worker.queue.backoff import full_jitter
from preview_worker.queue.bullmq_connections import QueueAddress
from preview_worker.storage.places import Places

QUEUE: Final = "simulated"
_LONG_S: Final = 20.0
_SHORT_S: Final = 0.05


class World:
    """One simulation's parts.

    Args:
        seed: Everything that could be otherwise is drawn from it.
        root: DATA_DIR, empty.
        parts: What workers are built of.
        long_ratio: The share of functions in threads that meet a busy disk.
    """

    def __init__(self, seed: int, root: Path, parts: Parts, *, long_ratio: float = 0.01) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - replayed on purpose
        self._long_ratio = long_ratio
        self.loop = SimulatedLoop(self._blocking_s)  # type: ignore[abstract]  # sockets and signals: none
        self.history = History(lambda: round(self.loop.time() * 1000))
        self.weather = Weather()
        self.server_offset_ms = 0
        self.places = Places(root)
        self.parts = parts
        self.watcher = Watcher(self.history, self.places, QUEUE)
        self.server = SimulatedServer(self._server_ms, altered=parts.altered, observe=self.watcher.script)
        self.watcher.server = self.server
        self.disk = SimulatedDisk(
            root,
            self.chance,
            renames=self.watcher.renamed,
            makes=self.watcher.made,
            removes=self.watcher.removed,
        )
        self.workers: list[SimulatedWorker] = []
        self._numbers = 0

    @functools.cached_property
    def _metrics(self) -> Metrics:
        return Metrics(version="simulated")

    def process(self, kind: str) -> SimulatedProcess:
        """A new process."""
        self._numbers += 1
        process = SimulatedProcess(f"{kind}-{self._numbers}", self.loop)
        process.disk_failures = int(self.disk.fails_syncs)
        return process

    def address(self, process: SimulatedProcess) -> QueueAddress:
        """The queue as a process sees it."""
        link = ProcessLink(process, self.weather, self.chance)
        return QueueAddress(
            url="simulated", queue_name=QUEUE, connector=lambda *_, **__: SimulatedClient(self.server, link)
        )

    def start(self, process: SimulatedProcess, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Let a process do something."""
        context = contextvars.copy_context()
        context.run(CURRENT.set, process)
        return self.loop.create_task(work, name=process.name, context=context)

    def start_worker(self) -> None:
        """One worker more."""
        process = self.process("worker")
        worker = SimulatedWorker(
            process,
            self.address(process),
            self.places,
            watcher=self.watcher,
            history=self.history,
            metrics=self._metrics,
            backoff=lambda failures: full_jitter(failures, draw=self.chance.random),
            parts=self.parts,
        )
        self.workers.append(worker)
        self.start(process, self._living(worker))

    async def bury(self, worker: SimulatedWorker) -> None:
        """Kill a worker, if it isn't dead yet, and wait for its end."""
        worker.process.kill()
        await worker.process.gone.wait()
        if worker in self.workers:
            self.workers.remove(worker)
        self.watcher.died(worker.process.name, list(worker.bench.running))

    async def _living(self, worker: SimulatedWorker) -> None:
        """A worker that ends, or whose start or loop fails, exits; whoever watches over it starts another."""
        try:
            await worker.run()
        except Exception as error:  # noqa: BLE001 - the border of a process
            self.history.add("worker-failed", "", worker.process.name, type(error).__name__)
        finally:
            worker.process.kill()

    def _server_ms(self) -> int:
        return EPOCH_MS + self.server_offset_ms + round(self.loop.time() * 1000)

    def _blocking_s(self) -> float:
        """Most functions are quick; some meet a busy disk."""
        longest_s = _LONG_S if self.chance.random() < self._long_ratio else _SHORT_S
        return self.chance.random() * longest_s
