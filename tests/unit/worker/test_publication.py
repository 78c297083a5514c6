"""What a publication does when it is cancelled on its way."""

from __future__ import annotations

import asyncio
import errno
import gc
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from preview_worker.errors import AssetError, JobConflictError, LockLostError, StorageError
from preview_worker.faults import FaultPoint, go_on
from preview_worker.state.commit import CommitVerdict
from preview_worker.storage.atomic import write_json
from preview_worker.storage.damages import Damages
from preview_worker.storage.jobs import JobFiles
from preview_worker.storage.places import Places
from preview_worker.storage.publish import AlreadyPublishedError, new_stage, published
from preview_worker.storage.reservations import Reservations
from preview_worker.storage.retention import Retention
from preview_worker.worker.publication import Attempt, CommitRefused, NotConfirmedYet, Publisher
from preview_worker.worker.room import Room
from preview_worker.worker.staging import Sizes
from support.commit_rig import report
from support.disks import PretendDisk, guard_of
from support.publications import job_file
from support.users import as_nobody

pytestmark = pytest.mark.anyio
posix = pytest.mark.skipif(sys.platform == "win32", reason="permissions are POSIX's")


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
def places(tmp_path, monkeypatch):
    """By a path that everybody may go."""
    tmp_path.chmod(0o777)
    monkeypatch.chdir(tmp_path)
    return Places(Path())


@contextmanager
def shut(folder, mode):
    """Allow its owner, who isn't root, less for a while."""
    folder.chmod(mode)
    try:
        yield
    finally:
        folder.chmod(0o700)


@pytest.fixture
def publisher(places):
    """Makes a publisher: how it is decided, and what happens on the disk."""

    def made(commits, disk):
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
def publish(places, publisher, attempt):
    """Publishes a stage, as a task."""

    def begun(commits, disk, *, request_id="r"):
        stage = new_stage(places.stage / "owner", "moon", 1)
        reports = (report("moon").model_copy(update={"request_id": request_id}),)
        publication = publisher(commits, disk).publish(attempt, stage, reports, Sizes(pictures={}))
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


@posix
async def test_a_failure_is_not_written_when_nobody_can_see_what_stands(places, publisher, attempt):
    later = publisher(Commits(), go_on)
    with as_nobody():
        folder = later.folder(attempt)
        folder.mkdir(parents=True)
        Damages(places).distrust(folder, "container.json")
        with shut(folder.parent, 0o600), pytest.raises(StorageError, match="look at moon"):
            later.remember_failure(attempt, AssetError("An asset is gone."))
    assert JobFiles(places.jobs).read("moon") is None


@posix
@pytest.mark.parametrize("state", ["publishing", "completed"])
async def test_it_is_said_that_nobody_can_see_whether_another_jobs_preview_stands(places, publisher, attempt, state):
    later = publisher(Commits(), go_on)
    other = job_file("moon", project="other", state=state)
    with as_nobody():
        JobFiles(places.jobs).write(replace(other, digest="e" * 64))
        folder = later.folder(replace(attempt, project_id="other", dry_run=False))
        folder.mkdir(parents=True)
        with shut(folder, 0o600), pytest.raises(StorageError, match="look at moon"):
            later.publications.refuse_other(attempt)


@posix
async def test_a_worker_takes_nothing_while_the_folder_of_all_projects_can_not_be_synced(places, publish):
    room = Room(guard_of(PretendDisk()), Reservations(places, "me"))
    with as_nobody():
        # A folder that can be changed, and not be opened, can't be synced.
        folder = places.root / "plans"
        with pytest.raises(NotConfirmedYet, match="keep moon: Permission denied") as failure:
            await publish(Commits(), lambda point, _: point is FaultPoint.RENAMED and folder.chmod(0o300))
        room.mistrust(failure.value.folders)
        assert "write into plans" in (await room.hindrance()).sentence
        folder.chmod(0o700)
        assert await room.hindrance() is None


@pytest.fixture
def anothers(places):
    """The record of another job that has the same id."""
    path = places.jobs / "moon.json"
    JobFiles(places.jobs).write(replace(job_file("moon", project="other"), digest="e" * 64))
    return path


@pytest.fixture
def unread(monkeypatch):
    """Lets files not be read for a moment: a file and so many times; returns the times that are left."""

    def arm(file, times):
        read, faults = Path.read_bytes, [errno.EMFILE] * times

        def in_need(path):
            if path == file and faults:
                raise OSError(faults.pop(), "Too many open files")
            return read(path)

        monkeypatch.setattr(Path, "read_bytes", in_need)
        return faults

    return arm


async def test_a_job_of_anothers_id_is_refused_when_its_record_could_not_be_read_for_a_moment(
    places, publisher, attempt, publish, anothers, unread
):
    faults = unread(anothers, 3)
    with pytest.raises(JobConflictError):
        await publish(Commits(), go_on)
    assert faults == []
    assert not publisher(Commits(), go_on).folder(attempt).exists()
    assert JobFiles(places.jobs).read("moon").project_id == "other"


async def test_nothing_is_said_of_whose_an_id_is_when_its_record_can_not_be_read(publisher, attempt, anothers):
    anothers.unlink()
    anothers.mkdir()
    later = publisher(Commits(), go_on)
    with pytest.raises(StorageError, match="read the record of moon"):
        later.publications.refuse_other(attempt)
    with pytest.raises(StorageError, match="read the record of moon"):
        later.remember_failure(attempt, AssetError("An asset is gone."))
    assert list(anothers.iterdir()) == []


@pytest.fixture
def damaged(places, publish, publisher, attempt):
    """Publishes a preview that is damaged, and shuts the notes of damages as the next one is announced."""

    async def made():
        await publish(Commits(), go_on)
        folder, damages = publisher(Commits(), go_on).folder(attempt), Damages(places)
        damages.distrust(folder, "preview.json")
        return folder, damages, lambda point, _: point is FaultPoint.ANNOUNCED and damages.folder.chmod(0o500)

    return made


@pytest.mark.parametrize("name", ["damaged/moon.json", "plans/project/moon/container.json"])
async def test_a_damaged_preview_gives_way_when_it_or_its_note_could_not_be_read_for_a_moment_before_the_rename(
    places, publisher, attempt, publish, unread, name
):
    await publish(Commits(), go_on)
    damages, folder, faults = Damages(places), publisher(Commits(), go_on).folder(attempt), []
    damages.distrust(folder, "preview.json")
    before = published(folder)

    def arm(point, _job_id):
        if point is FaultPoint.ANNOUNCED:
            faults.append(unread(places.root / name, 3))

    await publish(Commits(), arm, request_id="another")
    assert faults == [[]]
    assert published(folder) != before
    assert damages.of("moon") == frozenset()


async def test_a_job_is_tried_again_when_the_note_of_a_damaged_preview_can_not_be_read(
    places, publisher, attempt, publish
):
    await publish(Commits(), go_on)
    damages, folder = Damages(places), publisher(Commits(), go_on).folder(attempt)
    before = published(folder)
    damages.folder.mkdir()

    def arm(point, _job_id):
        if point is FaultPoint.ANNOUNCED:
            (damages.folder / "moon.json").mkdir()

    with pytest.raises(StorageError, match="noted of damage to moon") as failure:
        await publish(Commits(), arm, request_id="another")
    assert failure.value.retryable
    assert published(folder) == before


async def test_a_job_fails_at_once_when_what_stands_in_its_place_is_not_its_preview(publisher, attempt, publish):
    folder = publisher(Commits(), go_on).folder(attempt)
    folder.mkdir(parents=True)
    (folder / "stray").touch()
    with pytest.raises(AlreadyPublishedError) as failure:
        await publish(Commits(), go_on)
    assert not failure.value.retryable
    assert (folder / "stray").exists()


@posix
async def test_a_sound_preview_takes_a_damaged_ones_place_when_the_note_of_it_can_not_go(publish, damaged):
    with as_nobody():
        folder, damages, shutting = await damaged()
        before = published(folder)
        with shut(damages.folder, 0o700):
            await publish(Commits(), shutting, request_id="another")
        assert published(folder) != before
        assert list(damages.folder.iterdir()) != []
        assert damages.of("moon") == frozenset()


@posix
async def test_a_damaged_preview_stays_when_an_earlier_builds_note_would_be_about_the_next_one_too(publish, damaged):
    with as_nobody():
        folder, damages, shutting = await damaged()
        before = published(folder)
        write_json(damages.folder / "moon.json", {"files": ["preview.json"]})
        with shut(damages.folder, 0o700), pytest.raises(StorageError, match=r"write moon\.json"):
            await publish(Commits(), shutting, request_id="another")
        assert published(folder) == before
        assert damages.of("moon") == {"preview.json"}
