"""An outage of Redis is nobody's failure: it uses none of a job's attempts."""

from __future__ import annotations

import signal
import sys

import pytest

from preview_worker.chaos.arena import Terms, opened
from preview_worker.chaos.armed import Armory, Arms, Deed
from preview_worker.chaos.generator import generate
from preview_worker.chaos.kill_loop import closing_verdict
from preview_worker.chaos.payloads import payload_of
from preview_worker.faults import FaultPoint
from support.chaos import logged, reached, until
from support.processes import short_folder

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")]


async def test_a_job_keeps_its_attempts_when_redis_is_away_while_it_runs():
    armory = Armory()
    armory.put_aside(0, Arms(point=FaultPoint.IDENTIFIED, deed=Deed.STOP))
    with short_folder() as folder:
        async with opened(folder, Terms(slots=1, concurrency=1, lock_s=15.0), armory) as arena:
            await generate([payload_of(1, dry_run=True)], arena.intake, arena.history)
            await reached(arena, "self-stop")
            worker = arena.fleet.members[0]
            await arena.server.kill()
            worker.send(signal.SIGCONT)  # its next step asks Redis for a fence
            await until(lambda: logged(worker, "job-ended"))
            await arena.server.revive()
            await reached(arena, FaultPoint.RENAMED)
            await reached(arena, FaultPoint.SETTLED, times=2)
            job = await arena.producer.job("job-00001")
            assert (job.state, job.attempts_made) == ("completed", 1)


async def test_a_finished_jobs_record_ends_with_it_when_redis_is_away_at_that_moment():
    armory = Armory()
    armory.put_aside(0, Arms(point=FaultPoint.REMEMBERED, deed=Deed.STOP))
    with short_folder() as folder:
        async with opened(folder, Terms(slots=1, concurrency=1, lock_s=15.0), armory) as arena:
            await generate([payload_of(1, dry_run=True)], arena.intake, arena.history)
            await reached(arena, "self-stop")
            worker = arena.fleet.members[0]
            await arena.server.kill()
            worker.send(signal.SIGCONT)  # its next step ends the record
            await until(lambda: logged(worker, "redis-unreachable"))
            await arena.server.revive()
            await reached(arena, FaultPoint.SETTLED)
            verdict = await closing_verdict(arena)
            assert (verdict.completed, verdict.violations) == (1, [])
