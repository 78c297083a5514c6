"""A worker is killed once its preview is visible, and a picture is edited before another takes the job."""

from __future__ import annotations

import sys

import pytest

from preview_worker.chaos.arena import Terms, opened
from preview_worker.chaos.armed import Armory, Arms, Deed
from preview_worker.chaos.generator import generate
from preview_worker.chaos.kill_loop import closing_verdict
from preview_worker.chaos.nemesis import until_ended
from preview_worker.chaos.payloads import payload_of
from preview_worker.faults import FaultPoint
from preview_worker.queue.port import JobState
from preview_worker.storage.places import Places
from support.chaos import reached
from support.media import picture_file
from support.processes import short_folder

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")]


def illustrated():
    """A render of one step with a picture."""
    payload = payload_of(1, dry_run=False)
    payload["previewRequest"]["steps"][0]["visuals"] = ["board.png"]
    return payload


@pytest.mark.parametrize("point", [FaultPoint.RENAMED, FaultPoint.FINISHED])
async def test_a_job_is_completed_when_its_picture_changed_after_its_worker_had_died_with_the_preview_visible(point):
    armory = Armory()
    armory.put_aside(0, Arms(point=point, deed=Deed.KILL))
    with short_folder() as folder:
        async with opened(folder, Terms(slots=1, concurrency=1, lock_s=2.0), armory) as arena:
            payload = illustrated()
            picture = Places(arena.data_dir).assets(payload["projectId"]) / "board.png"
            picture.parent.mkdir(parents=True)
            picture_file(picture, size_px=(64, 48))
            await generate([payload], arena.intake, arena.history)
            await reached(arena, "self-kill")
            picture_file(picture, size_px=(80, 60))
            assert await until_ended(arena, 1)
            job = await arena.producer.job("job-00001")
            verdict = await closing_verdict(arena)

    assert (job.state, job.attempts_made, job.return_value["cached"]) == (JobState.COMPLETED, 1, True)
    assert verdict.violations == []
    assert [(found.takes, found.renames) for found in verdict.evidence.jobs] == [(2, 1)]
