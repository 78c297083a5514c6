"""Three workers on one queue: in the middle of a render one of them is killed, and another is frozen for a while."""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass

import pytest

from support.illustrated import long_to_draw
from support.processes import Part, Service, descendants, gone, running, short_folder
from support.valkey import ServerProcess
from support.videos import decoded, media_hashes

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, and the kernel's parent-death signal")

TAKEN_OVER_WITHIN_S = 60
SECONDS = 5
KILLED, FROZEN = "killed", "frozen"
"""Jobs, each in a project of its name, by what happens to their first worker."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Both jobs have ended; the frozen worker is frozen still.

    Attributes:
        killed, frozen, other: The workers.
        taken_over_s: From the kill to the end of its job.
    """

    service: Service
    killed: Part
    frozen: Part
    other: Part
    taken_over_s: float


@pytest.fixture(scope="module")
def workers():
    """The API, and three workers with a slot each: what waits for a lost lock waits once for both jobs."""
    with short_folder() as folder:
        server = ServerProcess(folder, append_only=True)
        server.start()
        settings = {"REDIS_URL": server.url, "PREVIEW_WORKER_CONCURRENCY": "1"}
        data_dir = folder / "data"
        try:
            with (
                running(Service(data_dir, command="serve", **settings)) as service,
                running(Part(data_dir, "worker", **settings)) as first,
                running(Part(data_dir, "worker", **settings)) as second,
                running(Part(data_dir, "worker", **settings)) as third,
            ):
                yield service.ready(workers=3), (first, second, third)
        finally:
            server.kill()


@pytest.fixture(scope="module")
def scene(workers):
    service, parts = workers
    killed = busy(service, parts, KILLED)
    children = descendants(killed.process.pid)
    assert children
    os.kill(killed.process.pid, signal.SIGKILL)
    killed_at_s = time.monotonic()
    killed.process.wait()
    service.until(lambda: all(gone(pid) for pid in children), 5)

    frozen = busy(service, parts, FROZEN)
    [other] = [part for part in parts if part not in {killed, frozen}]
    os.kill(frozen.process.pid, signal.SIGSTOP)
    try:
        service.ended(KILLED)
        taken_over_s = time.monotonic() - killed_at_s
        service.ended(FROZEN)
        yield Scene(
            service=service,
            killed=killed,
            frozen=frozen,
            other=other,
            taken_over_s=taken_over_s,
        )
    finally:
        os.kill(frozen.process.pid, signal.SIGCONT)


def test_row_01_row_04_a_job_is_finished_once_by_another_worker_when_the_busy_one_is_killed(scene):
    status = scene.service.status(KILLED)
    assert (status["status"], status["attemptsMade"]) == ("completed", 1)
    assert scene.taken_over_s < TAKEN_OVER_WITHIN_S
    assert outcomes(scene.other, KILLED) == ["completed"]
    assert outcomes(scene.frozen, KILLED) == outcomes(scene.killed, KILLED) == []
    assert only_preview(scene.service, KILLED).frames == SECONDS * 30
    assert owners(scene.service.places.work) == {scene.frozen.process.pid, scene.other.process.pid}
    assert all(f"-{scene.frozen.process.pid}-" in path.parent.name for path in staged(scene.service))


def test_row_05_a_job_is_published_once_when_the_busy_worker_freezes_and_thaws_after_another_has_finished(scene):
    service = scene.service
    assert service.status(FROZEN)["status"] == "completed"
    published = media_hashes(service.places.preview(FROZEN, FROZEN))
    assert outcomes(scene.frozen, FROZEN) == []

    os.kill(scene.frozen.process.pid, signal.SIGCONT)
    scene.frozen.until(lambda: outcomes(scene.frozen, FROZEN))
    assert outcomes(scene.frozen, FROZEN) == ["lost"]
    assert outcomes(scene.other, FROZEN) == ["completed"]

    status = service.status(FROZEN)
    assert (status["status"], status["attemptsMade"], status["failedReason"]) == ("completed", 1, None)
    assert only_preview(service, FROZEN).frames == SECONDS * 30
    assert media_hashes(service.places.preview(FROZEN, FROZEN)) == published
    assert staged(service) == []
    assert owners(service.places.work) == {scene.frozen.process.pid, scene.other.process.pid}  # both live


def busy(service, parts, job_id):
    """Post a job; returns the worker that is in the middle of it."""
    service.rendering(
        service.submit(long_to_draw(service.places.assets(job_id), job_id, project=job_id, seconds=SECONDS))
    )
    [worker] = [part for part in parts if any(entry["job_id"] == job_id for entry in part.events("job-started"))]
    return worker


def outcomes(worker, job_id):
    """How the worker's runs of a job ended."""
    return [entry["outcome"] for entry in worker.events("job-ended") if entry["job_id"] == job_id]


def owners(folder):
    """Process ids of the workers that have a folder there."""
    return {int(path.name.split("-")[-2]) for path in folder.iterdir()}


def staged(service):
    """Attempts that are not published, whoever's they are."""
    return list(service.places.stage.glob("*/*"))


def only_preview(service, project):
    """The video of the only preview of a project, decoded."""
    [folder] = (service.places.root / "previews" / project).iterdir()
    assert folder == service.places.preview(project, project)
    return decoded(folder / "preview.mp4")
