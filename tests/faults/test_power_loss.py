"""Row 15 of the fault matrix: the power fails, and the append-only file ends wherever the disk had got to."""

from __future__ import annotations

import random
import shutil
from contextlib import asynccontextmanager

import pytest

from preview_worker.queue.bullmq_connections import QueueAddress
from preview_worker.queue.bullmq_producer import BullmqProducer
from preview_worker.queue.port import Admitted, Replayed
from support.preload import compiled
from support.processes import short_folder
from support.queues import ROOMY, new_job
from support.valkey import ServerProcess

pytestmark = pytest.mark.anyio

JOBS = 60
QUEUE = "preview-jobs"


@asynccontextmanager
async def served(folder, **variables):
    """A server on a folder's append-only file, which is synced before every answer, and its queue."""
    server = ServerProcess(folder, append_only=True, variables=variables)
    server.start()
    try:
        address = QueueAddress(url=server.url, queue_name=QUEUE)
        async with BullmqProducer(address) as producer:
            yield producer, address
    finally:
        server.kill()


def append_only_file(folder):
    [path] = (folder / "appendonlydir").glob("*.incr.aof")
    return path


@pytest.fixture
async def written(tmp_path):
    """A folder with the files of a server that died, and by job, in order, how much was synced when it was admitted."""
    library = compiled("synced", tmp_path)
    told, synced = tmp_path / "synced", {}
    with short_folder() as folder:
        async with served(folder, LD_PRELOAD=str(library), SYNCED=str(told)) as (producer, _):
            for number in range(JOBS):
                job_id = f"job-{number}"
                assert isinstance(await producer.admit(new_job(job_id), ROOMY), Admitted)
                synced[job_id] = int(told.read_text())
                assert append_only_file(folder).stat().st_size == synced[job_id]
        yield folder, synced


async def standing(address):
    """Ids of the jobs of which BullMQ's hash, their place in line, and our record stand, each on its own."""
    async with address.client(socket_timeout_s=5) as client:
        waiting = set(await client.zrange(address.key("prioritized"), 0, -1))
        hashes = {key.rpartition(":")[2] async for key in client.scan_iter(address.key("job-*"))}
        records = {key.rpartition(":")[2] async for key in client.scan_iter(address.record_key("job-*"))}
    return waiting, hashes, records


@pytest.mark.parametrize("cuts", [3, pytest.param(200, marks=pytest.mark.full)])
async def test_row_15_nothing_acknowledged_is_lost_and_nothing_half_there_when_the_append_only_file_is_cut(
    written, cuts
):
    folder, synced = written
    size, dice = append_only_file(folder).stat().st_size, random.Random(15)
    for _ in range(cuts):
        cut = dice.randrange(size + 1)
        with short_folder() as copy:
            shutil.copytree(folder / "appendonlydir", copy / "appendonlydir")
            with append_only_file(copy).open("r+b") as file:
                file.truncate(cut)
            async with served(copy) as (producer, address):
                waiting, hashes, records = await standing(address)
                assert waiting == hashes == records
                assert waiting == {job_id for job_id, length in synced.items() if length <= cut}
                again = [await producer.admit(new_job(job_id), ROOMY) for job_id in synced]
                assert [type(verdict) for verdict in again] == [
                    Replayed if job_id in waiting else Admitted for job_id in synced
                ]
