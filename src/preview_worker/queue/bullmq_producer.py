"""The producer's side of the BullMQ gateway."""

from __future__ import annotations

import time
from typing import Any, Final, Self

from redis.exceptions import ResponseError

from preview_worker.queue.bullmq_admission import BullmqAdmission
from preview_worker.queue.bullmq_connections import QueueAddress, bullmq_backend, translated_errors
from preview_worker.queue.bullmq_jobs import place_of, queued_job
from preview_worker.queue.bullmq_retention import RetentionRules
from preview_worker.queue.bullmq_withdrawal import BullmqWithdrawals
from preview_worker.queue.cancelling import CancelAnswer
from preview_worker.queue.port import Admission, AdmissionGate, NewJob, QueueCounts, QueuedJob
from preview_worker.queue.server_facts import ServerFacts

DEADLINE_S: Final = 2.0
"""A request waits no longer for Redis; the answer is then 503."""


class BullmqProducer:
    """`Producer` on BullMQ: its jobs are seen by Node workers, bull-board and every other BullMQ client.

    Making one does no I/O; connections open when first used.
    """

    def __init__(
        self,
        address: QueueAddress,
        *,
        retention: RetentionRules | None = None,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._address = address
        self._deadline_s = deadline_s
        self._client = address.client(socket_timeout_s=deadline_s)
        self._backend = bullmq_backend(self._client, address)
        rules = retention or RetentionRules()
        self._admission = BullmqAdmission(self._client, self._backend, address, rules)
        self._withdrawals = BullmqWithdrawals(self._client, address, rules)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self.close()

    async def admit(self, job: NewJob, gate: AdmissionGate) -> Admission:
        """See `Producer.admit`."""
        async with translated_errors(self._deadline_s):
            return await self._admission.admit(job, gate)

    async def cancel(self, job_id: str, *, record_ttl_s: int) -> CancelAnswer:
        """See `Producer.cancel`."""
        async with translated_errors(self._deadline_s):
            return await self._withdrawals.cancel(job_id, record_ttl_s=record_ttl_s)

    async def job(self, job_id: str) -> QueuedJob | None:
        """See `Producer.job`; one transaction, so state, position and fields belong together."""
        key = self._address.key
        async with translated_errors(self._deadline_s):
            pipeline = self._client.pipeline(transaction=True)
            pipeline.hgetall(key(job_id))
            pipeline.zscore(key("completed"), job_id)
            pipeline.zscore(key("failed"), job_id)
            pipeline.zscore(key("delayed"), job_id)
            pipeline.lpos(key("active"), job_id)
            pipeline.llen(key("wait"))
            pipeline.lpos(key("wait"), job_id)
            pipeline.zrank(key("prioritized"), job_id)
            pipeline.lpos(key("paused"), job_id)
            fields, *places = await pipeline.execute()
        place = place_of(places)
        if not fields or place is None:
            return None
        return queued_job(job_id, fields, *place)

    async def counts(self) -> QueueCounts:
        """See `Producer.counts`."""
        async with translated_errors(self._deadline_s):
            states = ["wait", "paused", "prioritized", "delayed", "active", "completed", "failed"]
            counted = await self._backend.getCounts(states)
            paused = await self._client.exists(self._address.paused_key)
            paused = paused or await self._client.hexists(self._address.key("meta"), "paused")
        wait, held, prioritized, delayed, active, completed, failed = (int(count) for count in counted)
        return QueueCounts(
            waiting=wait + held,
            prioritized=prioritized,
            delayed=delayed,
            active=active,
            completed=completed,
            failed=failed,
            paused=bool(paused),
        )

    async def set_paused(self, paused: bool) -> None:  # noqa: FBT001 - reads as a sentence
        """See `Producer.set_paused`.

        BullMQ's own pause is never set or lifted: a Node client that resumes renames its paused list over ours and
        loses jobs.
        """
        async with translated_errors(self._deadline_s):
            if paused:
                await self._client.set(self._address.paused_key, "1")
            else:
                await self._client.delete(self._address.paused_key)

    async def server_facts(self) -> ServerFacts:
        """See `Producer.server_facts`; a command the server forbids leaves its fact None."""
        async with translated_errors(self._deadline_s):
            started_s = time.perf_counter()
            await self._client.ping()
            ping_ms = (time.perf_counter() - started_s) * 1000
            information = await self._readable(self._client.info("everything")) or {}
            settings = await self._readable(self._client.config_get("appendfsync", "maxmemory-policy")) or {}
        append_only = information.get("aof_enabled")
        return ServerFacts(
            ping_ms=ping_ms,
            version=information.get("valkey_version") or information.get("redis_version"),
            eviction_policy=settings.get("maxmemory-policy") or information.get("maxmemory_policy"),
            append_only=None if append_only is None else bool(append_only),
            append_fsync=settings.get("appendfsync"),
        )

    async def close(self) -> None:
        """See `Producer.close`."""
        await self._client.aclose()

    @staticmethod
    async def _readable(command: Any) -> dict[str, Any] | None:
        try:
            answer: dict[str, Any] = await command
        except ResponseError:  # forbidden by an ACL, renamed or unknown on a managed server
            return None
        return answer
