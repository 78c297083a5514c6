"""The watchdog: a consumer that looks for no jobs ends loudly, and one that is busy or paused doesn't."""

from __future__ import annotations

import asyncio

import pytest

from preview_worker.errors import DeafConsumerError
from preview_worker.queue.bullmq_consumer import BullmqConsumer, ConsumerTiming
from preview_worker.queue.bullmq_producer import BullmqProducer
from preview_worker.queue.delivery import Completed
from preview_worker.queue.port import JobState
from support.queues import ROOMY, consuming, in_state, new_job, until

pytestmark = pytest.mark.anyio

TIMING = ConsumerTiming(wait_s=0.02, pause_poll_s=0.01, retry_s=0.02, deaf_after_s=0.4)


@pytest.fixture
async def producer(queue_address):
    async with BullmqProducer(queue_address) as opened:
        yield opened


def consumer_of(address):
    return BullmqConsumer(address, concurrency=1, timing=TIMING)


async def completing(_delivery):
    return Completed(result={})


async def test_a_consumer_that_hangs_ends_with_an_error(queue_address):
    async def hung():
        await asyncio.Event().wait()
        return False

    with pytest.raises(ExceptionGroup) as raised:
        await asyncio.wait_for(consumer_of(queue_address).run(completing, hung), 10)
    assert raised.group_contains(DeafConsumerError, match="No look for a job")


async def test_a_consumer_goes_on_when_a_job_takes_longer_than_the_watchdogs_patience(queue_address, producer):
    long_enough = asyncio.Event()

    async def slow(_delivery):
        await long_enough.wait()
        return Completed(result={})

    async with consuming(consumer_of(queue_address), slow) as running:
        await producer.admit(new_job("slow"), ROOMY)
        await until(in_state(producer, "slow", JobState.ACTIVE))
        done, _ = await asyncio.wait({running}, timeout=3 * TIMING.deaf_after_s)
        assert not done
        long_enough.set()
        await until(in_state(producer, "slow", JobState.COMPLETED))


async def test_a_consumer_goes_on_when_it_is_paused_or_has_nothing_to_do(queue_address, producer):
    async with consuming(consumer_of(queue_address), completing) as running:
        for paused in (True, False):
            await producer.set_paused(paused)
            done, _ = await asyncio.wait({running}, timeout=2 * TIMING.deaf_after_s)
            assert not done
        await producer.admit(new_job("job"), ROOMY)
        await until(in_state(producer, "job", JobState.COMPLETED))
