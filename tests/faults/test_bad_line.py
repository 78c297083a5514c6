"""Rows 19 to 21 of the fault matrix: the line to Redis is slow, loses replies, or goes silent."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import asynccontextmanager

import pytest

from preview_worker.faults import FaultPoint
from preview_worker.queue.bullmq_connections import QueueAddress, connect
from preview_worker.queue.bullmq_consumer import ConsumerTiming
from preview_worker.queue.bullmq_producer import BullmqProducer
from preview_worker.storage.places import Places
from preview_worker.storage.publish import published
from support.proxy import Proxy
from support.queues import until
from support.service import PREFIX, payload, serving
from support.workers import working

pytestmark = [pytest.mark.anyio, pytest.mark.full]

QUEUE = "preview-jobs"
JOBS, RUNS, LOSSY_JOBS = 40, 12, 2000
POSTED_AT_ONCE = 8
ANSWERED_WITHIN_S = 60
SILENCES, NOTICED_WITHIN_S = 5, 15


class Line:
    """A proxy, and what is looked at past it."""

    def __init__(self, proxy, server, data_dir):
        self.proxy = proxy
        self.address = QueueAddress(url=proxy.url, queue_name=QUEUE)
        self.places = Places(data_dir)
        self._server = server

    async def completed(self, count, *, deadline_s):
        """Wait, past the proxy, until no job is left; so many are published, and none has failed."""
        async with BullmqProducer(QueueAddress(url=self._server.url, queue_name=QUEUE)) as producer:

            async def over():
                await asyncio.sleep(0.02)
                counts = await producer.counts()
                return counts if not counts.backlog + counts.active else None

            counts = await until(over, deadline_s=deadline_s)
        assert counts.failed == 0
        assert len(list((self.places.root / "plans").glob("*/*"))) == count

    async def all_there(self, job_ids):
        """Every job was published in one attempt, and its worker never thought dead."""
        assert set(await self.spent(job_ids)) == {(0, 1)}
        assert all(published(self.places.plan("board-games", job_id)) for job_id in job_ids)

    async def spent(self, job_ids):
        """By job, how often its worker was thought dead, and how many of its attempts are used."""
        async with connect(self._server.url, socket_timeout_s=5) as client:
            keys = [QueueAddress(url="", queue_name=QUEUE).key(job_id) for job_id in job_ids]
            found = [await client.hmget(key, "stc", "atm") for key in keys]
            return [(int(stalls or 0), int(attempts or 0)) for stalls, attempts in found]


class Runs:
    """Told of fault points by a worker in this process: how many runs have begun."""

    def __init__(self):
        self._begun = 0

    def __call__(self, point, _job_id):
        self._begun += point is FaultPoint.TAKEN

    async def many(self):
        await asyncio.sleep(0.05)
        return self._begun >= RUNS


class Gate:
    """Holds a worker's jobs of one name in this process, each once, until they are let go."""

    def __init__(self, name):
        self._name, self._held = name, set()
        self._there, self._open = threading.Semaphore(0), threading.Semaphore(0)

    def __call__(self, point, job_id):
        if point is FaultPoint.LISTED and job_id.startswith(self._name) and job_id not in self._held:
            self._held.add(job_id)
            self._there.release()
            assert self._open.acquire(timeout=60)

    async def arrived(self):
        assert await asyncio.to_thread(self._there.acquire, timeout=60)

    def open(self):
        self._open.release()


@pytest.fixture
async def line(own_valkey_server, tmp_path):
    async with Proxy(own_valkey_server.folder, own_valkey_server.socket) as proxy:
        yield Line(proxy, own_valkey_server, tmp_path)


@asynccontextmanager
async def posting(url, data_dir):
    settings = {"PREVIEW_QUEUE_NAME": QUEUE, "PREVIEW_QUEUE_MAX": "5000"}
    async with serving(url, data_dir, **settings) as (_, client):
        yield client


def plan(name):
    job = payload(dry_run=True, title=name, steps=[{"text": f"Place the board of {name}."}])
    del job["jobId"]
    return job


async def accepted(client, name):
    """Post a job under a key again and again until it is accepted; returns its id."""
    give_up_at_s = time.monotonic() + ANSWERED_WITHIN_S
    while time.monotonic() < give_up_at_s:
        answer = await client.post(f"{PREFIX}/job", json=plan(name), headers={"Idempotency-Key": name})
        if answer.status_code in {200, 202}:
            return answer.json()["jobId"]
        assert (answer.status_code, answer.json()["code"]) in {(503, "queue-unavailable"), (409, "key-in-flight")}
    raise TimeoutError("the job was never accepted")


async def all_accepted(client, jobs):
    free = asyncio.Semaphore(POSTED_AT_ONCE)

    async def post(name):
        async with free:
            return await accepted(client, name)

    return await asyncio.gather(*(post(f"press-{number}") for number in range(jobs)))


@pytest.mark.parametrize("latency_s", [0.05, 0.2])
async def test_row_19_no_job_stalls_when_every_reply_of_redis_is_late(line, own_valkey_server, tmp_path, latency_s):
    async with posting(own_valkey_server.url, tmp_path) as client:
        job_ids = await all_accepted(client, JOBS)
    line.proxy.latency_s = latency_s
    async with working(line.address, tmp_path, timing=ConsumerTiming(), PREVIEW_WORKER_CONCURRENCY="4"):
        await line.completed(JOBS, deadline_s=60 + JOBS * latency_s * 20)
    await line.all_there(job_ids)


async def test_row_19_no_job_is_lost_and_no_attempt_used_while_replies_come_too_late(line, own_valkey_server, tmp_path):
    """Within a second nothing can be asked twice in time: jobs are handed back until the line is better."""
    runs = Runs()
    async with posting(own_valkey_server.url, tmp_path) as client:
        job_ids = await all_accepted(client, JOBS)
    line.proxy.latency_s = 1.0
    async with working(line.address, tmp_path, timing=ConsumerTiming(), reached=runs, PREVIEW_WORKER_CONCURRENCY="4"):
        await until(runs.many, deadline_s=120)
        line.proxy.latency_s = 0.0
        await line.completed(JOBS, deadline_s=120)
    await line.all_there(job_ids)


@pytest.mark.parametrize("lost_ratio", [0.02, 0.1])
async def test_row_20_each_key_is_one_completed_job_when_replies_are_lost(line, tmp_path, lost_ratio):
    line.proxy.lost_ratio = lost_ratio
    async with (
        posting(line.address.url, tmp_path) as client,
        working(line.address, tmp_path, timing=ConsumerTiming(), PREVIEW_WORKER_CONCURRENCY="8"),
    ):
        job_ids = await all_accepted(client, LOSSY_JOBS)
        await line.completed(LOSSY_JOBS, deadline_s=900)
    assert len(set(job_ids)) == LOSSY_JOBS
    assert line.proxy.lost > LOSSY_JOBS * lost_ratio
    folders = list((line.places.root / "plans").glob("*/*"))
    assert {folder.name for folder in folders} == set(job_ids)
    assert all(published(folder) for folder in folders)


async def test_row_21_worker_and_api_notice_in_time_that_their_connections_are_dead(line, own_valkey_server, tmp_path):
    gate = Gate("running")
    async with (
        posting(line.address.url, tmp_path) as client,
        posting(own_valkey_server.url, tmp_path) as past_the_proxy,
        working(line.address, tmp_path, reached=gate, timing=ConsumerTiming(), PREVIEW_WORKER_CONCURRENCY="1"),
    ):
        for number in range(SILENCES):
            job_ids = [await accepted(client, f"running-{number}")]
            await gate.arrived()
            line.proxy.fall_silent()
            silent_at_s = time.monotonic()
            job_ids.append(await accepted(past_the_proxy, f"waiting-{number}"))
            gate.open()
            job_ids.append(await accepted(client, f"by-proxy-{number}"))
            await line.completed(3 * (number + 1), deadline_s=60)
            assert time.monotonic() - silent_at_s < NOTICED_WITHIN_S
            assert await line.spent(job_ids) == [(0, 1)] * 3
