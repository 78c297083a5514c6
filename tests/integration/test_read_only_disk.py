"""Row 26: what a worker does beside its jobs waits for a disk that has become read-only, and goes on afterwards."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from preview_worker.errors import StorageError
from preview_worker.observability.metrics import Metrics
from preview_worker.storage.cleaning import Cleaner
from preview_worker.storage.damages import Damages
from preview_worker.storage.disk import SystemDisk
from preview_worker.storage.janitor import Tenancy, sweep
from preview_worker.storage.places import Places
from preview_worker.storage.retention import Retention
from preview_worker.storage.scrubbing import Scrubber
from preview_worker.storage.trust import ClockTrust
from preview_worker.worker.housekeeping import keep_house
from preview_worker.worker.scrubbing import keep_scrubbing
from support.disks import PretendDisk, guard_of, mount_again, small_disk, unmount
from support.publications import publish_preview

pytestmark = pytest.mark.anyio


class EnoughError(Exception):
    """The test has seen enough."""


@pytest.fixture
def places(tmp_path):
    with small_disk(tmp_path / "disk", "size=16m") as folder:
        yield Places(folder)


@pytest.fixture
def read_only(places):
    """Makes the disk read-only, and writable again."""
    mounts = []

    def become(state):
        if state:
            mount_again(places.root, places.root, read_only=True)
            mounts.append(places.root)
        else:
            unmount(mounts.pop())

    yield become
    for folder in mounts:
        unmount(folder)


@pytest.fixture(params=["told", "untold"])
def cleaner(request, places):
    """One whose disk tells that it is read-only, and one whose disk became so since it was looked at."""
    disk = SystemDisk(places.root) if request.param == "told" else PretendDisk()
    if request.param == "told":
        disk.claim()
    return Cleaner(
        places,
        retention=Retention(preview_ms=1000, plan_ms=1000, failed_ms=1000),
        trust=ClockTrust(places.clock, 1000),
        guard=guard_of(disk, cleaning=0, admission=0, fetching=0),
        caches_bytes=1,
    )


@pytest.fixture
def dead(places):
    """The folder of an owner that was killed."""
    tenancy = Tenancy(places).__enter__()
    tenancy.abandon()
    return tenancy.work


async def test_row_26_housekeeping_waits_for_a_read_only_disk_and_goes_on(places, cleaner, dead, read_only):
    rounds = []

    async def sleep(_seconds):
        rounds.append(dead.exists())
        match len(rounds):
            case 2:
                read_only(False)
            case 3:
                raise EnoughError

    with Tenancy(places) as own:
        read_only(True)
        with capture_logs() as logs, pytest.raises(EnoughError):
            await keep_house(cleaner, Metrics(version="test"), sleep)
        assert rounds == [True, True, False]
        assert own.work.exists()
    events = [entry["event"] for entry in logs]
    assert (events.count("housekeeping-failed"), events.count("removed")) == (1, 1)
    reasons = [entry["reason"] for entry in logs if entry["event"] == "leftovers-stay"]
    assert len(reasons) == len(set(reasons))  # each is told once, not every minute
    assert all(reason.endswith("Read-only file system") for reason in reasons)


async def test_row_26_a_sweep_leaves_everything_while_the_disk_is_read_only(places, dead, read_only):
    (places.stage / dead.name).mkdir(parents=True)
    (places.stage / "unclaimed").mkdir()
    read_only(True)
    assert sweep(places) == ()
    read_only(False)
    assert set(sweep(places)) == {dead.name, "unclaimed"}


async def test_row_26_scrubbing_waits_for_a_read_only_disk(places, read_only):
    folder = publish_preview(places, job_id="moon")
    Damages(places).distrust(folder, "preview.mp4")  # which is sound: the note has to go
    read_only(True)

    async def enough(_seconds):
        raise EnoughError

    with capture_logs() as logs, pytest.raises(EnoughError):
        await keep_scrubbing(places, Metrics(version="test"), 1 << 30, enough)
    assert [(entry["event"], entry["reason"]) for entry in logs] == [
        ("scrubbing-failed", "Can't forget damage: Read-only file system.")
    ]


async def test_row_26_a_round_tells_of_damage_alone_while_the_disk_is_read_only(places, read_only):
    for name in ("damaged", "sound", "sounder"):
        publish_preview(places, job_id=name)
    (places.preview("board-games", "damaged") / "preview.mp4").write_bytes(b"x")
    read_only(True)
    looked = [(one.folder.name, one.damaged, one.fault) for one in Scrubber(places).round()]
    assert looked[0][:2] == ("damaged", ("preview.mp4",))
    assert "Read-only file system" in looked[0][2]
    assert looked[1:] == [("sound", (), None), ("sounder", (), None)]


async def test_row_26_a_round_whose_end_can_not_be_noted_says_so(places, read_only):
    looking = Scrubber(places).round()
    (places.root / "scrub.json").write_text('{"last": "previews/board-games/moon"}')
    read_only(True)
    with pytest.raises(StorageError, match="end a round"):
        next(looking)
