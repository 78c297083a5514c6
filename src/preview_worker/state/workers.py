"""Heartbeats: which workers live and what they do."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Final

from redis.asyncio import Redis

from preview_worker.state.connection import translated_errors
from preview_worker.state.keys import StateKeys

HEARTBEAT_TTL_S: Final = 30.0
"""A worker that is silent for longer counts as gone."""

MAXIMUM_WORKERS: Final = 200
"""More are not listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningJob:
    """A job a worker runs, and the stage it is in."""

    job_id: str
    stage: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """What a worker says about itself.

    Attributes:
        worker_id: Unique per process.
        host: Host name.
        pid: Process id on that host.
        started_at_ms: When it started, ms since the epoch by its own clock.
        slots: Jobs it runs at once.
        sandbox: How far its render processes are confined: a `SandboxLevel`, or what another build calls it.
        jobs: What it runs now.
        holding: Why it takes no other jobs: ``disk``, ``render-start``; empty while it does.
    """

    worker_id: str
    host: str
    pid: int
    started_at_ms: int
    slots: int
    sandbox: str
    jobs: tuple[RunningJob, ...]
    holding: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveWorker:
    """A heartbeat and its age, measured by the server's clock alone."""

    heartbeat: Heartbeat
    age_ms: int


class WorkerHeartbeats:
    """The heartbeats of one queue's workers.

    Every method raises `QueueUnavailableError` when Redis doesn't answer within 2 s.
    """

    def __init__(self, client: Redis, keys: StateKeys, *, ttl_s: float = HEARTBEAT_TTL_S) -> None:
        self._client = client
        self._keys = keys
        self._ttl_ms = round(ttl_s * 1000)

    async def beat(self, heartbeat: Heartbeat) -> None:
        """Store a heartbeat; it expires by itself."""
        async with translated_errors():
            pipeline = self._client.pipeline(transaction=True)
            pipeline.set(self._keys.worker(heartbeat.worker_id), json.dumps(asdict(heartbeat)), px=self._ttl_ms)
            pipeline.sadd(self._keys.workers, heartbeat.worker_id)
            await pipeline.execute()

    async def leave(self, worker_id: str) -> None:
        """Forget a worker that ends in order."""
        async with translated_errors():
            pipeline = self._client.pipeline(transaction=True)
            pipeline.delete(self._keys.worker(worker_id))
            pipeline.srem(self._keys.workers, worker_id)
            await pipeline.execute()

    async def live(self) -> list[LiveWorker]:
        """List the workers whose heartbeat hasn't expired, oldest process first; forgets the others."""
        async with translated_errors():
            worker_ids = sorted(map(str, await self._client.smembers(self._keys.workers)))[:MAXIMUM_WORKERS]
            pipeline = self._client.pipeline(transaction=False)
            for worker_id in worker_ids:
                pipeline.get(self._keys.worker(worker_id))
                pipeline.pttl(self._keys.worker(worker_id))
            answers = await pipeline.execute() if worker_ids else []
            found = list(zip(worker_ids, answers[::2], answers[1::2], strict=True))
            gone = [worker_id for worker_id, text, _ in found if text is None]
            if gone:
                await self._client.srem(self._keys.workers, *gone)
        alive = [
            LiveWorker(heartbeat=_heartbeat(json.loads(text)), age_ms=max(0, self._ttl_ms - left_ms))
            for _, text, left_ms in found
            if text is not None
        ]
        return sorted(alive, key=lambda worker: worker.heartbeat.started_at_ms)


def _heartbeat(fields: dict[str, Any]) -> Heartbeat:
    """Read a heartbeat; one of an older or newer build may lack or add fields."""
    return Heartbeat(
        worker_id=str(fields.get("worker_id", "")),
        host=str(fields.get("host", "")),
        pid=int(fields.get("pid", 0)),
        started_at_ms=int(fields.get("started_at_ms", 0)),
        slots=int(fields.get("slots", 0)),
        sandbox=str(fields.get("sandbox", "")),
        jobs=tuple(
            RunningJob(job_id=str(job.get("job_id", "")), stage=str(job.get("stage", "")))
            for job in fields.get("jobs", ())
        ),
        holding=str(fields.get("holding", "")),
    )
