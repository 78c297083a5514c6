"""Row 27 of the fault matrix: a disk that fails once, at any sync or rename of a run, never makes a false success."""

from __future__ import annotations

import asyncio
import itertools
import random
from dataclasses import dataclass
from pathlib import Path

import pytest
from httpx2 import AsyncClient

from preview_worker.api.service import Service
from preview_worker.chaos.evidence import Standing, standing
from preview_worker.chaos.payloads import payload_of
from preview_worker.queue.port import JobState
from support.preload import compiled
from support.processes import Part, running, short_folder
from support.service import PREFIX, serving

pytestmark = [pytest.mark.anyio, pytest.mark.full]

INJECTIONS = 100
MANY = 1000
"""More calls than a run makes."""
ENDED = {JobState.COMPLETED, JobState.FAILED}


class Disk:
    """Arms the worker's disk, and reads where it has failed."""

    def __init__(self, folder):
        self.armed = folder / "disk"
        self._told = folder / "disk.told"

    def arm(self, call, number):
        """The so-manyth call from now on fails."""
        whole = self.armed.with_suffix(".new")
        whole.write_text(f"{call} {number}\n")
        whole.replace(self.armed)

    def left(self):
        """How many more calls succeed before the one that fails, and that one."""
        return int(self.armed.read_text().split()[1])

    def failed(self):
        """Paths so far."""
        return self._told.read_text().splitlines() if self._told.exists() else []


@dataclass(frozen=True, kw_only=True)
class Rig:
    """The API's objects, a client, a worker process, and its disk."""

    service: Service
    client: AsyncClient
    worker: Part
    disk: Disk

    async def run(self, number, *, dry_run):
        """Post a job that no other resembles and wait for its end; returns its payload and what the queue says."""
        job = payload_of(number, dry_run=dry_run, name="film")
        assert (await self.client.post(f"{PREFIX}/job", json=job)).status_code == 202
        async with asyncio.timeout(60):
            while (end := await self.service.producer.job(job["jobId"])).state not in ENDED:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return job, end

    async def calls(self, number, call, *, dry_run):
        """How many such calls a run makes."""
        self.disk.arm(call, MANY)
        await self.run(number, dry_run=dry_run)
        return MANY - self.disk.left()

    def outcomes(self, job_id):
        return [entry["outcome"] for entry in self.worker.events("job-ended") if entry["job_id"] == job_id]


@pytest.fixture
async def rig(own_valkey_server, tmp_path):
    library, disk = compiled("failing_disk", tmp_path), Disk(tmp_path)
    with short_folder() as folder:
        settings = {"REDIS_URL": own_valkey_server.url, "PREVIEW_WORKER_CONCURRENCY": "1"}
        preloaded = {"LD_PRELOAD": str(library), "FAILING_DISK": str(disk.armed)}
        with running(Part(folder / "data", "worker", **settings, **preloaded)) as worker:
            async with serving(own_valkey_server.url, folder / "data") as (service, client):
                await asyncio.to_thread(worker.until, lambda: worker.events("worker-ready"))
                yield Rig(service=service, client=client, worker=worker, disk=disk)


async def test_row_27_no_run_succeeds_whose_files_or_rename_the_disk_refused(rig):
    numbers, dice, hit = itertools.count(), random.Random(27), 0
    kinds = list(itertools.product(("fsync", "rename"), (True, False)))
    most = {(call, dry): await rig.calls(next(numbers), call, dry_run=dry) for call, dry in kinds}
    assert min(most.values()) > 1
    while hit < INJECTIONS:
        call, dry_run = dice.choice(kinds)
        before = len(rig.disk.failed())
        rig.disk.arm(call, dice.randint(1, most[call, dry_run]))
        job, end = await rig.run(next(numbers), dry_run=dry_run)
        rig.disk.armed.unlink(missing_ok=True)
        failures = rig.disk.failed()[before:]
        hit += len(failures)
        assert next(numbers) < 6 * INJECTIONS, f"the disk failed {hit} times only"

        places = rig.service.places
        where = places.plan if dry_run else places.preview
        assert end.state is JobState.COMPLETED, (failures, end)
        assert standing(where(job["projectId"], job["jobId"]), dry_run=dry_run) is Standing.WHOLE
        good = "dryrun" if dry_run else "completed"
        refused = any(Path(path).is_relative_to(places.stage) for path in failures)
        allowed = [["retried", good]] if refused else [[good], ["retried", good]]
        assert rig.outcomes(job["jobId"]) in allowed, failures
        assert list(places.stage.glob("*/*")) == []
