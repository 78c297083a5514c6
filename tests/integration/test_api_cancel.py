"""Cancelling and superseding over HTTP, as the status tells of it."""

from __future__ import annotations

import asyncio

import pytest

from preview_worker.queue.bullmq_consumer import BullmqConsumer, ConsumerTiming
from preview_worker.queue.delivery import Completed
from preview_worker.queue.port import JobState
from preview_worker.state.records import RecordState
from support.publications import job_file, publish_preview
from support.queues import consuming, in_state, until
from support.service import PREFIX, payload

pytestmark = pytest.mark.anyio

JOB = f"{PREFIX}/job"
TIMING = ConsumerTiming(wait_s=0.1)


async def cancel(client, job_id):
    answer = await client.post(f"{JOB}/{job_id}/cancel")
    return answer.status_code, answer.json()


async def status(client, job_id):
    return (await client.get(f"{JOB}/{job_id}/status")).json()


async def test_a_waiting_job_is_cancelled_at_once(client, service):
    await client.post(JOB, json=payload("Moon"))

    code, answer = await cancel(client, "moon")

    assert (code, answer["jobId"], answer["status"]) == (202, "Moon", "cancelled")
    told = await status(client, "Moon")
    assert (told["status"], told["cancelReason"], told["supersededBy"]) == ("cancelled", "requested", None)
    assert (told["failedReason"], told["error"], told["attemptsMade"]) == ("The job was cancelled.", None, 0)
    assert told["finishedOn"] >= told["createdAt"]
    assert (await service.records.get("moon")).state is RecordState.CANCELLED
    assert (await cancel(client, "Moon"))[0] == 200
    again = await client.post(JOB, json=payload("Moon"))
    assert (again.status_code, again.json()["status"]) == (200, "cancelled")
    files = await client.get(f"{JOB}/Moon/artifact")
    assert (files.status_code, files.json()["code"]) == (409, "job-failed")


async def test_a_job_of_a_foreign_producer_is_cancelled_before_a_worker_has_seen_it(client, foreign):
    await foreign.add("render-preview", payload("foreign", project="theirs"), {"jobId": "foreign"})

    code, answer = await cancel(client, "foreign")

    assert (code, answer["status"]) == (202, "cancelled")
    told = await status(client, "foreign")
    assert (told["status"], told["projectId"], told["cancelReason"]) == ("cancelled", "theirs", "requested")


async def test_a_running_job_is_asked_to_end(client, service, queue_address):
    await client.post(JOB, json=payload())
    release = asyncio.Event()

    async def holding(_delivery):
        await release.wait()
        return Completed(result={})

    async with consuming(BullmqConsumer(queue_address, concurrency=1, timing=TIMING), holding):
        await until(in_state(service.producer, "moon", JobState.ACTIVE))
        code, answer = await cancel(client, "moon")
        record = await service.records.get("moon")
        release.set()

    assert (code, answer["status"]) == (202, "active")
    assert record.cancel_requested


async def test_a_job_that_is_being_published_is_not_cancelled(client, service, queue_address, redis):
    await client.post(JOB, json=payload())
    release = asyncio.Event()

    async def holding(_delivery):
        await redis.hset(queue_address.record_key("moon"), "state", "committed")
        await release.wait()
        return Completed(result={})

    async def committed():
        record = await service.records.get("moon")
        return record.state is RecordState.COMMITTED

    async with consuming(BullmqConsumer(queue_address, concurrency=1, timing=TIMING), holding):
        await until(committed)
        code, answer = await cancel(client, "moon")
        release.set()
        await until(in_state(service.producer, "moon", JobState.COMPLETED))

    assert (code, answer["code"]) == (409, "too-late")


async def test_a_job_that_only_the_disk_knows_has_ended(client, service):
    publish_preview(service.places, job_id="moon")
    service.job_files.write(job_file("moon"))
    assert await cancel(client, "moon") == (200, {"jobId": "moon", "status": "completed", "links": links("moon")})


@pytest.mark.parametrize("name", ["nobody", "..", "12345"])
async def test_an_unknown_job_can_not_be_cancelled(client, name):
    code, problem = await cancel(client, name.replace("..", "%2e%2e"))
    assert (code, problem["code"]) == (404, "job-not-found")


def superseding(job_id, supersede, **request):
    return payload(job_id, title=job_id, options={"supersede": supersede}, **request)


async def test_a_newer_job_ends_the_waiting_ones_of_its_chapter_and_language(client):
    kept = [
        payload("other-chapter", chapterId="two"),
        payload("other-language", chapterId="one", language="fr"),
        payload("other-project", project="elsewhere", chapterId="one"),
        payload("plan", dry_run=True, chapterId="one"),
    ]
    for job in (payload("old", chapterId="one"), payload("older", chapterId="one", language="EN"), *kept):
        assert (await client.post(JOB, json=job)).status_code == 202

    answer = await client.post(JOB, json=superseding("new", "waiting", chapterId="one"))

    assert answer.status_code == 202
    assert sorted(answer.json()["supersededJobs"]) == ["old", "older"]
    told = await status(client, "old")
    assert (told["status"], told["cancelReason"], told["supersededBy"]) == ("cancelled", "superseded", "new")
    assert told["failedReason"] == "Superseded by job new."
    for job in kept:
        assert (await status(client, job["jobId"]))["status"] == "queued"


@pytest.mark.parametrize("supersede", ["waiting", "all"])
async def test_a_job_that_waits_to_finish_its_publication_is_not_superseded(client, queue_address, redis, supersede):
    """Its worker died between commit and end; what it published may be visible already."""
    await client.post(JOB, json=payload("old"))
    await redis.hset(queue_address.record_key("old"), "state", "committed")

    answer = await client.post(JOB, json=superseding("new", supersede))

    assert answer.json()["supersededJobs"] == []
    assert (await status(client, "old"))["status"] == "queued"


async def test_a_job_is_superseded_when_a_foreign_producer_has_paused_the_queue(client, foreign, queue_address, redis):
    """Older versions of BullMQ pause by renaming the list."""
    await foreign.add("render-preview", payload("foreign"), {"jobId": "foreign"})
    await redis.rename(queue_address.key("wait"), queue_address.key("paused"))

    answer = await client.post(JOB, json=superseding("new", "waiting"))

    assert answer.json()["supersededJobs"] == ["foreign"]
    assert (await status(client, "foreign"))["supersededBy"] == "new"


async def test_jobs_of_a_foreign_producer_are_superseded_too(client, foreign):
    await foreign.add("render-preview", payload("foreign", chapterId="one"), {"jobId": "foreign"})
    await foreign.add("render-preview", "no job at all", {"jobId": "nonsense"})

    answer = await client.post(JOB, json=superseding("new", "waiting", chapterId="one"))

    assert answer.json()["supersededJobs"] == ["foreign"]
    assert (await status(client, "foreign"))["supersededBy"] == "new"
    assert (await status(client, "nonsense"))["status"] == "queued"


def links(job_id):
    return {
        "status": f"{JOB}/{job_id}/status",
        "artifact": f"{JOB}/{job_id}/artifact",
        "cancel": f"{JOB}/{job_id}/cancel",
        "live": f"{JOB}/{job_id}/live/",
    }
