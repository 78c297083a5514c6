"""A cancel at every moment of a job's life: whoever comes first, all that tells of its end says the same."""

from __future__ import annotations

import asyncio
import random
import time

import pytest

from preview_worker.faults import FaultPoint
from preview_worker.queue.cancelling import CancelVerdict
from preview_worker.queue.port import JobState
from preview_worker.state.records import RecordState
from preview_worker.storage.publish import published
from support.queues import until
from support.service import PREFIX, payload, serving
from support.workers import working

pytestmark = pytest.mark.anyio

PROJECT = "board-games"
AT_ONCE = 4
OF_PLANS = [point for point in FaultPoint if point not in (FaultPoint.PLANNED, FaultPoint.DRAWING)]
BEFORE_COMMIT = OF_PLANS[: OF_PLANS.index(FaultPoint.SYNCED)]
AFTER_COMMIT = OF_PLANS[OF_PLANS.index(FaultPoint.ANNOUNCED) :]


def plan(job_id):
    return payload(job_id, dry_run=True, steps=[{"text": "Place the board."}])


@pytest.fixture
async def api(queue_address, tmp_path):
    name = {"PREVIEW_QUEUE_NAME": queue_address.queue_name, "PREVIEW_QUEUE_MAX": "50"}
    async with serving(queue_address.url, tmp_path, **name) as pair:
        yield pair


async def submit(client, job_id):
    answer = await client.post(f"{PREFIX}/job", json=plan(job_id))
    assert answer.status_code == 202, answer.text


async def end_of(service, job_id):
    """How a job ended, once its record, the queue and the disk all say the same."""

    async def ended():
        record, queued = await service.records.get(job_id), await service.producer.job(job_id)
        over = record.state.terminal and queued.state in {JobState.COMPLETED, JobState.FAILED}
        return (record, queued) if over else None

    record, queued = await until(ended, deadline_s=20)
    files = published(service.places.plan(PROJECT, job_id))
    told = (record.state, queued.state, queued.failed_code, files is not None)
    assert told in {
        (RecordState.COMPLETED, JobState.COMPLETED, None, True),
        (RecordState.CANCELLED, JobState.FAILED, "cancelled", False),
    }
    return record.state


PROMISED = {
    CancelVerdict.CANCELLED: {RecordState.CANCELLED},
    CancelVerdict.ASKED: {RecordState.CANCELLED},
    CancelVerdict.TOO_LATE: {RecordState.COMPLETED},
    CancelVerdict.ENDED: {RecordState.COMPLETED},
}


@pytest.mark.parametrize("races", [40, pytest.param(1000, marks=pytest.mark.full)])
async def test_row_44_a_job_has_one_end_however_cancel_and_completion_race(api, queue_address, tmp_path, races):
    service, client = api
    moments, met = random.Random(44), dict.fromkeys(CancelVerdict, 0)
    free, longest_s = asyncio.Semaphore(AT_ONCE), await length_of_a_run(api, queue_address, tmp_path)

    async def race(number):
        job_id, delay_s = f"race-{number}", moments.uniform(0, 1.5 * longest_s)
        async with free:
            await submit(client, job_id)
            await asyncio.sleep(delay_s)  # the moment of the race, not a wait for anything
            answer = await service.producer.cancel(job_id, record_ttl_s=3600)
            met[answer.verdict] += 1
            assert await end_of(service, job_id) in PROMISED[answer.verdict]

    async with working(queue_address, tmp_path, PREVIEW_WORKER_CONCURRENCY=str(AT_ONCE)):
        await submit(client, "ready")
        await end_of(service, "ready")
        async with asyncio.TaskGroup() as group:
            for number in range(races):
                group.create_task(race(number))

    assert min(met[CancelVerdict.ASKED], met[CancelVerdict.ENDED]) > races // 20
    assert not list(service.places.stage.glob("*/*.json"))
    counts = await service.producer.counts()
    assert (counts.active, counts.backlog) == (0, 0)


async def length_of_a_run(api, queue_address, tmp_path):
    """Seconds from posting to the end, with as many at once as race."""
    service, client = api
    async with working(queue_address, tmp_path, PREVIEW_WORKER_CONCURRENCY=str(AT_ONCE)):
        await submit(client, "first")
        await end_of(service, "first")
        began_s = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number in range(AT_ONCE):
                group.create_task(submitted_to_its_end(api, f"length-{number}"))
        return time.monotonic() - began_s


async def submitted_to_its_end(api, job_id):
    await submit(api[1], job_id)
    await end_of(api[0], job_id)


async def test_row_44_a_cancel_at_any_point_of_a_run_ends_the_job_once(api, queue_address, tmp_path):
    service, client = api
    loop, answers, answered_first = asyncio.get_running_loop(), {}, set()

    async def cancel(job_id):
        answers[job_id] = (await service.producer.cancel(job_id, record_ttl_s=3600)).verdict

    def reached(point, job_id):
        if point.value == job_id:
            asked = asyncio.run_coroutine_threadsafe(cancel(job_id), loop)
            try:
                asyncio.get_running_loop()
            except RuntimeError:  # a thread of the worker's: it goes on when the cancel has been answered
                asked.result(10)
                answered_first.add(point)

    async with working(queue_address, tmp_path, reached=reached):
        for point in OF_PLANS:
            await submit(client, point.value)
        ends = {point: await end_of(service, point.value) for point in OF_PLANS}

    for point in OF_PLANS:
        assert ends[point] in PROMISED[answers[point.value]], point
    # At other points the worker goes on meanwhile, and either may be first.
    assert {ends[point] for point in BEFORE_COMMIT if point in answered_first} == {RecordState.CANCELLED}
    assert {ends[point] for point in AFTER_COMMIT} == {RecordState.COMPLETED}
