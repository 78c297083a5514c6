"""Rows 3 and 8 of the fault matrix: render processes are killed from outside while real workers lend them to jobs."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from preview_worker.faults import FaultPoint
from preview_worker.queue.bullmq_dead_letters import BullmqDeadLetters
from preview_worker.queue.port import JobState
from preview_worker.storage.places import Places
from preview_worker.storage.publish import published
from support.illustrated import illustrated
from support.queues import until
from support.service import PREFIX, payload, serving
from support.workers import working

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.full,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]

JOBS = 100
CRASHES_POISON, NEIGHBOURS = 3, 40


class Killer:
    """Told of fault points by a worker in this process; at one of them it kills the render process of a job.

    Which process that is is told by the folder that it works in, the last that was given pictures: only jobs that are
    to be hit have some, one at a time, each in a project of its own.
    """

    def __init__(self, data_dir, victims, point, number, *, times=1):
        self._places = Places(data_dir)
        self._point, self._number, self._times = point, number, times
        self.killed = {job_id: [] for job_id in victims}

    def __call__(self, point, job_id):
        hit = self.killed.get(job_id)
        if point is self._point and hit is not None and len(hit) < self._times:
            folder = max(self._folders(), key=lambda path: (path / "in").stat().st_mtime_ns)
            [pid] = [int(entry.name) for entry in Path("/proc").glob("[0-9]*") if works_in(folder, entry)]
            os.kill(pid, self._number)
            hit.append(pid)

    def _folders(self):
        """Folders of render processes that have been given pictures."""
        return {path.parent.parent for path in self._places.work.glob("*/*/in/*") if path.is_file()}


def works_in(folder, process):
    """Whether a process works in a folder and leads its group: a helper doesn't."""
    try:
        return (process / "cwd").readlink() == folder and os.getpgid(int(process.name)) == int(process.name)
    except OSError:
        return False


@pytest.fixture
async def api(queue_address, tmp_path):
    settings = {"PREVIEW_QUEUE_NAME": queue_address.queue_name, "PREVIEW_QUEUE_MAX": "500"}
    async with serving(queue_address.url, tmp_path, **settings) as pair:
        yield pair


async def post(client, job):
    answer = await client.post(f"{PREFIX}/job", json=job)
    assert answer.status_code == 202, answer.text


async def ended(service, job_id, *, deadline_s=60):
    """State and attempts of a job that has ended."""
    async with asyncio.timeout(deadline_s):
        while (job := await service.producer.job(job_id)).state not in {JobState.COMPLETED, JobState.FAILED}:  # noqa: ASYNC110 - told by Redis
            await asyncio.sleep(0.05)
    return job.state, job.attempts_made


async def test_row_03_a_job_is_run_again_and_the_worker_lives_when_its_render_process_is_killed(
    api, queue_address, tmp_path
):
    service, client = api
    names = [f"film-{number}" for number in range(JOBS)]
    killer = Killer(tmp_path, names, FaultPoint.DRAWING, signal.SIGKILL)
    async with working(queue_address, tmp_path, reached=killer, PREVIEW_WORKER_CONCURRENCY="1"):
        [before] = await until(service.workers.live)
        for name in names:
            await post(client, illustrated(service.places.assets(name), name, project=name, title=name))
        ends = [await ended(service, name, deadline_s=60 + 10 * JOBS) for name in names]
        [after] = await service.workers.live()
    assert ends == [(JobState.COMPLETED, 2)] * JOBS
    assert [len(killer.killed[name]) for name in names] == [1] * JOBS
    assert len({pid for name in names for pid in killer.killed[name]}) == JOBS
    assert after.heartbeat.worker_id == before.heartbeat.worker_id
    assert all(published(service.places.preview(name, name)) for name in names)


async def test_row_08_a_poison_job_ends_after_three_crashes_and_its_neighbours_complete(api, queue_address, tmp_path):
    service, client = api
    killer = Killer(tmp_path, ["poison"], FaultPoint.PLANNED, signal.SIGSEGV, times=10)
    names = [f"neighbour-{number}" for number in range(NEIGHBOURS)]
    async with working(queue_address, tmp_path, reached=killer, PREVIEW_WORKER_CONCURRENCY="2"):
        await post(client, illustrated(service.places.assets("poison"), "poison", project="poison"))
        for name in names:
            step = {"title": name, "durationMs": 500}
            await post(client, payload(name, steps=[step], chapterId=name, options={"resolution": "160x90"}))
        ends = [await ended(service, name, deadline_s=60 + 5 * NEIGHBOURS) for name in names]
        poison = await ended(service, "poison")
    assert ends == [(JobState.COMPLETED, 1)] * NEIGHBOURS
    assert poison == (JobState.FAILED, CRASHES_POISON)
    assert len(set(killer.killed["poison"])) == CRASHES_POISON
    async with queue_address.client(socket_timeout_s=5) as redis:
        [letter] = await BullmqDeadLetters(redis, queue_address).page(0, 10)
    assert (letter.job_id, letter.code) == ("poison", "poison")
