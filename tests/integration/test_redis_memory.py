"""A Redis whose memory runs out: new jobs are refused before that, and running ones finish."""

from __future__ import annotations

import asyncio

import pytest

from preview_worker.queue.bullmq_connections import QueueAddress, connect
from preview_worker.queue.bullmq_consumer import BullmqConsumer, ConsumerTiming
from preview_worker.queue.bullmq_producer import BullmqProducer
from preview_worker.queue.delivery import Completed
from preview_worker.queue.port import AdmissionGate, Admitted, JobState, MemoryLow, Replayed
from support.queues import ROOMY, consuming, in_state, new_job, until
from support.service import PREFIX, payload, serving

pytestmark = pytest.mark.anyio

JOB = f"{PREFIX}/job"


class Memory:
    """The bound of a server's memory, set by how much of it is to be in use."""

    def __init__(self, client):
        self._client = client

    async def facts(self):
        return await self._client.info("memory")

    async def use(self, ratio):
        facts = await self.facts()
        used = facts["used_memory"] - facts["mem_not_counted_for_evict"]
        await self._client.config_set("maxmemory", round(used / ratio))


@pytest.fixture
async def memory(own_valkey_server):
    async with connect(own_valkey_server.url, socket_timeout_s=2.0) as client:
        # What a test does is little beside it. Made there: sent from here it would stay in buffers, too, for a while.
        await client.setrange("ballast", 30_000_000 - 1, "x")
        yield Memory(client)


async def test_row_17_admission_closes_at_seven_tenths_and_running_jobs_finish(own_valkey_server, memory):
    address = QueueAddress(url=own_valkey_server.url, queue_name="tight")
    release = asyncio.Event()

    async def holding(_delivery):
        await release.wait()
        return Completed(result={})

    async with BullmqProducer(address) as producer:
        for job_id in ("running", "waiting"):
            await producer.admit(new_job(job_id), ROOMY)
        async with consuming(BullmqConsumer(address, concurrency=1, timing=ConsumerTiming(wait_s=0.1)), holding):
            await until(in_state(producer, "running", JobState.ACTIVE))
            await memory.use(0.6)
            assert isinstance(await producer.admit(new_job("let-in"), ROOMY), Admitted)
            await memory.use(0.75)
            refused = await producer.admit(new_job("kept-out"), ROOMY)
            assert isinstance(refused, MemoryLow), await memory.facts()
            replayed = await producer.admit(new_job("running"), ROOMY)
            release.set()
            for job_id in ("running", "waiting", "let-in"):
                await until(in_state(producer, job_id, JobState.COMPLETED))
        assert 0.7 * refused.maximum_bytes <= refused.used_bytes < refused.maximum_bytes
        assert isinstance(replayed, Replayed)
        assert await producer.job("kept-out") is None
        assert (await producer.counts()).failed == 0
        await memory.use(0.6)
        assert isinstance(await producer.admit(new_job("kept-out"), ROOMY), Admitted)


async def test_the_share_of_the_memory_is_the_gates(own_valkey_server, memory):
    async with BullmqProducer(QueueAddress(url=own_valkey_server.url, queue_name="tight")) as producer:
        await memory.use(0.5)
        strict = AdmissionGate(queue_max=9, record_ttl_s=60, memory_ratio=0.4)
        assert isinstance(await producer.admit(new_job("job"), strict), MemoryLow)
        assert isinstance(await producer.admit(new_job("job"), ROOMY), Admitted)


async def test_row_17_the_api_says_what_is_short_when_redis_is_nearly_full(own_valkey_server, memory, tmp_path):
    async with serving(own_valkey_server.url, tmp_path) as (service, client):
        assert (await client.post(JOB, json=payload("moon"))).status_code == 202
        await memory.use(0.8)
        answer = await client.post(JOB, json=payload("mars"))
        again = await client.post(JOB, json=payload("moon"), headers={"Idempotency-Key": "new"})
        waiting = (await service.producer.counts()).backlog

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (503, "redis-memory-low")
    assert 0 < problem["used"] < problem["maximum"]
    assert "MiB it may use" in problem["detail"]
    assert int(answer.headers["retry-after"]) > 0
    assert (again.status_code, again.headers["idempotency-replayed"]) == (202, "true")
    assert waiting == 1
