"""What a publication does when it is cancelled on its way."""

from __future__ import annotations

import asyncio
import gc
import threading

import pytest

from preview_worker.errors import AssetError, LockLostError, StorageError
from preview_worker.faults import FaultPoint, go_on
from preview_worker.state.commit import CommitVerdict
from preview_worker.storage.jobs import JobFiles
from preview_worker.storage.places import Places
from preview_worker.storage.publish import new_stage
from preview_worker.storage.retention import Retention
from preview_worker.worker.publication import Attempt, CommitRefused, Publisher
from preview_worker.worker.staging import Sizes
from support.commit_rig import report

pytestmark = pytest.mark.anyio


class Commits:
    """Decides at once, one way or the other."""

    def __init__(self, answer=CommitVerdict.COMMITTED):
        self._answer = answer
        self.decided = asyncio.Event()

    async def commit(self, _job_id, **_terms):
        self.decided.set()
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


class SlowDisk:
    """Stands still once the stage is synced; then that has failed."""

    def __init__(self):
        self.syncing, self.may_fail = threading.Event(), threading.Event()

    def __call__(self, point, _job_id):
        if point is FaultPoint.SYNCED:
            self.syncing.set()
            assert self.may_fail.wait(30)
            raise StorageError("Can't sync the stage.")


@pytest.fixture
async def unhandled():
    """What nobody handled in this test's loop."""
    seen = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: seen.append(context))
    return seen


@pytest.fixture
def attempt():
    return Attempt(
        job_id="moon",
        project_id="project",
        digest="d" * 64,
        payload_digest="d" * 64,
        dry_run=True,
        lock_token="token",  # noqa: S106 - not a secret
        fence=1,
    )


@pytest.fixture
def publisher(tmp_path):
    """Makes a publisher: how it is decided, and what happens on the disk."""

    def made(commits, disk):
        places = Places(tmp_path)
        return Publisher(
            places=places,
            job_files=JobFiles(places.jobs),
            commits=commits,
            retention=Retention(preview_ms=10**9, plan_ms=10**9, failed_ms=10**9),
            record_ttl_s=60,
            reached=disk,
        )

    return made


@pytest.fixture
def publish(tmp_path, publisher, attempt):
    """Publishes a stage, as a task."""

    def begun(commits, disk):
        stage = new_stage(Places(tmp_path).stage / "owner", "moon", 1)
        publication = publisher(commits, disk).publish(attempt, stage, (report("moon"),), Sizes(pictures={}))
        return asyncio.create_task(publication)

    return begun


async def test_a_cancelled_publication_waits_for_its_sync_and_tells_of_the_cancellation_alone(publish, unhandled):
    commits, disk = Commits(), SlowDisk()
    publication = publish(commits, disk)
    await commits.decided.wait()
    assert await asyncio.to_thread(disk.syncing.wait, 30)
    for _ in range(2):
        publication.cancel()
        await asyncio.wait({publication}, timeout=0.01)
    assert not publication.done()
    disk.may_fail.set()
    with pytest.raises(asyncio.CancelledError):
        await publication
    gc.collect()
    assert unhandled == []


async def test_a_publication_that_is_refused_waits_for_its_sync_and_tells_of_the_refusal_alone(publish, unhandled):
    commits, disk = Commits(LockLostError("Another run owns the job.")), SlowDisk()
    publication = publish(commits, disk)
    assert await asyncio.to_thread(disk.syncing.wait, 30)
    await asyncio.wait({publication}, timeout=0.01)
    assert not publication.done()
    disk.may_fail.set()
    with pytest.raises(LockLostError):
        await publication
    gc.collect()
    assert unhandled == []


async def test_a_publication_whose_sync_fails_fails(publish):
    disk = SlowDisk()
    disk.may_fail.set()
    with pytest.raises(StorageError, match="sync the stage"):
        await publish(Commits(), disk)


async def test_a_cancel_that_came_first_is_told_also_when_the_sync_fails(publish):
    disk = SlowDisk()
    disk.may_fail.set()
    with pytest.raises(CommitRefused):
        await publish(Commits(CommitVerdict.CANCELLED), disk)


async def test_a_late_failure_says_nothing_of_a_job_whose_preview_stands(publisher, attempt, publish):
    await publish(Commits(), go_on)
    later = publisher(Commits(), go_on)
    later.remember_failure(attempt, AssetError("An asset has changed."))
    assert later.publications.named("moon").state == "completed"
