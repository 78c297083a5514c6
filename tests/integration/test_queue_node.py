"""The same queue seen from Node.js, as the existing producers and dashboards see it."""

from __future__ import annotations

import asyncio

import pytest

from preview_worker.queue.bullmq_consumer import BullmqConsumer, ConsumerTiming
from preview_worker.queue.bullmq_producer import BullmqProducer
from preview_worker.queue.delivery import Completed, Failed
from preview_worker.queue.port import JobState
from support.queues import ROOMY, consuming, in_state, new_job, until

pytestmark = [pytest.mark.anyio, pytest.mark.needs_node]

FAST = ConsumerTiming(wait_s=0.1, pause_poll_s=0.02)


@pytest.fixture
async def producer(queue_address):
    async with BullmqProducer(queue_address) as opened:
        yield opened


@pytest.fixture
def node(node_client, queue_address):
    async def run(*operations):
        return await asyncio.to_thread(node_client.run, queue_address.queue_name, *operations)

    return run


def consumer_of(address):
    return BullmqConsumer(address, concurrency=1, timing=FAST, backoff=lambda _failures: 5)


async def test_node_reads_state_progress_and_result_of_a_job_it_added(node, producer, queue_address):
    options = {"jobId": "from-node", "attempts": 5, "backoff": {"type": "exponential", "delay": 1000}, "priority": 5}
    await node(["add", {"jobId": "from-node", "title": "Règles « 100 % » 🎲"}, options])

    async def handler(delivery):
        assert delivery.payload["title"] == "Règles « 100 % » 🎲"
        assert (delivery.priority, delivery.attempts) == (5, 5)
        await delivery.report({"percent": 50, "stage": "render"})
        await delivery.log("half way")
        return Completed(result={"status": "completed", "title": delivery.payload["title"]})

    async with consuming(consumer_of(queue_address), handler):
        await until(in_state(producer, "from-node", JobState.COMPLETED))

    read, events = await node(["read", "from-node"], ["events"])
    assert (read["state"], read["attemptsMade"]) == ("completed", 1)
    assert read["progress"] == {"percent": 50, "stage": "render"}
    assert read["result"] == {"status": "completed", "title": "Règles « 100 % » 🎲"}
    assert read["logs"] == ["half way"]
    assert events[-1] == "drained"
    assert {"added", "active", "progress", "completed"} <= set(events)


async def test_node_reads_why_a_job_failed_after_its_attempts(node, producer, queue_address):
    await node(["add", {}, {"jobId": "failing", "attempts": 2, "backoff": {"type": "lunar", "delay": 60_000}}])

    async def handler(_delivery):
        return Failed(code="storage", sentence="The disk is full.", retryable=True)

    async with consuming(consumer_of(queue_address), handler):
        await until(in_state(producer, "failing", JobState.FAILED))

    [read] = await node(["read", "failing"])
    assert (read["state"], read["attemptsMade"]) == ("failed", 2)
    assert read["failedReason"] == "storage: The disk is full."


async def test_node_sees_the_jobs_we_admitted(node, producer):
    await producer.admit(new_job("ours"), ROOMY)

    read, counts = await node(["read", "ours"], ["counts"])
    assert read["state"] == "prioritized"
    assert read["data"] == {"jobId": "ours"}
    assert counts["prioritized"] == 1


async def test_no_job_is_lost_when_we_pause_and_a_node_client_resumes_its_own_queue(node, producer, queue_address):
    await producer.set_paused(True)
    added = await node(*(["add", {}, {"jobId": f"job-{number}"}] for number in range(5)), ["resume"])
    assert added[:5] == [f"job-{number}" for number in range(5)]
    assert (await producer.counts()).waiting == 5

    async def completing(_delivery):
        return Completed(result={})

    async def all_done():
        return (await producer.counts()).completed == 5

    async with consuming(consumer_of(queue_address), completing):
        await producer.set_paused(False)
        await until(all_done)
