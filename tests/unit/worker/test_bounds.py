"""How long a run may take, and on how many cores."""

from __future__ import annotations

import asyncio

import pytest

from preview_worker.errors import RenderStuckError
from preview_worker.worker.bounds import RunDeadline, deadline_of, threads_for


@pytest.mark.parametrize(
    ("estimate_ms", "deadline_s"), [(0, 60), (6_000, 60), (6_001, 60.01), (30_000, 300), (60_000, 600), (600_000, 600)]
)
def test_a_run_may_take_ten_times_its_estimate_at_least_a_minute_and_at_most_the_timeout(estimate_ms, deadline_s):
    assert deadline_of(estimate_ms, 600) == pytest.approx(deadline_s)


def test_the_timeout_counts_when_it_is_less_than_a_minute():
    assert deadline_of(0, 10) == 10


@pytest.mark.parametrize(("running", "cores", "threads"), [(0, 4, 4), (1, 4, 4), (2, 4, 2), (3, 4, 1), (9, 4, 1)])
def test_running_jobs_share_the_cores(running, cores, threads):
    assert threads_for(lambda: running, cores) == threads


@pytest.mark.anyio
async def test_a_part_of_a_run_is_cancelled_at_the_deadline_of_the_whole():
    deadline = RunDeadline(0.05)
    async with deadline.kept():
        pass
    with pytest.raises(RenderStuckError, match=r"within 0\.05 s"):
        async with deadline.kept():
            await asyncio.Event().wait()


@pytest.mark.anyio
async def test_another_timeout_within_a_run_is_no_missed_deadline():
    with pytest.raises(TimeoutError):
        async with RunDeadline(60).kept():
            raise TimeoutError
