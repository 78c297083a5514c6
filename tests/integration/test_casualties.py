"""Crashes and deaths of a job on a real server: counted by generation, within their window, in a row."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from preview_worker.queue.bullmq_connections import QueueAddress
from preview_worker.state.casualties import CRASH_WINDOW_S, Casualties
from preview_worker.state.connection import open_state
from preview_worker.state.keys import StateKeys
from preview_worker.state.records import JobRecords
from support.proxy import Proxy
from support.simulation import simulated_address

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["simulated", "valkey"])
def queue_address(request, valkey_server):
    if request.param == "simulated":
        return simulated_address()
    return QueueAddress(url=valkey_server.url, queue_name=f"preview-state-{uuid4().hex}")


@pytest.fixture
async def client(queue_address):
    async with queue_address.client(socket_timeout_s=2.0) as opened:
        yield opened


@pytest.fixture
def keys(queue_address):
    return StateKeys(queue_name=queue_address.queue_name, prefix=queue_address.prefix)


@pytest.fixture
async def casualties(client, keys):
    await JobRecords(client, keys).create(job_id="Job", digest="d", project_id="p", request_id="r", ttl_s=60)
    return Casualties(client, keys)


RUNS = {"first": "Job", "second": "job", "third": "JOB", "fourth": "other"}


async def test_crashes_add_up_whatever_the_case_of_the_id(casualties):
    assert [await casualties.crashed(job_id, run) for run, job_id in RUNS.items()] == [1, 2, 3, 1]


async def test_a_crash_is_counted_once_when_the_answer_was_lost_and_the_command_came_again(casualties):
    assert await casualties.crashed("job", "first") == 1
    assert await casualties.crashed("job", "second") == 2
    assert await casualties.crashed("job", "second") == 2


async def test_crashes_of_another_generation_do_not_count(casualties, client, keys):
    assert await casualties.crashed("job", "first") == 1
    await client.hset(keys.record("job"), "generation", 2)
    assert await casualties.crashed("job", "second") == 1


async def test_crashes_are_forgotten_after_their_window(casualties, client, keys):
    assert await casualties.crashed("job", "first") == 1
    key = f"{keys.crashes('job')}.g1"
    (member,) = await client.zrange(key, 0, -1)
    await client.zincrby(key, -(CRASH_WINDOW_S * 1000 + 1), member)
    assert await casualties.crashed("job", "second") == 1
    assert 0 < await client.pttl(key) <= CRASH_WINDOW_S * 1000


async def test_a_crash_is_counted_once_when_the_server_has_done_its_work_and_its_answer_is_lost(valkey_server):
    keys = StateKeys(queue_name=f"preview-state-{uuid4().hex}")
    async with Proxy(valkey_server.folder, valkey_server.socket) as proxy, open_state(proxy.url) as client:
        casualties = Casualties(client, keys)
        assert await casualties.crashed("job", "first") == 1
        proxy.lost_ratio = 1.0
        counting = asyncio.create_task(casualties.crashed("job", "second"))
        while not proxy.lost:  # noqa: ASYNC110 - before the client has connected anew
            await asyncio.sleep(0)
        proxy.lost_ratio = 0.0
        assert await counting == 2


async def test_deaths_are_in_a_row_until_a_run_ends_in_good_order(casualties):
    assert await casualties.deaths_in_a_row("job", 4) == 4
    await casualties.calm("job", 4)
    assert [await casualties.deaths_in_a_row("job", stalls) for stalls in (4, 6, 14)] == [0, 2, 10]


async def test_a_job_without_record_has_no_calm_run(casualties, client, keys):
    await casualties.calm("unknown", 3)
    assert await client.exists(keys.record("unknown")) == 0
    assert await casualties.deaths_in_a_row("unknown", 3) == 3
