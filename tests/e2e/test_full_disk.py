"""A worker whose disk is full, read-only or gone loses no job, publishes nothing half, and goes on by itself."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from bullmq import Queue
from redis.asyncio import Redis

from preview_worker.queue.bullmq_contract import JOB_NAME
from preview_worker.storage.publish import MANIFEST
from support.disks import MIB, fill, mount_again, small_disk, unmount
from support.illustrated import long_to_draw
from support.processes import Part, Service, running, short_folder
from support.service import PREFIX, payload
from support.valkey import ServerProcess

DISK_BYTES = 64 * MIB
HELD_BELOW_BYTES = 8 * MIB
RESUMES_WITHIN_S = 10


@dataclass(frozen=True, kw_only=True)
class Rig:
    """The API and a worker on a small disk, which stands at two places: the folder is DATA_DIR."""

    service: Service
    worker: Part
    disk: Path
    folder: Path
    redis_url: str

    def produce(self, job):
        """Add a job to the queue as a foreign producer does, whom nobody refuses."""

        async def add():
            async with Redis.from_url(self.redis_url, decode_responses=True) as client:
                await Queue("preview-jobs", {"connection": client}).add(JOB_NAME, job, {"jobId": job["jobId"]})

        asyncio.run(add())

    def holding(self):
        """Wait until the worker tells that it starts nothing."""
        self.service.until(lambda: [worker["holding"] for worker in self.service.workers() or ()] == ["disk"])

    def resumes(self, job_id):
        """Wait for the job, which must end in time and with the first attempt."""
        relieved_s = time.monotonic()
        status = self.service.ended(job_id)
        assert (status["status"], status["attemptsMade"]) == ("completed", 1)
        assert time.monotonic() - relieved_s < RESUMES_WITHIN_S

    def published(self):
        return sorted(path.parent.name for path in self.folder.glob(f"*/*/*/{MANIFEST}"))

    def unfinished(self):
        return [path for place in ("stage", "reservations") for path in self.folder.glob(f"{place}/*/*")]


@contextmanager
def serving_from_a_small_disk(held_below_bytes):
    with short_folder() as folder, small_disk(folder / "disk", f"size={DISK_BYTES}") as disk:
        server = ServerProcess(folder)
        server.start()
        data_dir = folder / "data"
        data_dir.mkdir()
        mount_again(disk, data_dir)
        settings = {
            "REDIS_URL": server.url,
            "PREVIEW_WORKER_CONCURRENCY": "2",
            "PREVIEW_DISK_CLEANING": "0",
            "PREVIEW_DISK_ADMISSION": "0",
            "PREVIEW_DISK_FETCHING": str(held_below_bytes),
        }
        try:
            with (
                running(Service(data_dir, command="serve", **settings)) as service,
                running(Part(data_dir, "worker", **settings)) as worker,
            ):
                yield Rig(service=service.ready(), worker=worker, disk=disk, folder=data_dir, redis_url=server.url)
        finally:
            unmount(data_dir)
            server.kill()


@pytest.fixture
def rig():
    with serving_from_a_small_disk(HELD_BELOW_BYTES) as rig:
        yield rig


def test_jobs_that_would_fill_the_disk_together_run_one_after_the_other():
    with serving_from_a_small_disk(DISK_BYTES - 8 * MIB) as rig:  # room for the promise of one
        rig.service.pause()
        for project in ("films", "plays"):
            film = long_to_draw(rig.service.places.assets(project), f"of-{project}", project=project, seconds=5)
            rig.service.submit(film)
        rig.service.resume()  # both are taken at once
        ended = [rig.service.ended(job_id) for job_id in ("of-films", "of-plays")]
        assert [(status["status"], status["attemptsMade"]) for status in ended] == [("completed", 1)] * 2
        outcomes = [entry["outcome"] for entry in rig.worker.events("job-ended")]
    assert outcomes == ["handed-back", "completed", "completed"]


def test_row_24_a_worker_takes_nothing_from_the_queue_while_the_disk_is_nearly_full(rig):
    filler = fill(rig.disk, leaving_bytes=HELD_BELOW_BYTES // 2)
    rig.holding()
    rig.service.submit(payload("moon", dry_run=True))
    assert rig.service.status("moon")["status"] == "queued"
    filler.unlink()
    assert rig.service.ended("moon")["status"] == "completed"
    assert (len(rig.worker.events("worker-holds")), len(rig.worker.events("worker-takes-jobs-again"))) == (1, 1)


def test_row_24_a_disk_that_fills_up_during_a_render_costs_an_attempt_and_leaves_nothing(rig):
    rig.service.submit(long_to_draw(rig.service.places.assets("films"), "film", project="films", seconds=5))
    rig.service.rendering("film")
    filler = fill(rig.disk)
    (ended,) = rig.worker.until(lambda: rig.worker.events("job-ended"))
    assert ended["outcome"] == "retried", ended
    assert rig.published() == rig.unfinished() == []
    rig.holding()
    filler.unlink()
    status = rig.service.ended("film")
    assert (status["status"], status["attemptsMade"]) == ("completed", 2)
    assert rig.published() == ["film"]
    assert rig.unfinished() == []


def test_row_26_a_worker_waits_for_a_read_only_disk(rig):
    mount_again(rig.disk, rig.folder, read_only=True)
    rig.holding()
    rig.produce(payload("moon", dry_run=True))
    assert rig.service.status("moon")["status"] == "queued"
    unmount(rig.folder)
    rig.resumes("moon")


def test_row_26_a_worker_waits_for_a_disk_that_is_gone_and_writes_nothing_below_it(rig):
    unmount(rig.folder)
    rig.holding()
    assert rig.service.http.post(f"{PREFIX}/job", json=payload("mars")).status_code == 507
    rig.produce(payload("moon", dry_run=True))
    assert rig.service.status("moon")["status"] == "queued"
    assert os.listdir(rig.folder) == []  # noqa: PTH208 - what stands below the mount
    mount_again(rig.disk, rig.folder)
    rig.resumes("moon")
