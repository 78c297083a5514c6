"""An outage of Redis is nobody's failure: it uses none of a job's attempts, and leaves no record behind its job."""

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


async def test_row_12_jobs_end_once_and_unspent_when_redis_is_away_at_the_beginning_of_one_and_the_end_of_another():
    armory = Armory()
    armory.put_aside(0, Arms(point=FaultPoint.IDENTIFIED, deed=Deed.STOP))  # the next step asks for a fence
    armory.put_aside(1, Arms(point=FaultPoint.REMEMBERED, deed=Deed.STOP))  # the next step ends the record
    terms = Terms(slots=2, concurrency=1, lock_s=60.0)  # no lock runs out meanwhile
    with short_folder() as folder:
        async with opened(folder, terms, armory) as arena:
            await arena.fleet.ready()
            await generate([payload_of(number, dry_run=True) for number in range(2)], arena.intake, arena.history)
            await reached(arena, "self-stop", times=2)
            await arena.server.kill()
            for member in arena.fleet.members:
                member.send(signal.SIGCONT)
            beginning, end = arena.fleet.members
            first = await until(lambda: logged(beginning, "job-ended"))
            assert first[0]["outcome"] == "handed-back"
            await until(lambda: logged(end, "heartbeat-missed"))
            await arena.server.revive()
            await until(lambda: {line.job_id for line in arena.trace() if line.event == FaultPoint.RENAMED} == IDS)
            await reached(arena, FaultPoint.SETTLED, times=3)
            verdict = await closing_verdict(arena)
    assert (verdict.completed, verdict.violations) == (2, [])


IDS = {"job-00000", "job-00001"}
