"""Row 22 of the fault matrix: Redis is emptied in the middle of everything, and what was finished stays."""

from __future__ import annotations

import asyncio

import pytest
from redis.asyncio import Redis

from preview_worker.chaos.evidence import Standing, standing
from preview_worker.chaos.payloads import payload_of
from preview_worker.faults import FaultPoint
from preview_worker.queue.bullmq_connections import QueueAddress
from support.queues import until
from support.service import PREFIX, serving
from support.workers import working

pytestmark = [pytest.mark.anyio, pytest.mark.full]

JOBS, BEFORE = 60, 30


class Ends:
    """Told of fault points: which jobs have ended, in their order."""

    def __init__(self):
        self.job_ids = []

    def __call__(self, point, job_id):
        if point is FaultPoint.SETTLED:
            self.job_ids.append(job_id)


async def test_row_22_every_finished_preview_is_served_when_redis_is_emptied_while_others_run(
    own_valkey_server, tmp_path
):
    ends, address = Ends(), QueueAddress(url=own_valkey_server.url, queue_name="preview-jobs")
    jobs = {job["jobId"]: job for job in (payload_of(number, dry_run=number % 5 > 0) for number in range(JOBS))}
    async with serving(own_valkey_server.url, tmp_path, PREVIEW_QUEUE_MAX="100") as (service, client):
        for job in jobs.values():
            assert (await client.post(f"{PREFIX}/job", json=job)).status_code == 202
        async with working(address, tmp_path, reached=ends), Redis.from_url(address.url) as redis:
            await until(lambda: many(ends), deadline_s=120)
            finished = list(ends.job_ids)
            await redis.flushall()
            again = payload_of(JOBS, dry_run=True)
            assert (await client.post(f"{PREFIX}/job", json=again)).status_code == 202
            await until(lambda: ended(ends, again["jobId"]), deadline_s=60)
            for job_id in finished:
                dry_run, project = jobs[job_id]["dryRun"], jobs[job_id]["projectId"]
                folder = (service.places.plan if dry_run else service.places.preview)(project, job_id)
                assert standing(folder, dry_run=dry_run) is Standing.WHOLE
                assert (await client.get(f"{PREFIX}/job/{job_id}/status")).json()["status"] == "completed"
                served = await client.get(f"{PREFIX}/job/{job_id}/files/preview.json")
                assert served.content == (folder / "preview.json").read_bytes()
    assert len(finished) >= BEFORE
    assert len(set(finished)) == len(finished)


async def many(ends):
    await asyncio.sleep(0.01)
    return len(ends.job_ids) >= BEFORE


async def ended(ends, job_id):
    await asyncio.sleep(0.01)
    return job_id in ends.job_ids
