"""A service that is stopped in the middle of a job: the job finishes within the drain, or goes back unspent."""

from __future__ import annotations

import signal

from support.illustrated import long_to_draw
from support.processes import DEADLINE_S, Service, running, short_folder
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


def test_a_job_finishes_within_the_drain_and_the_next_one_waits_when_the_service_is_told_to_stop():
    settings = {"PREVIEW_DRAIN_S": "120", "PREVIEW_WORKER_CONCURRENCY": "1"}
    with short_folder() as folder, running(Service(folder / "data", **settings)) as stopped:
        assets = stopped.ready().places.assets("harbour")
        job = long_to_draw(assets, "first", project="harbour", seconds=SECONDS)
        first = stopped.submit(job)
        stopped.submit(job | {"jobId": "second"})
        stopped.rendering(first)
        assert stopped.end() == 0
        ended = [(entry["job_id"], entry["outcome"]) for entry in stopped.events("job-ended")]
        assert ended == [(first, "completed")]
        assert [entry["job_id"] for entry in stopped.events("job-started")] == [first]
        assert decoded(stopped.places.preview("harbour", first) / "preview.mp4").frames == SECONDS * 30


def test_row_07_a_second_signal_ends_the_drain_and_the_job_goes_back_with_no_attempt_used():
    with short_folder() as folder, running(Service(folder / "data", PREVIEW_DRAIN_S="600")) as stopped:
        job = long_to_draw(stopped.places.assets("harbour"), "later", project="harbour", seconds=30)
        job_id = stopped.ready().submit(job)
        stopped.rendering(job_id)
        stopped.process.send_signal(signal.SIGTERM)
        stopped.until(lambda: stopped.events("worker-draining"))
        stopped.process.send_signal(signal.SIGTERM)
        assert stopped.process.wait(DEADLINE_S) == 0
        assert [entry["outcome"] for entry in stopped.events("job-ended")] == ["handed-back"]
        assert list(stopped.places.work.iterdir()) == list(stopped.places.stage.iterdir()) == []
