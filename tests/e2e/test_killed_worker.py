"""Two workers on one queue, and the busy one is killed in the middle of a render."""

from __future__ import annotations

import os
import signal
import sys
import time

import pytest

from support.illustrated import long_to_draw
from support.processes import Part, Service, descendants, gone, running
from support.videos import decoded

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, and the kernel's parent-death signal")

TAKEN_OVER_WITHIN_S = 60


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


def test_a_job_is_finished_once_by_the_other_worker_when_the_busy_one_is_killed(pair):
    service, workers = pair
    job_id = service.submit(long_to_draw(service.places.assets("harbour"), "survivor", project="harbour"))
    service.rendering(job_id)
    [busy] = [worker for worker in workers if worker.events("job-started")]
    [other] = [worker for worker in workers if worker is not busy]
    children = descendants(busy.process.pid)
    assert children

    os.kill(busy.process.pid, signal.SIGKILL)
    killed_at_s = time.monotonic()
    busy.process.wait()
    service.until(lambda: all(gone(pid) for pid in children), 5)

    status = service.ended(job_id)
    assert time.monotonic() - killed_at_s < TAKEN_OVER_WITHIN_S
    assert (status["status"], status["attemptsMade"]) == ("completed", 1)
    assert [entry["outcome"] for entry in other.events("job-ended")] == ["completed"]
    assert not busy.events("job-ended")

    places = service.places
    assert [path.name for path in (places.root / "previews").glob("*/*")] == [job_id]
    assert decoded(places.preview("harbour", job_id) / "preview.mp4").frames == 20 * 30
    [living] = places.work.iterdir()
    assert f"-{other.process.pid}-" in living.name
    assert {path.name for path in places.stage.iterdir()} <= {living.name}
    assert not list((places.stage / living.name).glob("*"))
