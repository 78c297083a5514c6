from __future__ import annotations

import pytest

from preview_worker.errors import LockLostError
from preview_worker.queue.delivery import Completed, Failed
from preview_worker.queue.memory import MAXIMUM_FINISHED, MemoryQueue
from support.queues import ROOMY, new_job

pytestmark = pytest.mark.anyio


async def test_a_payload_with_nan_is_refused_where_it_enters():
    with pytest.raises(ValueError, match="JSON"):
        await MemoryQueue().admit(new_job("job", payload={"ratio": float("nan")}), ROOMY)


async def test_a_settled_job_cannot_be_settled_again():
    queue = MemoryQueue()
    await queue.admit(new_job("job"), ROOMY)
    taken = queue.take()
    await queue.settle(taken, Completed(result={}))

    with pytest.raises(LockLostError):
        await queue.settle(taken, Completed(result={}))
    with pytest.raises(LockLostError):
        await queue.report(taken, {"percent": 1})


async def test_a_handler_cannot_change_the_stored_payload():
    queue = MemoryQueue()
    await queue.admit(new_job("job", payload={"steps": []}), ROOMY)
    queue.take().payload["steps"].append("changed")

    assert (await queue.job("job")).payload == {"steps": []}


async def test_a_failed_job_waits_for_its_backoff_before_it_is_taken_again():
    queue = MemoryQueue(backoff=lambda _failures: 60_000)
    await queue.admit(new_job("job"), ROOMY)
    await queue.settle(queue.take(), Failed(code="storage", sentence="Full.", retryable=True))

    assert queue.take() is None
    assert not queue.has_work()
    assert 59 < queue.promote_due() <= 60
    assert (await queue.counts()).delayed == 1


async def test_the_oldest_finished_jobs_are_forgotten_when_there_are_too_many():
    queue = MemoryQueue()
    for number in range(MAXIMUM_FINISHED + 2):
        await queue.admit(new_job(f"job-{number}"), ROOMY)
        await queue.settle(queue.take(), Completed(result={}))

    assert (await queue.counts()).completed == MAXIMUM_FINISHED
    assert await queue.job("job-0") is None
    assert await queue.job(f"job-{MAXIMUM_FINISHED + 1}") is not None


async def test_tags_restart_when_nothing_waits():
    queue = MemoryQueue()
    first = await queue.admit(new_job("first"), ROOMY)
    await queue.admit(new_job("second"), ROOMY)
    for _ in range(2):
        await queue.settle(queue.take(), Completed(result={}))

    third = await queue.admit(new_job("third"), ROOMY)

    assert third.priority == first.priority


async def test_a_queue_in_memory_has_no_server_to_report_on():
    facts = await MemoryQueue().server_facts()

    assert (facts.version, facts.eviction_policy, facts.append_only, facts.append_fsync) == (None, None, None, None)
