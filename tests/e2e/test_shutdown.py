"""A service that is stopped in the middle of a job and started again."""

from __future__ import annotations

from support.illustrated import long_to_draw
from support.processes import Service, running, short_folder
from support.videos import decoded

SECONDS = 5


def test_a_job_is_finished_by_the_next_start_with_no_attempt_used_when_the_service_is_told_to_stop():
    with short_folder() as folder:
        with running(Service(folder / "data", PREVIEW_DRAIN_S="0")) as stopped:
            job = long_to_draw(stopped.places.assets("harbour"), "later", project="harbour", seconds=SECONDS)
            job_id = stopped.ready().submit(job)
            stopped.rendering(job_id)
            assert stopped.end() == 0
            assert [entry["outcome"] for entry in stopped.events("job-ended")] == ["handed-back"]
            assert list(stopped.places.work.iterdir()) == list(stopped.places.stage.iterdir()) == []
        with running(Service(folder / "data")) as started:
            status = started.ready().ended(job_id)
            assert (status["status"], status["attemptsMade"]) == ("completed", 1)
            assert [entry["attempt"] for entry in started.events("job-started")] == [1]
            assert decoded(started.places.preview("harbour", job_id) / "preview.mp4").frames == SECONDS * 30
