"""Whether a worker holds, and what it says of it."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from preview_worker.observability.metrics import Metrics
from preview_worker.worker.heartbeat import Bench
from preview_worker.worker.holding import Hindrance, Holding

pytestmark = pytest.mark.anyio


class Check:
    def __init__(self):
        self.found = None

    async def __call__(self):
        return self.found


async def test_each_change_of_what_is_in_the_way_is_told_once():
    disk, starts, bench, metrics = Check(), Check(), Bench(), Metrics(version="test")
    holding = Holding({"disk": disk, "render-start": starts}, bench, metrics)
    told = []
    with capture_logs() as logs:
        for first, second in ((0, 0), (0, 1), (0, 1), (1, 1), (0, 1), (0, 0), (0, 0)):
            disk.found = Hindrance(sentence="The disk is full.", remedy="Make room.") if first else None
            starts.found = Hindrance(sentence="Nothing starts.", remedy="Look.") if second else None
            told.append((await holding(), bench.holding))
    waits = (True, "render-start")
    assert told == [(False, ""), waits, waits, (True, "disk"), waits, (False, ""), (False, "")]
    assert [(entry["event"], entry.get("holding")) for entry in logs] == [
        ("worker-holds", "render-start"),
        ("worker-holds", "disk"),
        ("worker-holds", "render-start"),
        ("worker-takes-jobs-again", None),
    ]
    assert "preview_worker_holding 0.0" in metrics.exposition().decode().splitlines()


async def test_a_worker_rests_before_it_takes_the_job_again_that_something_was_in_the_way_of():
    bench, now_s = Bench(rests_until_s=11.0), 10.0
    holding = Holding({}, bench, Metrics(version="test"), clock=lambda: now_s)
    assert await holding()
    now_s = 11.0
    assert not await holding()
    assert bench.holding == ""
