"""What a cancelled job's record tells once a producer has added another job to the queue under its id."""

from __future__ import annotations

import pytest

from preview_worker.queue.port import JobState
from preview_worker.state.records import RecordState
from preview_worker.storage.publish import MANIFEST
from support.queues import in_state, until
from support.service import PREFIX, payload
from support.workers import working

pytestmark = pytest.mark.anyio

JOB = f"{PREFIX}/job"
ABSENT = {"steps": [{"text": "x", "visuals": ["b"]}], "assets": [{"id": "b", "uri": "absent.png"}]}


def plan(project="board-games", **request):
    return payload("moon", dry_run=True, project=project, **({"steps": [{"text": "Place the board."}]} | request))


def failing():
    return plan(**ABSENT, options={"onMissingAsset": "fail"})


async def status(client, job_id="moon"):
    return (await client.get(f"{JOB}/{job_id}/status")).json()


@pytest.fixture
def forget(redis, queue_address):
    """Lets the queue forget a job that has ended; its record stays."""

    async def remove():
        await redis.zrem(queue_address.key("failed"), "moon")
        await redis.delete(queue_address.key("moon"))

    return remove


@pytest.mark.parametrize("project", ["first-project", "../../elsewhere", "x" * 200, "é"])
async def test_a_preview_is_found_when_its_id_was_that_of_a_cancelled_job_of_another_project(
    client, service, foreign, forget, queue_address, project
):
    await foreign.add("render-preview", plan(project) | {"requestId": "theirs"}, {"jobId": "moon"})
    assert (await client.post(f"{JOB}/moon/cancel")).status_code == 202
    await forget()

    async with working(queue_address, service.places.root):
        await foreign.add("render-preview", plan(), {"jobId": "moon"})
        await until(in_state(service.producer, "moon", JobState.COMPLETED))

    assert (service.places.plan("board-games", "moon") / MANIFEST).is_file()
    told = await status(client)
    assert (told["status"], told["projectId"], told["requestId"]) == ("completed", "board-games", "request-1")
    assert (await client.get(f"{JOB}/moon/artifact")).status_code == 200


async def test_a_record_names_no_project_that_is_no_name(client, service, foreign):
    await foreign.add("render-preview", plan("../../elsewhere"), {"jobId": "moon"})
    await client.post(f"{JOB}/moon/cancel")
    assert (await service.records.get("moon")).project_id == ""


async def test_nothing_is_written_of_a_failed_job_when_its_records_project_is_no_name_of_a_folder(
    service, foreign, redis, queue_address
):
    """An older version took the project from any payload; retention would look for the job's files there."""
    fields = {"jobId": "moon", "projectId": "../../elsewhere", "state": "queued"}
    await redis.hset(queue_address.record_key("moon"), mapping=fields)

    async with working(queue_address, service.places.root):
        await foreign.add("render-preview", failing(), {"jobId": "moon"})
        await until(in_state(service.producer, "moon", JobState.FAILED))

    assert service.job_files.read("moon") is None


async def test_a_job_is_told_as_waiting_when_an_earlier_one_under_its_id_was_cancelled(client, foreign, forget):
    await client.post(JOB, json=plan())
    await client.post(f"{JOB}/moon/cancel")
    assert (await status(client))["status"] == "cancelled"
    await forget()
    assert (await status(client))["status"] == "cancelled"

    await foreign.add("render-preview", plan(), {"jobId": "moon"})

    told = await status(client)
    assert (told["status"], told["cancelReason"], told["position"]) == ("queued", None, 1)


async def test_a_job_is_told_as_failed_when_an_earlier_one_under_its_id_was_cancelled(
    client, service, foreign, forget, queue_address
):
    await client.post(JOB, json=plan())
    await client.post(f"{JOB}/moon/cancel")
    await forget()

    async with working(queue_address, service.places.root):
        await foreign.add("render-preview", failing(), {"jobId": "moon"})
        await until(in_state(service.producer, "moon", JobState.FAILED))

    told = await status(client)
    assert (told["status"], told["error"]["code"], told["cancelReason"]) == ("failed", "asset-missing", None)
    answer = await client.post(f"{JOB}/moon/cancel")
    assert (answer.status_code, answer.json()["status"]) == (200, "failed")


async def test_a_cancelled_job_names_no_newer_one_when_only_an_earlier_one_was_superseded(client, foreign, forget):
    await client.post(JOB, json=plan())
    await client.post(JOB, json=plan(options={"supersede": "waiting"}) | {"jobId": "newer"})
    assert (await status(client))["supersededBy"] == "newer"
    await forget()
    await foreign.add("render-preview", plan(), {"jobId": "moon"})

    await client.post(f"{JOB}/moon/cancel")

    told = await status(client)
    assert (told["status"], told["cancelReason"], told["supersededBy"]) == ("cancelled", "requested", None)


async def test_a_cancel_that_makes_a_record_leaves_what_was_counted(client, service, foreign, redis, queue_address):
    await foreign.add("render-preview", plan(), {"jobId": "moon"})
    await redis.hset(queue_address.record_key("moon"), mapping={"generation": "3", "fence": "7"})

    await client.post(f"{JOB}/moon/cancel")

    record = await service.records.get("moon")
    assert (record.generation, record.fence, record.state) == (3, 7, RecordState.CANCELLED)
