"""A worker promises its jobs room on the disk, and takes none while there is too little."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
from structlog.testing import capture_logs

from preview_worker.errors import StorageError
from preview_worker.observability.metrics import Metrics
from preview_worker.storage.places import Places
from preview_worker.storage.reservations import Reservations, promised_bytes
from preview_worker.worker.heartbeat import Bench
from preview_worker.worker.holding import Holding
from preview_worker.worker.room import BESIDE_BYTES, COPIES, NoRoomYet, Room
from support.disks import MIB, PretendDisk, guard_of

pytestmark = pytest.mark.anyio


class Rig:
    def __init__(self, folder):
        self.places, self.disk, self.bench = Places(folder), PretendDisk(), Bench()
        self.metrics = Metrics(version="test")
        guard = guard_of(self.disk, promised=partial(promised_bytes, self.places))
        self.room = Room(guard, Reservations(self.places, "me"))
        self.holding = Holding({"disk": self.room.hindrance}, self.bench, self.metrics)


@pytest.fixture
def rig(tmp_path):
    return Rig(tmp_path)


async def test_a_job_gets_room_for_its_copies_until_it_is_released(rig):
    await rig.room.reserve("moon", 10 * MIB)
    assert promised_bytes(rig.places) == COPIES * 10 * MIB + BESIDE_BYTES
    await rig.room.release("moon")
    assert promised_bytes(rig.places) == 0


async def test_a_worker_takes_nothing_until_the_job_that_was_handed_back_fits(rig):
    await rig.room.reserve("moon", 30 * MIB)
    with pytest.raises(NoRoomYet):
        await rig.room.reserve("mars", 30 * MIB)
    assert await rig.holding()  # a small job would fit, and mars would starve
    await rig.room.release("moon")
    assert not await rig.holding()
    await rig.room.reserve("mars", 30 * MIB)


async def test_a_job_fails_when_it_does_not_fit_though_no_other_runs(rig):
    with pytest.raises(StorageError, match="MiB are wanted") as raised:
        await rig.room.reserve("moon", 60 * MIB)
    assert (raised.value.code, raised.value.retryable) == ("no-space", True)
    assert not await rig.holding()


async def test_row_24_a_worker_holds_below_the_mark_and_says_so_once(rig):
    with capture_logs() as logs:
        assert not await rig.holding()
        rig.disk.use(91 * MIB)
        assert await rig.holding()
        assert await rig.holding()
        assert rig.bench.holding == "disk"
        assert "preview_worker_holding 1.0" in rig.metrics.exposition().decode().splitlines()
        rig.disk.use(-91 * MIB)
        assert not await rig.holding()
    assert [entry["event"] for entry in logs] == ["worker-holds", "worker-takes-jobs-again"]
    assert "MiB free" in logs[0]["reason"]
    assert rig.bench.holding == ""


async def test_a_worker_takes_nothing_where_the_disk_has_failed_until_it_takes_writes_there(rig):
    failing, sound = rig.places.jobs, rig.places.root / "plans"
    failing.write_text("no folder")
    rig.room.mistrust([sound, failing])
    assert await rig.holding()
    assert rig.bench.holding == "disk"
    failing.unlink()
    assert not await rig.holding()
    assert [list(folder.iterdir()) for folder in (failing, sound)] == [[], []]
    failing.rmdir()
    failing.write_text("no folder")
    assert not await rig.holding()  # it is trusted again until it fails a job


async def test_a_worker_takes_nothing_while_one_of_the_folders_of_several_failures_refuses_writes(rig):
    failing, sound = rig.places.jobs, rig.places.root / "plans"
    failing.write_text("no folder")
    rig.room.mistrust([failing])
    rig.room.mistrust([sound])  # another run met it elsewhere
    assert await rig.holding()
    failing.unlink()
    assert not await rig.holding()


async def test_nothing_is_tried_below_a_mount_that_is_gone(rig):
    rig.room.mistrust([rig.places.jobs])
    rig.disk.space = replace(rig.disk.space, present=False)
    assert await rig.holding()
    assert not rig.places.jobs.exists()
    rig.disk.space = replace(rig.disk.space, present=True)
    assert not await rig.holding()
