"""Pausing the queue over HTTP: what runs is finished, new jobs wait, and no worker takes any until it is resumed."""

from __future__ import annotations

import asyncio

import pytest

from preview_worker.queue.bullmq_consumer import BullmqConsumer, ConsumerTiming
from preview_worker.queue.delivery import Completed
from preview_worker.queue.port import JobState
from support.queues import consuming, in_state, until
from support.service import PREFIX, payload

pytestmark = pytest.mark.anyio

TIMING = ConsumerTiming(wait_s=0.05)


async def set_paused(client, word):
    answer = await client.post(f"{PREFIX}/queue/{word}")
    assert answer.status_code == 200
    return answer.json()


async def test_a_running_job_ends_and_others_wait_while_the_queue_is_paused(client, service, queue_address):
    started, release, taken = asyncio.Event(), asyncio.Event(), []

    async def handler(delivery):
        taken.append(delivery.job_id)
        started.set()
        await release.wait()
        return Completed(result={})

    await client.post(f"{PREFIX}/job", json=payload("running"))
    async with consuming(BullmqConsumer(queue_address, concurrency=2, timing=TIMING), handler):
        await started.wait()
        assert (await set_paused(client, "pause"))["paused"] is True
        assert (await set_paused(client, "pause")) == {"paused": True, "waiting": 0, "active": 1}
        accepted = await client.post(f"{PREFIX}/job", json=payload("later"))
        assert accepted.status_code == 202
        release.set()
        await until(in_state(service.producer, "running", JobState.COMPLETED))
        metrics = (await client.get(f"{PREFIX}/queue/metrics")).json()
        assert (metrics["paused"], metrics["prioritized"], taken) == (True, 1, ["running"])
        assert (await set_paused(client, "resume"))["paused"] is False
        await until(in_state(service.producer, "later", JobState.COMPLETED))
    assert taken == ["running", "later"]


async def test_a_worker_that_starts_while_the_queue_is_paused_takes_nothing(client, service, queue_address):
    async def handler(_delivery):
        return Completed(result={})

    await set_paused(client, "pause")
    await client.post(f"{PREFIX}/job", json=payload("moon"))
    consumer = BullmqConsumer(queue_address, concurrency=1, timing=TIMING)
    async with consuming(consumer, handler):
        assert (await set_paused(client, "pause"))["active"] == 0
    assert await in_state(service.producer, "moon", JobState.QUEUED)()
