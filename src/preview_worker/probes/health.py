"""Whether the service can do its work: Redis, its durability, workers, disk. Never a URL, never a secret."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from preview_worker.errors import QueueUnavailableError
from preview_worker.probes.storage import StorageProbe
from preview_worker.queue.port import Producer
from preview_worker.queue.server_facts import ServerFacts
from preview_worker.queue.server_rules import drops_jobs
from preview_worker.sandbox.levels import WantedSandbox, is_enough, level_of
from preview_worker.state.workers import LiveWorker, WorkerHeartbeats

_HOLDING: Final[Mapping[str, str]] = {
    "disk": "it waits for disk space",
    "render-start": "it can't start a render process",
}
"""What a worker holds for, by the word that its heartbeat says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What the operator has settled.

    Attributes:
        sandbox: What must confine render processes.
        policy: The server's eviction policy where it doesn't let it be read; None: nobody knows.
    """

    sandbox: WantedSandbox
    policy: str | None


async def examine(
    *,
    producer: Producer,
    workers: WorkerHeartbeats,
    storage: StorageProbe,
    queue_name: str,
    version: str,
    stated: Stated,
    now_ms: int,
) -> dict[str, Any]:
    """The health document; `status` is healthy, degraded or unhealthy.

    Unhealthy: Redis doesn't answer. Degraded: jobs could be lost or wait for ever (wrong eviction policy, no
    append-only file, no worker, little disk), or a worker confines its render processes less than this service wants.
    """
    room, storage_faults = await asyncio.to_thread(storage.look)
    base: dict[str, Any] = {"timestamp": now_ms, "version": version, "disk": room}
    try:
        facts = await producer.server_facts()
        assumed = facts.eviction_policy is None and stated.policy is not None
        if assumed:
            facts = replace(facts, eviction_policy=stated.policy)
        counts = await producer.counts()
        live = await workers.live()
    except QueueUnavailableError as error:
        return {"status": "unhealthy", "reasons": [error.sentence], "redis": {"status": "down"}, **base}
    reasons = [
        *_redis_faults(facts),
        *([] if live else ["no worker is running"]),
        *_sandbox_faults(live, stated.sandbox),
    ]
    reasons += storage_faults
    if counts.paused:
        reasons.append("the queue is paused")
    reasons += _holding_faults(live)
    return {
        "status": "degraded" if reasons else "healthy",
        "reasons": reasons,
        "redis": {
            "status": "up",
            "pingMs": round(facts.ping_ms, 2),
            "version": facts.version,
            "policy": facts.eviction_policy or "unknown",
            "policyAssumed": assumed,
            "aof": "unknown" if facts.append_only is None else facts.append_only,
            "fsync": facts.append_fsync or "unknown",
        },
        "queue": {
            "name": queue_name,
            "counts": {
                "waiting": counts.waiting,
                "active": counts.active,
                "completed": counts.completed,
                "failed": counts.failed,
                "delayed": counts.delayed,
                "prioritized": counts.prioritized,
            },
            "paused": counts.paused,
        },
        "workers": [
            {
                "id": worker.heartbeat.worker_id,
                "host": worker.heartbeat.host,
                "startedAt": worker.heartbeat.started_at_ms,
                "heartbeatAgeMs": worker.age_ms,
                "jobs": [{"jobId": job.job_id, "stage": job.stage} for job in worker.heartbeat.jobs],
                "slots": worker.heartbeat.slots,
                "sandbox": worker.heartbeat.sandbox,
                "holding": worker.heartbeat.holding or None,
            }
            for worker in live
        ],
        **base,
    }


def _redis_faults(facts: ServerFacts) -> list[str]:
    faults = []
    if facts.eviction_policy is None:
        faults.append("the eviction policy of Redis can't be read; state it by PREVIEW_REDIS_ASSUME if you know it")
    elif drops_jobs(facts):
        faults.append(f"the eviction policy of Redis is {facts.eviction_policy}: it may drop jobs; set noeviction")
    if facts.append_only is False:
        faults.append("Redis keeps no append-only file: a restart loses jobs")
    return faults


def _holding_faults(live: Sequence[LiveWorker]) -> list[str]:
    """One for each word that workers hold for; a worker of a later version may have a word that we don't know."""
    words = sorted({worker.heartbeat.holding for worker in live} - {""})
    return [f"a worker starts no jobs: {_HOLDING.get(word, f'it holds for {word[:40]!r}')}" for word in words]


def _sandbox_faults(live: Sequence[LiveWorker], wanted: WantedSandbox) -> list[str]:
    levels = {worker.heartbeat.worker_id: level_of(worker.heartbeat.sandbox) for worker in live}
    return [
        f"worker {name} confines its render processes to sandbox level {level}; PREVIEW_SANDBOX asks for {wanted}"
        for name, level in levels.items()
        if not is_enough(level, wanted)
    ]
