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

TIMING = ConsumerTiming(wait_s=0.05, pause_poll_s=0.02)


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
        assert (await set_paused(client, "pause")) == {"paused": True, "waiting": 1, "active": 1}
        release.set()
        await until(in_state(service.producer, "running", JobState.COMPLETED))
        metrics = (await client.get(f"{PREFIX}/queue/metrics")).json()
        assert (metrics["paused"], metrics["prioritized"], taken) == (True, 1, ["running"])
        assert (await set_paused(client, "resume"))["paused"] is False
        await until(in_state(service.producer, "later", JobState.COMPLETED))
    assert taken == ["running", "later"]


async def test_a_worker_that_starts_while_the_queue_is_paused_takes_nothing(client, service, queue_address):
    taken, looks = [], 0

    async def handler(delivery):
        taken.append(delivery.job_id)
        return Completed(result={})

    async def hold():
        nonlocal looks
        looks += 1
        return False

    async def looked_twice():
        return looks > 2

    await set_paused(client, "pause")
    await client.post(f"{PREFIX}/job", json=payload("moon"))
    async with consuming(BullmqConsumer(queue_address, concurrency=1, timing=TIMING), handler, hold=hold):
        await until(looked_twice)
        assert (await set_paused(client, "pause")) == {"paused": True, "waiting": 1, "active": 0}
        assert taken == []
        await set_paused(client, "resume")
        await until(in_state(service.producer, "moon", JobState.COMPLETED))


async def test_the_queue_is_told_as_paused_when_another_client_has_paused_it(client, service, foreign):
    """BullMQ's own pause, as Bull Board and Node have it; who set it ends it."""
    await foreign.pause()

    assert (await service.producer.counts()).paused
    assert (await client.get(f"{PREFIX}/queue/metrics")).json()["paused"] is True
    assert "the queue is paused" in (await client.get(f"{PREFIX}/worker/health")).json()["reasons"]
    assert (await set_paused(client, "resume"))["paused"] is True
    await foreign.resume()
    assert (await service.producer.counts()).paused is False
