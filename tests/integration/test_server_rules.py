"""A server that would drop jobs when its memory is full is refused before the first job."""

from __future__ import annotations

import asyncio
import sys

import pytest

from preview_worker.cli.exits import CONFIGURATION
from preview_worker.queue.bullmq_connections import QueueAddress, connect
from preview_worker.queue.bullmq_producer import BullmqProducer
from preview_worker.queue.server_rules import refuse_lossy_server
from support.processes import environment

pytestmark = pytest.mark.anyio


async def evicting(server, policy):
    async with connect(server.url, socket_timeout_s=2.0) as client:
        await client.config_set("maxmemory-policy", policy)


@pytest.mark.parametrize("command", ["worker", "serve"])
async def test_row_18_start_is_refused_with_a_sentence_when_redis_evicts_keys(own_valkey_server, tmp_path, command):
    await evicting(own_valkey_server, "allkeys-lru")
    settings = {"REDIS_URL": own_valkey_server.url, "PREVIEW_PORT": "0", "PREVIEW_PROBE_PORT": "0"}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "preview_worker",
        command,
        env=environment(tmp_path) | settings,
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    _, errors = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == CONFIGURATION
    assert b"maxmemory-policy is allkeys-lru" in errors
    assert b"Set maxmemory-policy noeviction" in errors
    assert b"Traceback" not in errors


async def test_server_is_taken_when_it_keeps_everything(own_valkey_server):
    await evicting(own_valkey_server, "noeviction")
    async with BullmqProducer(QueueAddress(url=own_valkey_server.url, queue_name="preview-jobs")) as producer:
        await refuse_lossy_server(producer)


async def test_row_14_start_goes_on_when_redis_is_away(tmp_path):
    absent = QueueAddress(url=f"unix://{tmp_path}/nobody.sock", queue_name="preview-jobs")
    async with BullmqProducer(absent) as producer:
        await refuse_lossy_server(producer)
