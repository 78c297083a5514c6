"""Rows 24 and 25 of the fault matrix: the disk's bytes, or its file entries, run out in the middle of a run."""

from __future__ import annotations

import asyncio
import random

import pytest

from preview_worker.chaos.evidence import Standing, standing
from preview_worker.chaos.payloads import payload_of
from preview_worker.faults import FaultPoint
from preview_worker.queue.bullmq_connections import QueueAddress
from preview_worker.queue.port import JobState
from preview_worker.storage.places import Places
from support.disks import MIB, fill, fill_entries, small_disk
from support.processes import short_folder
from support.queues import until
from support.service import PREFIX, serving
from support.workers import working

pytestmark = [pytest.mark.anyio, pytest.mark.full]

POINTS = [FaultPoint.PLANNED, FaultPoint.DRAWING, FaultPoint.PRODUCED, FaultPoint.REPORTED]
"""Between all of them and the rename something is written."""
FILLS = 100
DISK_BYTES, FEW_ENTRIES = 128 * MIB, 12_000
"""Enough for the previews and pieces of all runs, so that only what fills the disk on purpose does."""
SETTINGS = {
    "PREVIEW_DISK_CLEANING": "0",
    "PREVIEW_DISK_ADMISSION": "0",
    "PREVIEW_DISK_FETCHING": "0",
    "PREVIEW_WORKER_CONCURRENCY": "1",
}


class Filler:
    """Told of fault points by a worker in this process; fills the disk at one of them, once for each job."""

    def __init__(self, disk, fill_all):
        self._disk, self._fill_all = disk, fill_all
        self.points, self.filled = {}, {}

    def __call__(self, point, job_id):
        if self.points.get(job_id) is point and job_id not in self.filled:
            self.filled[job_id] = self._fill_all(self._disk)

    def relieve(self, job_id):
        for path in self.filled[job_id]:
            path.unlink()


def fill_bytes(disk):
    return [fill(disk)]


@pytest.mark.parametrize(
    ("option", "fill_all"),
    [
        pytest.param(f"size={DISK_BYTES}", fill_bytes, id="row_24_bytes"),
        pytest.param(f"nr_inodes={FEW_ENTRIES}", fill_entries, id="row_25_entries"),
    ],
)
async def test_row_24_row_25_nothing_partial_is_served_or_stays_when_the_disk_fills_up_in_a_run(
    own_valkey_server, option, fill_all
):
    dice = random.Random(24)
    with short_folder() as folder, small_disk(folder / "data", option) as disk:
        filler, places = Filler(disk, fill_all), Places(disk)
        async with serving(own_valkey_server.url, disk, **SETTINGS) as (service, client):
            async with working(
                QueueAddress(url=own_valkey_server.url, queue_name="preview-jobs"), disk, reached=filler, **SETTINGS
            ):
                for number in range(FILLS):
                    job = payload_of(number, dry_run=False, steps=3, name="film")
                    job_id, final = job["jobId"], places.preview(job["projectId"], job["jobId"])
                    filler.points[job_id] = dice.choice(POINTS)
                    assert (await client.post(f"{PREFIX}/job", json=job)).status_code == 202
                    await until(lambda job_id=job_id: spent(service, job_id), deadline_s=60)
                    assert not final.exists()
                    await until(lambda: nothing_left(places), deadline_s=30)  # the second run may be under way
                    filler.relieve(job_id)
                    end = await until(lambda job_id=job_id: ended(service, job_id), deadline_s=60)
                    assert end.state is JobState.COMPLETED
                    assert end.attempts_made > 1  # the second may have begun before there was room again
                    assert standing(final, dry_run=False) is Standing.WHOLE
            assert leftovers(places) == []
    assert len(filler.filled) == FILLS


async def spent(service, job_id):
    """Whether the job's first attempt is over; looked at some times a second."""
    await asyncio.sleep(0.02)
    job = await service.producer.job(job_id)
    assert job.state is not JobState.COMPLETED
    return job.state is JobState.DELAYED or job.attempts_made == 1


async def ended(service, job_id):
    await asyncio.sleep(0.02)
    job = await service.producer.job(job_id)
    return job if job.state in {JobState.COMPLETED, JobState.FAILED} else None


async def nothing_left(places):
    return not leftovers(places)


def leftovers(places):
    return [path for root in (places.stage, places.reservations) for path in root.glob("*/*")]
