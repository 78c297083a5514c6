"""Ends of workers under load, in numbers: minutes each, run by `make chaos`."""

from __future__ import annotations

import asyncio
import itertools
import signal
import sys

import pytest

from preview_worker.chaos.arena import Terms, opened
from preview_worker.chaos.generator import generate
from preview_worker.chaos.kill_loop import closing_verdict
from preview_worker.chaos.nemesis import until_ended
from preview_worker.chaos.payloads import payload_of
from preview_worker.chaos.rolling import LATE_S, TERMS, roll
from support.chaos import logged, until
from support.processes import short_folder

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.full,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]

ENDS = 100


async def test_row_06_workers_end_in_time_and_leave_no_job_stalled_when_they_are_restarted_under_load():
    with short_folder() as folder:
        restarts = await roll(folder, seed=1, times=4)
    assert restarts.run.verdict.violations == []
    assert (restarts.statuses, restarts.stalled) == ([], 0)
    assert restarts.exits_s[-1] < TERMS.drain_s + LATE_S
    assert restarts.handed_back > 0


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGKILL])
async def test_row_07_no_job_is_lost_when_a_draining_worker_is_asked_again_to_end_or_killed(second):
    over = asyncio.Event()
    jobs = (payload_of(number, dry_run=False, steps=4) for number in itertools.count())
    wanted = itertools.takewhile(lambda _: not over.is_set(), jobs)
    with short_folder() as folder:
        async with opened(folder, Terms(slots=2, lock_s=2.0, queue_max=8)) as arena:
            async with asyncio.TaskGroup() as group:
                posted = group.create_task(generate(wanted, arena.intake, arena.history))
                for number in range(ENDS):
                    worker = await arena.fleet.ready_slot(number % 2)
                    await until(lambda worker=worker: logged(worker, "job-started"))
                    worker.send(signal.SIGTERM)
                    await until(lambda worker=worker: logged(worker, "worker-draining") or not worker.alive)
                    worker.send(second)
                    await worker.process.wait()
                over.set()
            assert await until_ended(arena, posted.result())
            verdict = await closing_verdict(arena)
    assert verdict.violations == []
    assert verdict.completed == posted.result()
