"""The quick tier: a short run of everything, and the naive design that the same checker finds at fault."""

from __future__ import annotations

import signal
import sys

import pytest

from preview_worker.chaos.arena import Terms, opened
from preview_worker.chaos.generator import generate
from preview_worker.chaos.kill_loop import Load, closing_verdict, kill_loop
from preview_worker.chaos.nemesis import Faults, until_ended
from preview_worker.chaos.payloads import payload_of
from preview_worker.faults import FaultPoint
from support.chaos import reached
from support.processes import short_folder

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")]

JOBS = 40
FAULTS = Faults(kills=2, stops=1, servers=1, point_kills=1)


async def test_row_01_row_04_row_12_every_job_is_published_once_when_workers_and_server_are_killed_and_stopped():
    terms = Terms(slots=2, lock_s=1.5)
    with short_folder() as folder:
        found = await kill_loop(folder, seed=1, load=Load(jobs=JOBS, renders=8), faults=FAULTS, terms=terms)
    happened = found.verdict.evidence.happened
    assert (happened["kill"], happened["stop"], happened["server-killed"], happened["point-kill"]) == (2, 1, 1, 1)
    assert found.verdict.violations == []
    assert (len(found.verdict.evidence.jobs), found.verdict.completed) == (JOBS, JOBS)
    assert all(job.takes >= 1 and job.renames == 1 for job in found.verdict.evidence.jobs)


async def test_the_naive_design_fails_a_healthy_job_and_leaves_half_a_file_when_its_worker_is_killed_twice():
    with short_folder() as folder:
        async with opened(folder, Terms(slots=1, concurrency=1, lock_s=1.0), naive=True) as arena:
            await generate([payload_of(1, dry_run=False)], arena.intake, arena.history)
            for times in (1, 2):
                await reached(arena, FaultPoint.TAKEN, times=times)
                arena.fleet.members[0].send(signal.SIGKILL)
            assert await until_ended(arena, 1)
            verdict = await closing_verdict(arena)
    assert {violation.rule for violation in verdict.violations} == {"wrongly failed", "corrupt"}
