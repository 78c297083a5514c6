"""Two workers on one queue, and the busy one is killed, or frozen for a while, in the middle of a render."""

from __future__ import annotations

import os
import signal
import sys
import time

import pytest

from support.illustrated import long_to_draw
from support.processes import Part, Service, descendants, gone, running
from support.videos import decoded, media_hashes

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, and the kernel's parent-death signal")

TAKEN_OVER_WITHIN_S = 60
JOB = "survivor"
SECONDS = 15


@pytest.fixture
def pair(own_valkey_server, tmp_path):
    """The API, and two workers with a slot each."""
    settings = {"REDIS_URL": own_valkey_server.url, "PREVIEW_WORKER_CONCURRENCY": "1"}
    data_dir = tmp_path / "data"
    with (
        running(Service(data_dir, command="serve", **settings)) as service,
        running(Part(data_dir, "worker", **settings)) as first,
        running(Part(data_dir, "worker", **settings)) as second,
    ):
        yield service.ready(workers=2), (first, second)


@pytest.fixture
def busy_and_other(pair):
    """The worker that is in the middle of the job "survivor", and the one that has nothing to do."""
    service, workers = pair
    job = long_to_draw(service.places.assets("harbour"), JOB, project="harbour", seconds=SECONDS)
    service.rendering(service.submit(job))
    [busy] = [worker for worker in workers if worker.events("job-started")]
    [other] = [worker for worker in workers if worker is not busy]
    return service, busy, other


def test_a_job_is_finished_once_by_the_other_worker_when_the_busy_one_is_killed(busy_and_other):
    service, busy, other = busy_and_other
    children = descendants(busy.process.pid)
    assert children

    os.kill(busy.process.pid, signal.SIGKILL)
    killed_at_s = time.monotonic()
    busy.process.wait()
    service.until(lambda: all(gone(pid) for pid in children), 5)

    status = service.ended(JOB)
    assert time.monotonic() - killed_at_s < TAKEN_OVER_WITHIN_S
    assert (status["status"], status["attemptsMade"]) == ("completed", 1)
    assert [entry["outcome"] for entry in other.events("job-ended")] == ["completed"]
    assert not busy.events("job-ended")
    assert only_preview(service).frames == SECONDS * 30
    [living] = service.places.work.iterdir()
    assert f"-{other.process.pid}-" in living.name
    assert staged(service) == []


def test_a_job_is_published_once_when_the_busy_worker_freezes_and_thaws_after_the_other_has_finished(busy_and_other):
    service, busy, other = busy_and_other
    os.kill(busy.process.pid, signal.SIGSTOP)
    try:
        assert service.ended(JOB)["status"] == "completed"
        published = media_hashes(service.places.preview("harbour", JOB))
    finally:
        os.kill(busy.process.pid, signal.SIGCONT)
    [ended] = busy.until(lambda: busy.events("job-ended"))
    assert ended["outcome"] == "retried"
    assert [entry["outcome"] for entry in other.events("job-ended")] == ["completed"]

    status = service.status(JOB)
    assert (status["status"], status["attemptsMade"], status["failedReason"]) == ("completed", 1, None)
    assert only_preview(service).frames == SECONDS * 30
    assert media_hashes(service.places.preview("harbour", JOB)) == published
    assert staged(service) == []
    assert len(list(service.places.work.iterdir())) == 2  # both live


def only_preview(service):
    """The video of the only preview there is, decoded."""
    [folder] = (service.places.root / "previews").glob("*/*")
    assert folder == service.places.preview("harbour", JOB)
    return decoded(folder / "preview.mp4")


def staged(service):
    """Attempts that are not published, whoever's they are."""
    return list(service.places.stage.glob("*/*"))
