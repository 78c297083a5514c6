"""A preview whose files are damaged is made anew when the same job is posted again."""

from __future__ import annotations

import pytest

from preview_worker.queue.bullmq_consumer import BullmqConsumer, ConsumerTiming
from preview_worker.queue.delivery import Completed
from preview_worker.queue.port import JobState
from preview_worker.state.records import RecordState
from preview_worker.storage.scrubbing import Scrubber
from support.publications import VIDEO, job_file, publish_preview
from support.queues import consuming, in_state, until
from support.service import PREFIX, payload

pytestmark = pytest.mark.anyio

JOB = f"{PREFIX}/job"


MOON = payload(steps=[{"visuals": ["board.png"]}])


@pytest.fixture
async def folder(client, service, queue_address):
    """Of a job that has completed."""
    draw(service, b"one")
    await client.post(JOB, json=MOON)

    async def completing(delivery):
        await service.records.finish(delivery.job_id, RecordState.COMPLETED, ttl_s=3600)
        return Completed(result={"status": "completed"})

    consumer = BullmqConsumer(queue_address, concurrency=1, timing=ConsumerTiming(wait_s=0.1))
    async with consuming(consumer, completing):
        await until(in_state(service.producer, "moon", JobState.COMPLETED))
    service.job_files.write(job_file("moon"))
    return publish_preview(service.places, job_id="moon")


def draw(service, picture):
    assets = service.places.assets("board-games")
    assets.mkdir(parents=True, exist_ok=True)
    (assets / "board.png").write_bytes(picture)


def damage(service, folder, name="preview.mp4"):
    (folder / name).write_bytes(VIDEO[::-1])
    Scrubber(service.places).look(folder)


async def test_row_28_a_damaged_preview_is_made_anew_when_its_job_is_posted_again(client, service, folder):
    sound = await client.post(JOB, json=MOON)
    damage(service, folder)

    answer = await client.post(JOB, json=MOON | {"jobId": "MOON"})

    assert (sound.status_code, sound.headers["idempotency-replayed"]) == (200, "true")
    assert (answer.status_code, answer.json()["jobId"], answer.json()["status"]) == (202, "moon", "queued")
    assert "idempotency-replayed" not in answer.headers
    record = await service.records.get("moon")
    assert (record.generation, record.state, record.finished_at_ms) == (2, RecordState.QUEUED, 0)
    assert (await service.producer.job("moon")).payload["jobId"] == "moon"
    waiting = await client.post(JOB, json=MOON)
    assert (waiting.status_code, waiting.headers["idempotency-replayed"]) == (202, "true")
    assert (await service.producer.counts()).total == 1


async def test_a_damaged_preview_is_made_anew_when_its_idempotency_key_comes_again(client, service, folder):
    key = {"Idempotency-Key": "press-1"}
    assert (await client.post(JOB, json=MOON, headers=key)).status_code == 200
    damage(service, folder)

    assert (await client.post(JOB, json=MOON, headers=key)).json()["status"] == "queued"
    assert (await service.records.get("moon")).generation == 2


async def test_a_damaged_preview_is_told_of_as_it_was_when_its_files_have_changed(client, service, folder):
    key = {"Idempotency-Key": "press-1"}
    assert (await client.post(JOB, json=MOON, headers=key)).status_code == 200
    damage(service, folder)
    draw(service, b"two")

    again = await client.post(JOB, json=MOON, headers=key)
    named = await client.post(JOB, json=MOON)

    assert (again.status_code, again.json()["status"]) == (200, "completed")
    assert (named.status_code, named.json()["code"]) == (409, "job-id-conflict")
    assert (await service.records.get("moon")).generation == 1


async def test_the_list_of_files_says_which_are_damaged(client, service, folder):
    damage(service, folder)
    files = (await client.get(f"{JOB}/moon/artifact")).json()["files"]
    assert {file["name"]: file["damaged"] for file in files} == {
        "preview.mp4": True,
        "preview.json": False,
        "container.json": False,
    }


async def test_nothing_is_listed_when_the_list_itself_is_damaged(client, service, folder):
    damage(service, folder, "container.json")
    answer = await client.get(f"{JOB}/moon/artifact")
    assert (answer.status_code, answer.json()["code"]) == (409, "artifact-damaged")
    assert "Post the same job again" in answer.json()["detail"]


@pytest.mark.usefixtures("folder")
async def test_files_are_unavailable_while_what_is_noted_of_their_damage_can_not_be_read(client, service):
    (service.places.root / "damaged" / "moon.json").mkdir(parents=True)
    answers = [await client.get(f"{JOB}/moon/{route}") for route in ("artifact", "files/preview.mp4")]
    answers.append(await client.post(JOB, json=MOON))
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(503, "storage")}


@pytest.mark.usefixtures("folder")
async def test_files_are_served_while_their_jobs_record_on_the_disk_can_not_be_read(client, service):
    record = service.places.jobs / "moon.json"
    record.unlink(missing_ok=True)
    record.mkdir(parents=True)
    answers = [await client.get(f"{JOB}/moon/{route}") for route in ("status", "artifact", "files/preview.mp4")]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert answers[1].json()["expiresAt"] is None


async def test_health_says_that_nobody_knows_what_is_damaged_when_the_notes_can_not_be_read(client, service):
    (service.places.root / "damaged" / "moon.json").mkdir(parents=True)
    answer = await client.get(f"{PREFIX}/worker/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert "Can't read what is noted of damage to moon: Is a directory." in answer.json()["reasons"]
