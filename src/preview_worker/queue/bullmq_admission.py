"""Admission: our gates, BullMQ's own add and our record in one Lua step.

Checking a limit and adding afterwards overshoots as soon as two producers race (101 of 100 were measured with four), so
the gates stand in front of BullMQ's add script inside one script (`bullmq_admission_script.py`).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from bullmq.job import Job
from redis.asyncio import Redis
from redis.commands.core import AsyncScript

from preview_worker.queue.backoff import FIRST_DELAY_MS
from preview_worker.queue.bullmq_admission_script import admission_script
from preview_worker.queue.bullmq_connections import QueueAddress
from preview_worker.queue.bullmq_contract import ADD_KEYS, JOB_NAME
from preview_worker.queue.bullmq_retention import RetentionRules
from preview_worker.queue.bullmq_withdrawal import withdrawal_options
from preview_worker.queue.fairness import BAND_BASES, MAXIMUM_TAG, PRIORITY_SCORE_SHIFT
from preview_worker.queue.idempotency import KEY_TTL_S
from preview_worker.queue.port import (
    Admission,
    AdmissionGate,
    Admitted,
    Conflicting,
    ExistingRecord,
    KeyReused,
    MemoryLow,
    NewJob,
    Refused,
    Replayed,
)


class BullmqAdmission:
    """Admits jobs to one queue through one client."""

    def __init__(self, client: Redis, backend: Any, address: QueueAddress, retention: RetentionRules) -> None:
        self._script: AsyncScript = client.register_script(admission_script())
        self._backend = backend
        self._address = address
        self._retention = retention
        self._withdrawal_options = withdrawal_options(retention)

    async def admit(self, job: NewJob, gate: AdmissionGate) -> Admission:
        """Run the admission step once; Redis' own exceptions leave untranslated."""
        keys, arguments = self.arguments_of(job, gate)
        return _admission(await self._script(keys=keys, args=arguments), job, gate)

    def arguments_of(self, job: NewJob, gate: AdmissionGate) -> tuple[list[str], list[Any]]:
        """KEYS and ARGV of every script that adds a job: BullMQ's, then `OWN_KEYS` and `OWN_ARGUMENTS`."""
        address = self._address
        keys = [address.key(suffix) for suffix in (*ADD_KEYS, "wait", "paused")]
        keys += [address.record_key(job.job_id), address.fairness_key, address.key(job.job_id)]
        keys.append(address.idempotency_key(job.key.name if job.key is not None else ""))
        arguments: list[Any] = [
            *self._add_arguments(job),
            address.key(""),
            job.job_id,
            job.digest,
            job.project_id,
            job.request_id,
            gate.queue_max,
            gate.record_ttl_s,
            job.band.value,
            BAND_BASES[job.band],
            MAXIMUM_TAG,
            PRIORITY_SCORE_SHIFT,
            gate.memory_ratio,
            job.scope,
            job.supersede.value,
            self._withdrawal_options,
            job.key.fingerprint if job.key is not None else "",
            KEY_TTL_S,
            "1" if job.again else "0",
        ]
        return keys, arguments

    def _add_arguments(self, job: NewJob) -> list[Any]:
        """Let BullMQ pack its own three arguments; the priority in them is replaced inside the script."""
        options: Any = {
            "jobId": job.job_id,
            "attempts": job.attempts,
            "priority": 1,
            "timestamp": round(time.time() * 1000),
            "backoff": {"type": "exponential", "delay": FIRST_DELAY_MS},
            "removeOnComplete": asdict(self._retention.completed),
            "removeOnFail": asdict(self._retention.failed),
        }
        owner: Any = _Owner(self._backend)
        bullmq_job = Job(owner, JOB_NAME, job.payload, options)
        arguments: list[Any] = self._backend.scripts.addJobArgs(bullmq_job)
        return arguments


class _Owner:
    """What bullmq's Job wants of its queue."""

    def __init__(self, backend: Any) -> None:
        self.backend = backend
        self.qualifiedName = backend.qualifiedName


def _admission(answer: Sequence[Any], job: NewJob, gate: AdmissionGate) -> Admission:
    match answer[0]:
        case "replayed":
            return Replayed(existing=_existing(answer[1:]))
        case "conflicting":
            return Conflicting(existing=_existing(answer[1:]))
        case "key-reused":
            return KeyReused(job_id=str(answer[1]))
        case _:
            return added(answer, job, gate)


def added(answer: Sequence[Any], job: NewJob, gate: AdmissionGate) -> Admitted | MemoryLow | Refused:
    """What a script that adds a job answers when nothing but room could be in its way."""
    match answer[0]:
        case "admitted":
            return Admitted(
                job_id=job.job_id,
                position=int(answer[1]),
                priority=int(answer[2]),
                admitted_at_ms=int(answer[3]),
                superseded=tuple(str(job_id) for job_id in answer[4]),
            )
        case "memory-low":
            return MemoryLow(used_bytes=int(answer[1]), maximum_bytes=int(answer[2]))
        case "refused":
            return Refused(backlog=int(answer[1]), queue_max=gate.queue_max)
        case unknown:
            raise AssertionError(f"the script answered {unknown!r}")


def _existing(fields: Sequence[Any]) -> ExistingRecord:
    job_id, digest, project_id, request_id, generation, state, admitted_at_ms = fields
    return ExistingRecord(
        job_id=job_id,
        digest=digest or "",
        project_id=project_id or "",
        request_id=request_id or "",
        generation=int(generation or 0),
        state=state or "",
        admitted_at_ms=int(admitted_at_ms or 0),
    )
