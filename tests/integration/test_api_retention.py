"""What the routes answer of previews that are kept for longer, are being removed, or that Redis has forgotten."""

from __future__ import annotations

import asyncio

import pytest

from preview_worker.storage.scrubbing import Scrubber
from preview_worker.storage.trash import discard_published
from support.publications import VIDEO, job_file, publish_preview
from support.service import PREFIX

pytestmark = pytest.mark.anyio

JOB = f"{PREFIX}/job"


async def test_a_preview_that_is_kept_beyond_its_time_is_answered(client, service):
    publish_preview(service.places, job_id="approved")
    service.job_files.write(job_file("approved", expires_in_s=-1))
    assert (await client.get(f"{JOB}/approved/status")).json()["status"] == "completed"
    assert (await client.get(f"{JOB}/approved/files/preview.mp4")).content == VIDEO


@pytest.mark.parametrize("races", [40, pytest.param(1000, marks=pytest.mark.full)])
async def test_row_45_no_download_breaks_while_the_preview_is_removed(client, service, races):
    service.job_files.write(job_file("moon", expires_in_s=-1))
    whole = 0
    for _ in range(races):
        folder = publish_preview(service.places, job_id="moon")
        begun = asyncio.Event()

        async def remove(folder=folder, begun=begun):
            await begun.wait()
            await asyncio.to_thread(discard_published, service.places, folder)

        removing = asyncio.create_task(remove())
        while (answer := await client.get(f"{JOB}/moon/files/preview.mp4")).status_code == 200:
            assert answer.content == VIDEO
            whole += 1
            begun.set()
        assert answer.status_code in {404, 410}
        await removing
    assert whole >= races


async def test_row_22_everything_of_a_finished_job_is_answered_when_redis_is_empty(client, service):
    publish_preview(service.places, job_id="Moon")
    service.job_files.write(job_file("Moon"))
    for route in ("status", "artifact", "files/preview.mp4", "files/container.json"):
        assert (await client.get(f"{JOB}/Moon/{route}")).status_code == 200, route
    assert (await client.get(f"{JOB}/moon/status")).json()["status"] == "completed"


async def test_row_28_a_damaged_file_is_not_served_and_health_tells_of_it(client, service):
    folder = publish_preview(service.places, job_id="moon")
    service.job_files.write(job_file("moon"))
    (folder / "preview.mp4").write_bytes(VIDEO[::-1])
    Scrubber(service.places).look(folder)
    video = await client.get(f"{JOB}/moon/files/preview.mp4")
    asked_for = await client.get(f"{JOB}/moon/artifact", headers={"Accept": "video/mp4"})
    for answer in (video, asked_for):
        assert (answer.status_code, answer.json()["code"]) == (409, "artifact-damaged")
    assert (await client.get(f"{JOB}/moon/files/preview.json")).status_code == 200
    health = (await client.get(f"{PREFIX}/worker/health")).json()
    assert health["status"] == "degraded"
    assert any("files of 1 jobs are damaged" in reason for reason in health["reasons"])
