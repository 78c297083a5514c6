"""Faults of the simulated server and network are as bad as real ones."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import OutOfMemoryError
from redis.exceptions import TimeoutError as RedisTimeoutError

from preview_worker.chaos.simulation.client import SimulatedClient
from preview_worker.chaos.simulation.link import ProcessLink, Weather
from preview_worker.chaos.simulation.loop import SimulatedLoop
from preview_worker.chaos.simulation.process import SimulatedProcess
from preview_worker.chaos.simulation.server import SimulatedServer
from support.valkey import ServerProcess

SEEDS = range(40)
GROWS_LATER = "redis.call('DEL', KEYS[2]) return redis.call('SET', KEYS[1], 'late')"
GROWS_AT_ONCE = "return redis.call('SET', KEYS[1], 'at once')"


def simulated(work, weather, seed=1):
    """Run something with a client in bad weather."""
    loop = SimulatedLoop()
    server = SimulatedServer(lambda: round(loop.time() * 1000))
    process = SimulatedProcess("worker", loop)
    client = SimulatedClient(server, ProcessLink(process, weather, random.Random(seed)))
    loop.run_until_complete(work(client, server))


def test_a_command_that_was_given_up_may_be_run_later():
    seen = set()

    async def work(client, server):
        with pytest.raises((RedisConnectionError, RedisTimeoutError)):
            await client.set("key", "value")
        at_once = server.call("GET", "key")
        await asyncio.sleep(60)
        seen.add((at_once, server.call("GET", "key")))

    for seed in SEEDS:
        simulated(work, Weather(lost_ratio=1.0), seed)
    assert seen >= {(None, None), (None, "value")}


def test_a_reply_that_is_lost_belongs_to_a_command_that_ran():
    ran = []

    async def work(client, server):
        with suppress(RedisConnectionError, RedisTimeoutError):
            await client.set("key", "1")
            return
        ran.append(int(server.call("GET", "key") or "0"))

    for seed in SEEDS:
        simulated(work, Weather(lost_ratio=0.9, late_ratio=0.0), seed)
    assert {0, 1} <= set(ran)


def test_a_loss_is_heard_of_at_once_or_by_the_timeout():
    took_s = set()

    async def work(client, _server):
        with pytest.raises((RedisConnectionError, RedisTimeoutError)):
            await client.get("key")
        took_s.add(round(asyncio.get_running_loop().time()))

    for seed in SEEDS:
        simulated(work, Weather(down=True), seed)
    assert took_s == {0, 2, 4}


def test_a_restarted_server_has_what_was_written_and_no_scripts():
    async def work(client, server):
        script = client.register_script("return redis.call('INCR', KEYS[1])")
        assert await script(keys=["key"]) == 1
        server.restart()
        assert await script(keys=["key"]) == 2

    simulated(work, Weather())


@pytest.fixture(params=["simulated", "valkey"])
def full_server(request, tmp_path):
    """A client's maker and what fills the server."""
    if request.param == "simulated":
        server = SimulatedServer(lambda: 0)

        def make():
            return SimulatedClient(server, ProcessLink(SimulatedProcess("one", None), Weather(), random.Random(1)))

        async def fill(_client):
            server.full = True

        yield make, fill
        return
    real = ServerProcess(tmp_path)
    real.start()

    async def fill(client):
        await client.config_set("maxmemory", 1)

    yield lambda: Redis.from_url(real.url, decode_responses=True), fill
    real.kill()


@pytest.mark.anyio
async def test_a_full_server_refuses_what_takes_room_unless_a_script_has_begun_to_write(full_server):
    make, fill = full_server
    async with make() as client:
        at_once, later = client.register_script(GROWS_AT_ONCE), client.register_script(GROWS_LATER)
        await client.set("there", "x")
        await fill(client)
        assert await client.get("there") == "x"
        with pytest.raises(OutOfMemoryError):
            await client.set("key", "value")
        with pytest.raises(OutOfMemoryError):
            await at_once(keys=["key"])
        await later(keys=["key", "there"])
        assert await client.get("key") == "late"
        assert await client.delete("key") == 1


@pytest.mark.parametrize("command", [("SET", "key", "1", "XX"), ("ZRANGE", "key", "0", "1", "REV"), ("GETDEL", "key")])
def test_what_is_not_simulated_is_no_answer_of_a_server(command):
    server = SimulatedServer(lambda: 0)
    with pytest.raises(NotImplementedError):
        server.call(*command)
