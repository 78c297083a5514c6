"""How jobs end in a real worker: superseded while they run, made anew where they are damaged, cancelled by the dead."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import replace

import pytest

from preview_worker.errors import RenderStuckError
from preview_worker.faults import FaultPoint
from preview_worker.queue.bullmq_consumer import ConsumerTiming
from preview_worker.queue.port import JobState
from preview_worker.state.records import RecordState
from preview_worker.storage.damages import Damages
from preview_worker.storage.live import LiveFolder
from preview_worker.storage.publish import discard, published
from preview_worker.storage.reservations import promised_bytes
from preview_worker.storage.scrubbing import Scrubber
from preview_worker.worker import attempt
from support.illustrated import long_to_draw
from support.queues import in_state, until
from support.service import PREFIX, payload
from support.workers import PROMPT, working

pytestmark = pytest.mark.anyio

JOB = f"{PREFIX}/job"
PROJECT = "board-games"


def plan(job_id="moon", **request):
    return payload(job_id, dry_run=True, steps=[{"text": "Place the board."}], **request)


async def status(client, job_id):
    return (await client.get(f"{JOB}/{job_id}/status")).json()


async def run_cancelled():
    return any(task.get_name() == "run-moon" and task.cancelling() for task in asyncio.all_tasks())


class Gate:
    """Holds one job at a fault point that a thread of the worker's calls."""

    def __init__(self, job_id, point=FaultPoint.LISTED):
        self._held_at = (point, job_id)
        self._there = threading.Event()
        self._open = threading.Event()

    def __call__(self, point, job_id):
        if (point, job_id) == self._held_at:
            self._there.set()
            assert self._open.wait(20)

    async def arrived(self):
        assert await asyncio.to_thread(self._there.wait, 20)

    def open(self):
        self._open.set()


async def test_a_running_job_ends_for_a_newer_ones_sake(client, service, queue_address, tmp_path):
    gate = Gate("old")
    async with working(queue_address, tmp_path, reached=gate):
        await client.post(JOB, json=plan("old"))
        await gate.arrived()
        answer = await client.post(JOB, json=plan("new", options={"supersede": "all"}))
        gate.open()
        await until(in_state(service.producer, "old", JobState.FAILED))
        await until(in_state(service.producer, "new", JobState.COMPLETED))

    assert answer.json()["supersededJobs"] == ["old"]
    told = await status(client, "old")
    assert (told["status"], told["cancelReason"], told["supersededBy"]) == ("cancelled", "superseded", "new")
    assert told["failedReason"] == "Superseded by job new."
    assert published(service.places.plan(PROJECT, "old")) is None


async def test_a_job_that_is_being_published_stays_when_a_newer_one_comes(client, service, queue_address, tmp_path):
    gate = Gate("old", FaultPoint.ANNOUNCED)
    async with working(queue_address, tmp_path, reached=gate):
        await client.post(JOB, json=plan("old"))
        await gate.arrived()
        answer = await client.post(JOB, json=plan("new", options={"supersede": "all"}))
        gate.open()
        await until(in_state(service.producer, "old", JobState.COMPLETED))

    assert answer.json()["supersededJobs"] == []
    assert (await status(client, "old"))["status"] == "completed"


async def test_a_job_that_ends_while_its_stage_is_removed_keeps_no_room(
    client, service, queue_address, tmp_path, monkeypatch
):
    removing, cancelled = threading.Event(), threading.Event()

    def slowly(stage):
        removing.set()
        assert cancelled.wait(20)
        discard(stage)

    def failing(point, _job_id):
        if point is FaultPoint.PRODUCED:
            raise RenderStuckError("It took too long.")

    monkeypatch.setattr(attempt, "discard", slowly)
    async with working(queue_address, tmp_path, reached=failing):
        await client.post(JOB, json=payload(steps=[{"text": "Place the board.", "durationMs": 500}]))
        assert await asyncio.to_thread(removing.wait, 20)
        assert promised_bytes(service.places) > 0
        await client.post(f"{JOB}/moon/cancel")
        await until(run_cancelled)
        cancelled.set()
        await until(in_state(service.producer, "moon", JobState.FAILED))
        assert promised_bytes(service.places) == 0


async def test_row_28_a_damaged_preview_is_replaced_by_a_sound_one(client, service, queue_address, tmp_path):
    folder = service.places.plan(PROJECT, "moon")
    async with working(queue_address, tmp_path):
        await client.post(JOB, json=plan())
        await until(in_state(service.producer, "moon", JobState.COMPLETED))
        for name in ("preview.json", "container.json"):
            (folder / name).write_bytes(b"damaged")
            assert Scrubber(service.places).look(folder).damaged == (name,)

            answer = await client.post(JOB, json=plan())
            await until(in_state(service.producer, "moon", JobState.COMPLETED))

            assert answer.status_code == 202
            assert Damages(service.places).of("moon") == frozenset()
            assert Scrubber(service.places).look(folder).damaged == ()

    record = await service.records.get("moon")
    assert (record.state, record.generation) == (RecordState.COMPLETED, 3)
    assert (await client.get(f"{JOB}/moon/files/preview.json")).status_code == 200


async def test_row_23_a_job_that_comes_back_is_not_made_again_when_its_preview_stands(
    client, service, queue_address, tmp_path, redis
):
    """As after a restore of Redis from before the job."""
    async with working(queue_address, tmp_path):
        await client.post(JOB, json=plan())
        first = await until(in_state(service.producer, "moon", JobState.COMPLETED))
        await redis.delete(*[key async for key in redis.scan_iter(queue_address.key("*"))])
        await client.post(JOB, json=plan())
        second = await until(in_state(service.producer, "moon", JobState.COMPLETED))

    assert (first.return_value["cached"], second.return_value["cached"]) == (False, True)
    assert second.return_value["files"] == first.return_value["files"]


@pytest.mark.parametrize("told", ["flag", "record"])
async def test_a_cancelled_job_of_a_dead_worker_ends_without_being_made_again(
    client, service, queue_address, tmp_path, redis, told
):
    """Its worker died before it saw the flag, or after it wrote the record and before the queue heard."""
    await client.post(JOB, json=plan())
    await redis.zrem(queue_address.key("prioritized"), "moon")
    await redis.lpush(queue_address.key("active"), "moon")
    assert (await client.post(f"{JOB}/moon/cancel")).json()["status"] == "active"
    if told == "record":
        assert await service.records.finish("moon", RecordState.CANCELLED, ttl_s=60)
        assert (await status(client, "moon"))["status"] == "cancelled"
    points = []

    def reached(point, _job_id):
        points.append(point)

    sweeping = ConsumerTiming(wait_s=0.05, sweep_every_s=0.1)
    async with working(queue_address, tmp_path, reached=reached, timing=sweeping):
        job = await until(in_state(service.producer, "moon", JobState.FAILED))

    assert job.failed_code == "cancelled"
    assert FaultPoint.FENCED not in points  # it may be taken before the sweep has looked at it, and is given back then
    assert (await status(client, "moon"))["status"] == "cancelled"
    assert (await service.producer.counts()).total == 1


async def test_a_job_fails_as_stuck_when_its_run_takes_longer_than_a_run_may(client, service, queue_address, tmp_path):
    job = long_to_draw(service.places.assets(PROJECT), "long", project=PROJECT, seconds=60) | {"attempts": 1}
    async with working(queue_address, tmp_path, changed={"job_timeout_s": 0.5}):
        await client.post(JOB, json=job)
        await until(in_state(service.producer, "long", JobState.FAILED), deadline_s=30)

    told = await status(client, "long")
    assert (told["status"], told["error"]["code"]) == ("failed", "render-stuck")
    assert told["failedReason"] == "The run didn't make its files within 0.5 s."
    assert not list(service.places.stage.glob("*/*"))
    assert not service.places.preview(PROJECT, "long").exists()


async def test_no_early_files_stay_when_a_job_is_cancelled_while_their_folder_is_made(
    client, service, queue_address, tmp_path, monkeypatch
):
    begun, cancelled = threading.Event(), threading.Event()
    make = LiveFolder.open

    def slowly(folder):
        begun.set()
        assert cancelled.wait(20)
        make(folder)

    monkeypatch.setattr(LiveFolder, "open", slowly)
    async with working(queue_address, tmp_path):
        await client.post(JOB, json=payload("moon", steps=[{"text": "Place the board.", "durationMs": 1000}]))
        assert await asyncio.to_thread(begun.wait, 20)
        await client.post(f"{JOB}/moon/cancel")
        await until(run_cancelled)
        cancelled.set()
        await until(in_state(service.producer, "moon", JobState.FAILED))

    assert (await status(client, "moon"))["status"] == "cancelled"
    assert [path for path in service.places.live_root.rglob("*") if path.name.isdecimal()] == []


async def test_a_job_whose_commit_could_not_be_carried_out_fails_everywhere(
    client, service, queue_address, tmp_path, redis
):
    in_the_way = service.places.plan(PROJECT, "moon").parent
    in_the_way.parent.mkdir(parents=True, exist_ok=True)
    in_the_way.write_text("no folder")
    async with working(queue_address, tmp_path):
        await client.post(JOB, json=plan() | {"attempts": 1})
        job = await until(in_state(service.producer, "moon", JobState.FAILED))
    await redis.zrem(queue_address.key("failed"), "moon")
    await redis.delete(queue_address.key("moon"))  # BullMQ keeps failures for a day

    assert job.failed_code == "storage"
    assert (await service.records.get("moon")).state is RecordState.FAILED
    told = await status(client, "moon")
    assert (told["status"], told["error"]["code"]) == ("failed", "storage")
    assert (await client.post(f"{JOB}/moon/cancel")).json()["status"] == "failed"
    again = await client.post(JOB, json=plan())
    assert (again.status_code, again.json()["status"]) == (200, "failed")


async def test_no_attempt_is_used_when_a_lock_has_run_out_for_its_worker_and_not_yet_for_the_server(
    client, service, queue_address, tmp_path
):
    ahead_s = 0.0

    def leap(point, _job_id):
        nonlocal ahead_s
        if point is FaultPoint.SYNCED and not ahead_s:
            ahead_s = 3600.0

    timing = replace(PROMPT, clock=lambda: time.monotonic() + ahead_s)
    async with working(queue_address, tmp_path, reached=leap, timing=timing):
        await client.post(JOB, json=plan())
        await until(in_state(service.producer, "moon", JobState.COMPLETED))

    assert (await service.producer.job("moon")).attempts_made == 1
    assert (await service.records.get("moon")).fence == 2
    assert published(service.places.plan(PROJECT, "moon")) is not None
