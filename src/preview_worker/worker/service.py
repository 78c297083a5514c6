"""The worker process: it takes jobs until it is told to stop, and dies loudly when any part of it dies."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from preview_worker.observability.logs import logger
from preview_worker.observability.metrics import Metrics
from preview_worker.probes.server import ProbeServer
from preview_worker.queue.delivery import Consumer, Handler, Hold
from preview_worker.sandbox.levels import SandboxLevel
from preview_worker.storage.cleaning import Cleaner
from preview_worker.worker.heartbeat import Pulse
from preview_worker.worker.housekeeping import keep_house
from preview_worker.worker.letter_archive import LetterArchive
from preview_worker.worker.pool import RenderPool


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerService:
    """One worker.

    Args:
        consumer: Where jobs come from.
        handler: Runs one job.
        hold: Whether to take no jobs now.
        pool: Render processes.
        pulse: Tells the fleet that we live.
        metrics: Of this process.
        probes: Live, ready, metrics.
        cleaner: Tidies DATA_DIR up.
        scrubbing: Looks for damaged files, for ever.
        archive: Keeps the dead letters within their bound.
        drain_s: How long running jobs may take after SIGTERM.
    """

    consumer: Consumer
    handler: Handler
    hold: Hold
    pool: RenderPool
    pulse: Pulse
    probes: ProbeServer
    metrics: Metrics
    cleaner: Cleaner
    scrubbing: Callable[[], Coroutine[Any, Any, None]]
    archive: LetterArchive
    drain_s: float

    async def run(self) -> None:
        """Take jobs until SIGINT or SIGTERM; a second signal ends the drain at once.

        Raises:
            ConfigurationError: Render processes are confined less than is wanted here (permanent).
            RenderStartError: No render process starts (transient).
            ExceptionGroup: A part died; the process should end non-zero.
        """
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        hurry = asyncio.Event()

        def on_signal() -> None:
            (hurry if stopping.is_set() else stopping).set()

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, on_signal)
        async with self.pool:
            sandbox = await self.pool.sandbox()
            self.metrics.sandbox.labels(sandbox).set(1)
            try:
                await self._run_until(stopping, hurry, sandbox)
            finally:
                await self.pulse.leave()

    async def _run_until(self, stopping: asyncio.Event, hurry: asyncio.Event, sandbox: SandboxLevel) -> None:
        async with asyncio.TaskGroup() as group:
            side = [
                group.create_task(self.pulse.beat_for_ever(sandbox), name="heartbeat"),
                group.create_task(self.probes.serve(), name="probes"),
                group.create_task(keep_house(self.cleaner, self.metrics), name="housekeeping"),
                group.create_task(self.scrubbing(), name="scrubbing"),
                group.create_task(self.archive.keep(), name="dead-letters"),
            ]
            take = group.create_task(self.consumer.run(self.handler, self.hold), name="consumer")
            stop = group.create_task(stopping.wait(), name="stop")
            logger("worker").info("worker-ready", sandbox=sandbox)
            await asyncio.wait({take, stop}, return_when=asyncio.FIRST_COMPLETED)
            if take.done() and not stopping.is_set():
                take.result()
                raise RuntimeError("the consumer ended without being asked")
            self.probes.drain()
            logger("worker").info("worker-draining", drain_s=self.drain_s)
            hurried = group.create_task(self._hurry(hurry), name="hurry")
            await self.consumer.stop(self.drain_s)
            await take
            for task in (*side, hurried):
                task.cancel()

    async def _hurry(self, hurry: asyncio.Event) -> None:
        await hurry.wait()
        await self.consumer.stop(0)
