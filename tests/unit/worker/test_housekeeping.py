"""A worker tidies up at its start and once a minute, and looks at ages once an hour."""

from __future__ import annotations

import os

import pytest
from structlog.testing import capture_logs

from preview_worker.observability.metrics import Metrics
from preview_worker.storage.cleaning import Cleaner
from preview_worker.storage.live import KEPT_AFTER_END_S, LiveFolder
from preview_worker.storage.places import Places
from preview_worker.storage.retention import Retention
from preview_worker.storage.trust import ClockTrust
from preview_worker.worker.housekeeping import EVERY_S, MOST_TOLD, ROUNDS, keep_house
from support.disks import PretendDisk, guard_of
from support.publications import publish_preview

pytestmark = pytest.mark.anyio


class EnoughError(Exception):
    """The test has seen enough."""


@pytest.fixture
def places(tmp_path):
    return Places(tmp_path)


@pytest.fixture
def cleaner(places):
    retention = Retention(preview_ms=1000, plan_ms=1000, failed_ms=1000)
    trust = ClockTrust(places.clock, 1000)
    trust.confirm()
    guard = guard_of(PretendDisk())
    return Cleaner(places, retention=retention, trust=trust, guard=guard, caches_bytes=1)


async def test_early_files_are_swept_at_the_start_and_then_once_a_minute(places, cleaner):
    waits = []

    def ended(job, seconds_ago):
        folder = LiveFolder(places.live("games", job), 1)
        folder.open()
        folder.close()
        (mark,) = places.live("games", job).rglob(".ended")
        at_s = mark.stat().st_mtime - seconds_ago
        os.utime(mark, (at_s, at_s))

    async def sleep(seconds):
        waits.append(seconds)
        assert not (places.live_root / "games").exists()
        if len(waits) == 2:
            raise EnoughError
        ended("later", KEPT_AFTER_END_S + 60)

    ended("early", KEPT_AFTER_END_S + 60)
    with pytest.raises(EnoughError):
        await keep_house(cleaner, Metrics(version="test"), sleep)
    assert waits == [EVERY_S, EVERY_S]


async def test_ages_are_looked_at_at_the_start_and_once_an_hour_and_what_goes_is_told(places, cleaner):
    metrics, gone_after = Metrics(version="test"), []
    round_number = 0

    def old(job_id):
        folder = publish_preview(places, job_id=job_id)
        os.utime(folder / "container.json", (1, 1))

    async def sleep(_seconds):
        nonlocal round_number
        round_number += 1
        if not places.preview("board-games", "moon").exists():
            gone_after.append(round_number)
            if len(gone_after) == 2:
                raise EnoughError
            old("moon")

    old("moon")
    with capture_logs() as logs, pytest.raises(EnoughError):
        await keep_house(cleaner, metrics, sleep)
    assert gone_after == [1, ROUNDS + 1]
    told = [entry for entry in logs if entry["event"] == "removed"]
    assert [(entry["kind"], entry["path"].endswith("moon")) for entry in told] == [("preview", True)] * 2
    assert 'preview_worker_removed_total{kind="preview"} 2.0' in metrics.exposition().decode().splitlines()


async def test_what_a_run_had_to_leave_is_told_of_once_and_by_name_as_far_as_a_reader_gets(places, cleaner):
    for number in range(MOST_TOLD + 5):
        (places.trash / f"{number:02}").parent.mkdir(exist_ok=True)
        (places.trash / f"{number:02}").touch()  # of somebody else's: nothing of ours is a file
    waits = []

    async def sleep(_seconds):
        waits.append(1)
        if len(waits) == 2:
            raise EnoughError

    with capture_logs() as logs, pytest.raises(EnoughError):
        await keep_house(cleaner, Metrics(version="test"), sleep)
    reasons = [entry["reason"] for entry in logs if entry["event"] == "leftovers-stay"]
    assert [reason.partition(":")[0] for reason in reasons] == [
        *(f"trash/{number:02}" for number in range(MOST_TOLD)),
        "and 5 others",
    ]
