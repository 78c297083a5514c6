"""Redis is empty, and an id comes again: what was published under it stays, and so does its record on the disk."""

from __future__ import annotations

import asyncio
import threading

import pytest

from preview_worker.faults import FaultPoint
from preview_worker.queue.port import JobState
from preview_worker.storage.publish import published
from preview_worker.storage.trash import discard_published
from support.publications import DIGEST, job_file, publish_preview
from support.queues import in_state, until
from support.service import PREFIX, payload
from support.workers import working

pytestmark = pytest.mark.anyio

JOB = f"{PREFIX}/job"
PROJECT = "board-games"
PATIENCE_S = 30


def plan(job_id="moon", *, text="Place the board.", **members):
    return payload(job_id, dry_run=True, steps=[{"text": text}], **members)


@pytest.fixture
async def emptied(client, service, redis, queue_address, tmp_path):
    """A job has completed, and Redis forgets everything; yields what its record on the disk says."""
    async with working(queue_address, tmp_path):
        await client.post(JOB, json=plan())
        await until(in_state(service.producer, "moon", JobState.COMPLETED), deadline_s=PATIENCE_S)
        await redis.delete(*[key async for key in redis.scan_iter(queue_address.key("*"))])
        yield service.job_files.read("moon")


OTHERS = {
    "other words": plan(text="Place the cards."),
    "another project": plan(project="card-games"),
    "a render": plan() | {"dryRun": False},
    "another case": plan("MOON", text="Place the cards."),
}


@pytest.mark.parametrize("other", OTHERS)
async def test_other_content_is_refused_when_only_the_disk_knows_the_id(client, service, emptied, other):
    answer = await client.post(JOB, json=OTHERS[other])

    assert (answer.status_code, answer.json()["code"]) == (409, "job-id-conflict")
    assert answer.json()["existing"] == {
        "jobId": "moon",
        "projectId": PROJECT,
        "digest": emptied.digest,
        "state": "completed",
    }
    assert "digest" in answer.json()["differs"]
    assert service.job_files.read("moon") == emptied
    assert (await service.producer.counts()).total == 0
    assert (await client.get(f"{JOB}/moon/status")).json()["status"] == "completed"


async def test_other_content_is_refused_when_what_was_published_has_expired(client, service, emptied):
    discard_published(service.places, service.places.plan(PROJECT, "moon"))
    answer = await client.post(JOB, json=OTHERS["other words"])
    assert (answer.status_code, answer.json()["code"]) == (409, "job-id-conflict")
    assert service.job_files.read("moon") == emptied


@pytest.mark.parametrize("job_id", ["moon", "MOON"])
async def test_the_same_content_is_completed_from_the_disk_in_any_case_of_its_id(client, service, emptied, job_id):
    answer = await client.post(JOB, json=plan(job_id))
    job = await until(in_state(service.producer, "moon", JobState.COMPLETED), deadline_s=PATIENCE_S)

    assert (answer.status_code, answer.json()["jobId"]) == (202, "moon")
    assert (job.return_value["cached"], job.return_value["digest"]) == (True, emptied.digest)
    assert [folder.name for folder in service.places.plan(PROJECT, "moon").parent.iterdir()] == ["moon"]


async def test_a_record_of_a_failure_keeps_its_id_for_nobody(client, service):
    service.job_files.write(job_file("moon", state="failed", failed_code="storage"))
    answer = await client.post(JOB, json=plan())
    assert answer.status_code == 202


@pytest.mark.parametrize("other", OTHERS)
async def test_a_foreign_job_of_other_content_ends_as_a_conflict_that_says_what_stands(
    client, service, redis, queue_address, foreign, emptied, other
):
    manifest = published(service.places.plan(PROJECT, "moon"))
    job_id = OTHERS[other]["jobId"]
    await foreign.add("render-preview", OTHERS[other], {"jobId": job_id})
    job = await until(in_state(service.producer, job_id, JobState.FAILED), deadline_s=PATIENCE_S)

    assert (job.failed_code, job.attempts_made) == ("job-id-conflict", 1)
    assert f"moon of project {PROJECT}, whose plan (digest {emptied.digest[:12]}…) stands" in job.failed_reason
    assert service.job_files.read("moon") == emptied
    assert published(service.places.plan(PROJECT, "moon")) == manifest
    assert not list(service.places.stage.glob("*/*"))
    await redis.delete(queue_address.key(job_id))  # the queue keeps failures for a day
    assert (await client.get(f"{JOB}/moon/status")).json()["status"] == "completed"


async def test_a_run_that_meets_anothers_publication_at_its_own_ends_as_a_conflict(
    client, service, queue_address, tmp_path
):
    """Whoever looks before a run can't see what comes to stand during it."""
    here, go_on = threading.Event(), threading.Event()

    def reached(point, _job_id):
        if point is FaultPoint.LISTED:
            here.set()
            assert go_on.wait(20)

    async with working(queue_address, tmp_path, reached=reached):
        await client.post(JOB, json=plan())
        assert await asyncio.to_thread(here.wait, 20)
        other = job_file("moon", dry_run=True)
        service.job_files.write(other)
        publish_preview(service.places, job_id="moon", kind="plan")
        go_on.set()
        job = await until(in_state(service.producer, "moon", JobState.FAILED), deadline_s=PATIENCE_S)

    assert job.failed_code == "job-id-conflict"
    assert service.job_files.read("moon") == other
    assert published(service.places.plan(PROJECT, "moon")).digest == DIGEST
