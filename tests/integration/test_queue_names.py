"""A job can't take the place of what the queue keeps under a name of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from preview_worker.contract.identifiers import QUEUE_NAMES
from preview_worker.queue.bullmq_replay import BullmqReplays, NotReplayed
from preview_worker.queue.cancelling import CancelVerdict
from preview_worker.queue.dead_letters import DeadLetter
from preview_worker.queue.port import AdmissionGate, JobState
from support.queues import in_state, until
from support.service import PREFIX, payload
from support.workers import working

pytestmark = pytest.mark.anyio

JOB = f"{PREFIX}/job"
LETTER = DeadLetter(
    job_id="wait",
    payload={},
    code="asset-missing",
    sentence="Board is missing.",
    attempts=1,
    stalls=0,
    failed_at_ms=0,
    log_tail=(),
    version="1.2.3",
    letter_id="wait.g1",
    generation=1,
)


def plan(job_id):
    return payload(job_id, dry_run=True, steps=[{"text": "Place the board."}])


async def keys_of(redis, address):
    return {key: await redis.type(key) async for key in redis.scan_iter(address.key("*"))}


@pytest.fixture
async def used(client, service, foreign, redis, queue_address, tmp_path):
    """A queue in which jobs have completed and failed, and one waits."""
    async with working(queue_address, tmp_path):
        await client.post(JOB, json=plan("first"))
        await foreign.add("render-preview", {"jobId": "bad"}, {"jobId": "bad"})
        await until(in_state(service.producer, "first", JobState.COMPLETED))
        await until(in_state(service.producer, "bad", JobState.FAILED))
    await redis.set(queue_address.key("stalled-check"), "1")
    await client.post(JOB, json=plan("waiting"))


@pytest.mark.parametrize("name", [*QUEUE_NAMES, "WAIT"])
async def test_a_job_is_refused_when_its_id_is_a_name_of_the_queues(client, redis, queue_address, name):
    answer = await client.post(JOB, json=plan(name))

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "invalid-payload")
    assert [(error["pointer"], error["code"], error["value"]) for error in problem["errors"]] == [
        ("/jobId", "bad-id", name)
    ]
    assert f"'preview-{name}' would do" in problem["errors"][0]["message"]
    assert await keys_of(redis, queue_address) == {}


@pytest.mark.usefixtures("used")
async def test_no_job_is_found_under_a_name_of_the_queues(client, redis, queue_address):
    before = await keys_of(redis, queue_address)
    paths = ("status", "artifact", "files/preview.json", "live/poster.jpg")

    for name in QUEUE_NAMES:
        answers = [await client.get(f"{JOB}/{name}/{path}") for path in paths]
        answers += [await client.post(f"{JOB}/{name}/cancel"), await client.post(f"{JOB}/{name}/approve", json={})]
        assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(404, "job-not-found")}, name

    assert await keys_of(redis, queue_address) == before


@pytest.mark.usefixtures("used")
@pytest.mark.parametrize("name", QUEUE_NAMES)
async def test_a_cancel_takes_nothing_for_a_job_that_the_queue_keeps_for_itself(service, redis, queue_address, name):
    before = await keys_of(redis, queue_address)

    answer = await service.producer.cancel(name, record_ttl_s=600)

    assert answer.verdict is CancelVerdict.UNKNOWN
    assert await keys_of(redis, queue_address) == before


async def test_a_letter_is_not_replayed_when_its_jobs_id_is_a_name_of_the_queues(redis, queue_address):
    gate = AdmissionGate(queue_max=10, record_ttl_s=600)
    replays = BullmqReplays(redis, queue_address, gate=gate, attempts=1)

    for name in QUEUE_NAMES:
        letter = replace(LETTER, job_id=name, letter_id=f"{name}.g1")
        assert await replays.replay(letter, by="ada") is NotReplayed.RESERVED

    assert await keys_of(redis, queue_address) == {}


@pytest.mark.parametrize("payloads_id", [None, "moon"])
@pytest.mark.parametrize("name", ["de", "limiter", "repeat"])
async def test_a_foreign_job_under_a_name_of_the_queues_fails_and_stops_no_worker(
    client, service, foreign, queue_address, tmp_path, name, payloads_id
):
    """Names under which nothing stands yet: what BullMQ itself puts elsewhere can't be helped."""
    await foreign.add("render-preview", plan(payloads_id or name), {"jobId": name})

    async with working(queue_address, tmp_path):
        failed = await until(in_state(service.producer, name, JobState.FAILED))
        await client.post(JOB, json=plan("good"))
        await until(in_state(service.producer, "good", JobState.COMPLETED))

    assert (failed.failed_code, repr(name) in failed.failed_reason) == ("invalid-payload", True)
