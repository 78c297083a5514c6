from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from preview_worker.observability.metrics import Metrics
from preview_worker.storage.places import Places
from preview_worker.worker.scrubbing import REST_S, keep_scrubbing
from support.publications import publish_preview

pytestmark = pytest.mark.anyio


class EnoughError(Exception):
    """The test has seen enough."""


async def enough(seconds):
    assert seconds == REST_S
    raise EnoughError


async def test_row_28_a_worker_tells_of_a_damaged_file_and_then_rests_for_a_day(tmp_path):
    places, metrics = Places(tmp_path), Metrics(version="test")
    publish_preview(places, job_id="good")
    (publish_preview(places, job_id="bad") / "preview.mp4").write_bytes(b"x")
    with capture_logs() as logs, pytest.raises(EnoughError):
        await keep_scrubbing(places, metrics, 1 << 40, enough)
    assert [(entry["event"], entry["job_id"], entry["file"]) for entry in logs] == [
        ("file-damaged", "bad", "preview.mp4")
    ]
    assert "preview_worker_damaged_files_total 1.0" in metrics.exposition().decode().splitlines()


async def test_damage_that_can_not_be_noted_is_counted_and_told_of_with_what_hindered_it(tmp_path):
    places, metrics = Places(tmp_path), Metrics(version="test")
    for name in ("bad", "worse"):
        (publish_preview(places, job_id=name) / "preview.mp4").write_bytes(b"x")
    (places.root / "damaged").write_text("no folder")
    with capture_logs() as logs, pytest.raises(EnoughError):
        await keep_scrubbing(places, metrics, 1 << 40, enough)
    assert [(entry["event"], entry.get("job_id")) for entry in logs] == [
        ("file-damaged", "bad"),
        ("scrubbing-failed", None),
        ("file-damaged", "worse"),
        ("scrubbing-failed", None),
    ]
    assert [entry["reason"].partition(":")[0] for entry in logs if "reason" in entry] == [
        "Can't write bad.json",
        "Can't write worse.json",
    ]
    assert "preview_worker_damaged_files_total 2.0" in metrics.exposition().decode().splitlines()


async def test_nothing_is_looked_at_when_it_is_turned_off(tmp_path):
    (publish_preview(Places(tmp_path), job_id="bad") / "preview.mp4").write_bytes(b"x")
    with capture_logs() as logs, pytest.raises(EnoughError):
        await keep_scrubbing(Places(tmp_path), Metrics(version="test"), 0, enough)
    assert logs == []


async def test_a_slow_look_ends_at_once_when_the_worker_does(tmp_path):
    publish_preview(Places(tmp_path), job_id="moon")
    looking = asyncio.create_task(keep_scrubbing(Places(tmp_path), Metrics(version="test"), 1))
    await asyncio.to_thread(lambda: None)
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    async with asyncio.timeout(5):
        await asyncio.get_running_loop().shutdown_default_executor()
