"""A preview that stands completes its job, whatever became of its assets, its workers and the disk meanwhile."""

from __future__ import annotations

import asyncio
import errno
import threading
from functools import partial
from pathlib import Path

import pytest

from preview_worker.faults import FaultPoint
from preview_worker.queue.bullmq_consumer import ConsumerTiming
from preview_worker.queue.port import JobState
from preview_worker.state.records import RecordState
from preview_worker.storage.damages import Damages
from preview_worker.storage.publish import MANIFEST
from preview_worker.storage.scrubbing import Scrubber
from preview_worker.worker.company import DEATHS_SUSPECT
from support.media import picture_file
from support.queues import in_state, until
from support.service import PREFIX, payload
from support.workers import working

pytestmark = pytest.mark.anyio

JOB = f"{PREFIX}/job"
PROJECT = "board-games"
PATIENCE_S = 30
SWEEPING = ConsumerTiming(wait_s=0.05, pause_poll_s=0.02, sweep_every_s=0.1)


def plan(job_id="moon", *, text="Place the board.", **options):
    step = {"text": text, "visuals": [{"assetId": "board"}]}
    assets = [{"id": "board", "uri": "board.png"}]
    return payload(job_id, dry_run=True, steps=[step], assets=assets, options=options) | {"attempts": 1}


@pytest.fixture(autouse=True)
def picture(service):
    path = service.places.assets(PROJECT) / "board.png"
    path.parent.mkdir(parents=True)
    return picture_file(path, size_px=(64, 48))


@pytest.fixture
def completed(client, service):
    """Posts the job and waits for its end."""

    async def post(**options):
        await client.post(JOB, json=plan(**options))
        return await until(in_state(service.producer, "moon", JobState.COMPLETED), deadline_s=PATIENCE_S)

    return post


@pytest.fixture
def left(redis, queue_address, service):
    """Leaves queue and record as a worker does that dies after the rename, and waits for the next one's word."""

    async def leave(change=lambda: None, *, state="committed", deaths=0, ends=JobState.COMPLETED):
        await redis.hset(queue_address.record_key("moon"), "state", state)
        change()
        async with redis.pipeline(transaction=True) as step:
            step.hdel(queue_address.key("moon"), "returnvalue", "finishedOn")
            step.hset(queue_address.key("moon"), mapping={"atm": 0, "stc": deaths})
            step.zrem(queue_address.key("completed"), "moon")
            step.lpush(queue_address.key("active"), "moon")
            await step.execute()
        return await until(in_state(service.producer, "moon", ends), deadline_s=PATIENCE_S)

    return leave


@pytest.fixture
def worker(queue_address, tmp_path):
    """Runs a worker that looks often for jobs of dead ones."""
    return partial(working, queue_address, tmp_path, timing=SWEEPING)


EDITS = {
    "edited": lambda picture: picture_file(picture, size_px=(80, 60)),
    "removed": lambda picture: picture.unlink(),
    "a folder": lambda picture: (picture.unlink(), picture.mkdir()),
}


@pytest.mark.parametrize("state", ["committed", "completed"])
@pytest.mark.parametrize("edit", EDITS)
async def test_a_job_whose_preview_stands_is_completed_when_its_picture_has_changed(
    service, worker, completed, left, picture, edit, state
):
    async with worker():
        first = await completed(onMissingAsset="fail")
        again = await left(lambda: EDITS[edit](picture), state=state)

    assert (again.return_value["cached"], again.attempts_made) == (True, 1)
    assert again.return_value["files"] == first.return_value["files"]
    assert again.return_value["digest"] == first.return_value["digest"]
    assert (await service.records.get("moon")).state is RecordState.COMPLETED
    assert service.job_files.read("moon").state == "completed"


async def test_a_job_whose_preview_stands_is_completed_however_many_workers_died_with_it(worker, completed, left):
    async with worker():
        await completed()
        again = await left(deaths=DEATHS_SUSPECT + 1)
    assert again.return_value["cached"] is True


FAULTS = {
    "cut off": lambda file: file.write_bytes(file.read_bytes()[:-20]),
    "of another build": lambda file: file.write_text('{"schemaVersion": 99}'),
    "unreadable": lambda file: (file.unlink(), file.mkdir()),
}


@pytest.mark.parametrize("name", ["preview.json", "container.json"])
@pytest.mark.parametrize("fault", FAULTS)
async def test_a_job_whose_preview_cannot_be_read_is_made_anew_and_does_not_fail(
    service, worker, completed, left, name, fault
):
    folder = service.places.plan(PROJECT, "moon")
    async with worker():
        first = await completed()
        again = await left(lambda: FAULTS[fault](folder / name))

    assert (again.return_value["cached"], again.attempts_made) == (False, 1)
    assert again.return_value["digest"] == first.return_value["digest"]
    assert Scrubber(service.places).look(folder).damaged == ()
    assert service.job_files.read("moon").state == "completed"


async def test_a_published_job_is_completed_when_its_preview_could_not_be_read_for_a_moment(
    service, worker, completed, left, picture, monkeypatch
):
    manifest, read, faults = service.places.plan(PROJECT, "moon") / MANIFEST, Path.read_bytes, [errno.EMFILE] * 3

    def in_need(path):
        if path == manifest and faults:
            raise OSError(faults.pop(), "Too many open files")
        return read(path)

    async with worker():
        first = await completed()
        monkeypatch.setattr(Path, "read_bytes", in_need)
        again = await left(lambda: EDITS["edited"](picture))

    assert faults == []
    assert (again.return_value["cached"], again.return_value["digest"]) == (True, first.return_value["digest"])
    assert Damages(service.places).of("moon") == frozenset()
    assert service.job_files.read("moon").state == "completed"


async def test_a_job_is_produced_once_when_what_stands_could_not_be_read_for_a_moment_before_its_rename(
    client, service, worker, monkeypatch
):
    manifest, read, faults = service.places.plan(PROJECT, "moon") / MANIFEST, Path.read_bytes, []
    points = []

    def arm(point, _job_id):
        points.append(point)
        if point is FaultPoint.COMMITTED:
            faults.extend([errno.EMFILE] * 3)

    def in_need(path):
        if path == manifest and faults:
            raise OSError(faults.pop(), "Too many open files")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", in_need)
    async with worker(reached=arm):
        await client.post(JOB, json=plan())
        job = await until(in_state(service.producer, "moon", JobState.COMPLETED), deadline_s=PATIENCE_S)

    assert (faults, points.count(FaultPoint.PRODUCED), points.count(FaultPoint.RENAMED)) == ([], 1, 1)
    assert (job.return_value["cached"], job.attempts_made) == (False, 1)


async def test_a_damaged_preview_that_cannot_be_made_anew_keeps_what_the_disk_says_of_it(
    service, worker, completed, left, picture
):
    folder = service.places.plan(PROJECT, "moon")

    def change():
        EDITS["edited"](picture)
        FAULTS["cut off"](folder / "preview.json")

    async with worker():
        await completed()
        job = await left(change, ends=JobState.FAILED)

    assert job.failed_code == "job-id-conflict"
    assert service.job_files.read("moon").state == "completed"
    assert Damages(service.places).of("moon") == {"preview.json"}


async def test_a_job_of_other_content_is_not_taken_for_the_one_whose_preview_stands(
    service, queue_address, redis, foreign, worker, completed
):
    """The queue forgets completed jobs; a producer of somebody else's may use an id again."""
    async with worker():
        await completed()
        await redis.zrem(queue_address.key("completed"), "moon")
        await redis.delete(queue_address.key("moon"))
        await foreign.add("render-preview", plan(text="Place the cards."), {"jobId": "moon"})
        job = await until(in_state(service.producer, "moon", JobState.FAILED), deadline_s=PATIENCE_S)

    assert job.failed_code == "job-id-conflict"
    assert (await service.records.get("moon")).state is RecordState.COMPLETED
    assert service.job_files.read("moon").state == "completed"


async def test_a_changed_picture_fails_its_job_where_nothing_stands(client, service, worker, picture):
    await client.post(JOB, json=plan())
    picture_file(picture, size_px=(80, 60))
    async with worker():
        job = await until(in_state(service.producer, "moon", JobState.FAILED), deadline_s=PATIENCE_S)
    assert job.failed_code == "asset-changed"


class Obstacle:
    """A file where the records' folder should be: no record can be written, as on a disk that fails.

    It comes at a fault point, from the thread that gets there.
    """

    def __init__(self, service, point=FaultPoint.RENAMED):
        self._jobs = service.places.jobs
        self._aside = self._jobs.with_name("jobs.aside")
        self._point = point

    def __call__(self, point, _job_id):
        if point is self._point and not self._aside.exists():
            self._jobs.rename(self._aside)
            self._jobs.write_text("no folder")

    def take_away(self):
        self._jobs.unlink()
        self._aside.rename(self._jobs)


async def test_a_job_fails_at_once_for_its_own_reason_when_the_disk_does_not_take_its_record(
    client, service, worker, picture
):
    service.places.jobs.mkdir()
    await client.post(JOB, json=plan() | {"attempts": 3})
    picture_file(picture, size_px=(80, 60))
    async with worker(reached=Obstacle(service, FaultPoint.TAKEN)):
        job = await until(in_state(service.producer, "moon", JobState.FAILED), deadline_s=PATIENCE_S)
    assert (job.failed_code, job.attempts_made) == ("asset-changed", 1)


@pytest.fixture
def posted_anew(client, redis, queue_address):
    """Empties Redis and posts the job once more."""

    async def post():
        await redis.delete(*[key async for key in redis.scan_iter(queue_address.key("*"))])
        await client.post(JOB, json=plan())

    return post


async def cancelled(client):
    answer = await client.post(f"{JOB}/moon/cancel")
    return answer.status_code, answer.json().get("code")


class Hold:
    """Stops the second run of a job where its preview is about to be told of."""

    def __init__(self):
        self.there, self.go, self._runs = threading.Event(), threading.Event(), 0

    def __call__(self, point, _job_id):
        self._runs += point is FaultPoint.PUBLISHED
        if point is FaultPoint.PUBLISHED and self._runs == 2:
            self.there.set()
            assert self.go.wait(PATIENCE_S)


async def test_a_cancel_is_too_late_when_a_completed_job_runs_once_more(client, service, worker, completed, left):
    hold = Hold()
    async with worker(reached=hold):
        await completed()
        rerun = asyncio.create_task(left(state="completed"))
        assert await asyncio.to_thread(hold.there.wait, PATIENCE_S)
        refused = await cancelled(client)
        hold.go.set()
        await rerun

    record = await service.records.get("moon")
    assert refused == (409, "too-late")
    assert (record.state, record.cancel_requested) == (RecordState.COMPLETED, False)


@pytest.mark.parametrize("accident", ["the queue wasn't told", "Redis was emptied"])
async def test_a_cancel_is_too_late_when_a_job_whose_preview_stands_waits_for_the_disk(
    client, service, worker, completed, left, posted_anew, accident
):
    obstacle = Obstacle(service, FaultPoint.FENCED)
    armed = threading.Event()
    async with worker(reached=lambda point, job_id: armed.is_set() and obstacle(point, job_id)):
        await completed()
        armed.set()
        if accident == "Redis was emptied":
            await posted_anew()
            rerun = asyncio.create_task(until(in_state(service.producer, "moon", JobState.COMPLETED), deadline_s=60))
        else:
            rerun = asyncio.create_task(left(state="completed"))
        await until(lambda: holds(client), deadline_s=PATIENCE_S)
        refused = await cancelled(client)
        armed.clear()
        obstacle.take_away()
        job = await rerun

    assert refused == (409, "too-late")
    assert job.return_value["cached"] is True
    assert (await told(client))["status"] == "completed"


async def test_a_cancel_that_was_accepted_holds_and_what_stands_stays_when_redis_was_emptied(
    client, service, worker, completed, posted_anew
):
    async with worker():
        await completed()
    await posted_anew()

    assert (await client.post(f"{JOB}/moon/cancel")).status_code == 202

    assert (await told(client))["status"] == "cancelled"
    assert (await client.get(f"{JOB}/moon/artifact")).status_code == 200
    assert service.job_files.read("moon").state == "completed"


async def told(client):
    return (await client.get(f"{JOB}/moon/status")).json()


async def test_a_published_job_is_completed_when_the_disk_fails_for_a_moment_after_the_rename(client, service, worker):
    obstacle = Obstacle(service)
    async with worker(reached=obstacle):
        await client.post(JOB, json=plan())
        await until(lambda: stands(service), deadline_s=PATIENCE_S)
        obstacle.take_away()
        job = await until(in_state(service.producer, "moon", JobState.COMPLETED), deadline_s=PATIENCE_S)

    assert (job.attempts_made, job.return_value["cached"]) == (1, False)
    assert service.job_files.read("moon").state == "completed"


async def test_a_published_job_waits_unspent_for_a_disk_that_goes_on_failing_and_its_worker_takes_nothing(
    client, service, worker
):
    obstacle = Obstacle(service)
    async with worker(reached=obstacle):
        await client.post(JOB, json=plan())
        await until(lambda: holds(client), deadline_s=PATIENCE_S)
        waiting = await told(client)
        obstacle.take_away()
        job = await until(in_state(service.producer, "moon", JobState.COMPLETED), deadline_s=PATIENCE_S)
        await until(lambda: takes_again(client), deadline_s=PATIENCE_S)

    assert waiting["status"] in {"queued", "delayed", "active"}
    assert waiting["attemptsMade"] == 0
    assert (job.attempts_made, job.return_value["cached"]) == (1, True)
    assert service.job_files.read("moon").state == "completed"


async def stands(service):
    return (service.places.plan(PROJECT, "moon") / MANIFEST).is_file() and service.places.jobs.is_file()


async def health(client):
    return (await client.get(f"{PREFIX}/worker/health")).json()


async def holds(client):
    content = await health(client)
    return content["status"] == "degraded" and [worker["holding"] for worker in content["workers"]] == ["disk"]


async def takes_again(client):
    return [worker["holding"] for worker in (await health(client))["workers"]] == [None]
