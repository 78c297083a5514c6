"""A worker that was stopped for longer than its lock lives ends its run by its own clock, whatever Redis says."""

from __future__ import annotations

import signal
import sys
import time

import pytest

from preview_worker.chaos.arena import Terms, opened
from preview_worker.chaos.armed import Armory, Arms, Deed
from preview_worker.chaos.generator import generate
from preview_worker.chaos.payloads import payload_of
from preview_worker.faults import FaultPoint
from preview_worker.storage.places import Places
from support.chaos import logged, reached, until
from support.processes import gone, render_processes, short_folder

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]

LOCK_S = 2.0
LAST_CHANCE = [FaultPoint.DRAWING, FaultPoint.ANNOUNCED]


@pytest.mark.parametrize("point", LAST_CHANCE)
async def test_row_05_a_worker_publishes_nothing_and_kills_its_render_process_when_it_was_stopped_past_its_lock(point):
    with short_folder() as folder:
        # It is the only worker, so that nobody but its own clock can tell it of the loss before the rename.
        armory = Armory()
        armory.put_aside(0, Arms(point=point, deed=Deed.STOP))
        async with opened(folder, Terms(slots=1, concurrency=1, lock_s=LOCK_S), armory) as arena:
            worker = arena.fleet.members[0]
            payload = payload_of(1, dry_run=False, steps=3)
            await generate([payload], arena.intake, arena.history)
            [stop] = await reached(arena, "self-stop")
            rendering = render_processes(worker.pid)
            assert rendering or point is not FaultPoint.DRAWING
            await until(lambda: time.monotonic() > stop.at_s + LOCK_S * 1.5)
            published = Places(arena.data_dir).preview(payload["projectId"], payload["jobId"])
            assert not published.exists()

            worker.send(signal.SIGCONT)
            await until(lambda: logged(worker, "job-ended"))
            ends = logged(worker, "job-ended")
            assert ends[0]["outcome"] == "lost", ends
            assert point is not FaultPoint.DRAWING or await until(lambda: all(gone(pid) for pid in rendering))

            await reached(arena, FaultPoint.SETTLED)
            fences_and_renames = [line.event for line in arena.trace() if line.event in {"fenced", "renamed"}]
            assert fences_and_renames == ["fenced", "fenced", "renamed"]
            job = await arena.producer.job("job-00001")
            assert (job.state, job.attempts_made) == ("completed", 1)
