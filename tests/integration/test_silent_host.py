"""A host of assets that takes connections and says nothing: it keeps nobody from a job but those who named it."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing

import pytest

from preview_worker.queue.port import JobState
from support.queues import in_state, until
from support.service import payload
from support.workers import working

pytestmark = pytest.mark.anyio

THREADS = 2
PATIENCE_S = 10
"""Half of what a host may take."""


@asynccontextmanager
async def silent_host():
    """Yield its port and how to wait for the next connection; all end with the block."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.setblocking(False)
        connections = []

        async def asked():
            async with asyncio.timeout(PATIENCE_S):
                connection, _ = await asyncio.get_running_loop().sock_accept(server)
            connections.append(connection)

        try:
            yield server.getsockname()[1], asked
        finally:
            for connection in connections:
                connection.close()


def plan(job_id, **request):
    return payload(job_id, dry_run=True, steps=[{"text": "Place the board."} | request.pop("step", {})], **request)


def asking(job_id, port):
    assets = [{"id": "board", "uri": f"https://127.0.0.1:{port}/board.png"}]
    return plan(job_id, step={"visuals": ["board"]}, assets=assets)


async def test_other_jobs_run_while_cancelled_ones_still_wait_for_their_host(service, queue_address, foreign, tmp_path):
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))
    async with silent_host() as (port, asked), working(queue_address, tmp_path, PREVIEW_ASSET_HOSTS="127.0.0.1"):
        for number in range(THREADS + 1):
            job_id = f"job-{number}"
            await service.records.create(
                job_id=job_id, digest="digest", project_id="board-games", request_id="request", ttl_s=600
            )
            await foreign.add("render-preview", asking(job_id, port), {"jobId": job_id})
            await asked()
            await service.producer.cancel(job_id, record_ttl_s=600)
            await until(in_state(service.producer, job_id, JobState.FAILED))
        await foreign.add("render-preview", plan("sound"), {"jobId": "sound"})
        await until(in_state(service.producer, "sound", JobState.COMPLETED), deadline_s=PATIENCE_S)
