"""The worker's heartbeat: which jobs it runs, told every few seconds."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from dataclasses import dataclass, field

from preview_worker.errors import QueueUnavailableError
from preview_worker.observability.logs import logger
from preview_worker.sandbox.levels import SandboxLevel
from preview_worker.state.workers import Heartbeat, RunningJob, WorkerHeartbeats

BEAT_EVERY_S = 5.0
LEAVE_WITHIN_S = 0.2


@dataclass(slots=True)
class Bench:
    """The jobs a worker runs now, by id, with the stage each is at; and why it takes no others, if it doesn't.

    Attributes:
        running: Stages by job id.
        holding: What is in the way, in a word.
        rests_until_s: Monotonic seconds until which nothing is taken, as something was in the way of a job just now.
    """

    running: dict[str, str] = field(default_factory=dict)
    holding: str = ""
    rests_until_s: float = 0.0


class Pulse:
    """Tells the fleet that this worker lives.

    Args:
        heartbeats: Where it is told.
        worker_id: Unique per process.
        slots: Jobs it may run at once.
        bench: What it runs now.
    """

    def __init__(self, heartbeats: WorkerHeartbeats, *, worker_id: str, slots: int, bench: Bench) -> None:
        self._heartbeats = heartbeats
        self._worker_id = worker_id
        self._slots = slots
        self._bench = bench
        self._started_at_ms = round(time.time() * 1000)

    async def beat_for_ever(self, sandbox: SandboxLevel) -> None:
        """Beat until cancelled; an outage of Redis is waited out.

        Args:
            sandbox: How far the worker's render processes are confined.
        """
        while True:
            try:
                await self._heartbeats.beat(self._heartbeat(sandbox))
            except QueueUnavailableError as error:
                logger("worker").warning("heartbeat-missed", reason=error.sentence)
            await asyncio.sleep(BEAT_EVERY_S)

    async def leave(self) -> None:
        """Tell that this worker ends in order; where that takes long, its last heartbeat runs out by itself."""
        try:
            async with asyncio.timeout(LEAVE_WITHIN_S):
                await self._heartbeats.leave(self._worker_id)
        except (QueueUnavailableError, TimeoutError) as error:
            logger("worker").warning("heartbeat-missed", reason=str(error) or f"no answer within {LEAVE_WITHIN_S:g} s")

    def _heartbeat(self, sandbox: SandboxLevel) -> Heartbeat:
        return Heartbeat(
            worker_id=self._worker_id,
            host=socket.gethostname(),
            pid=os.getpid(),
            started_at_ms=self._started_at_ms,
            slots=self._slots,
            sandbox=sandbox,
            holding=self._bench.holding,
            jobs=tuple(RunningJob(job_id=job_id, stage=stage) for job_id, stage in self._bench.running.items()),
        )
