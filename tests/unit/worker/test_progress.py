from __future__ import annotations

import pytest

from preview_worker.contract import Stage
from preview_worker.worker.progress import ProgressTracker

pytestmark = pytest.mark.anyio


class Listener:
    """Keeps what is told, on a clock that the test moves."""

    def __init__(self):
        self.now_s = 100.0
        self.told = []
        self.tracker = ProgressTracker(self.hear, lambda: self.now_s)

    async def hear(self, progress):
        self.told.append(progress)


@pytest.fixture
def listener():
    return Listener()


async def test_progress_never_falls_and_ends_at_a_hundred_when_a_run_goes_through_its_stages(listener):
    for stage in Stage:
        listener.now_s += 1
        await listener.tracker.enter(stage)
        if stage is Stage.RENDER:
            for done in (0, 10, 25, 50):
                listener.now_s += 1
                await listener.tracker.frames(done, 50, "step-1")
    await listener.tracker.done()
    percents = [progress["percent"] for progress in listener.told]
    assert percents == sorted(percents)
    assert (percents[0], percents[-1]) == (0, 100)
    assert (listener.told[-1]["framesDone"], listener.told[-1]["framesTotal"]) == (50, 50)


async def test_the_time_left_follows_the_speed_so_far_when_frames_are_drawn(listener):
    await listener.tracker.enter(Stage.RENDER)
    listener.now_s += 3
    await listener.tracker.frames(30, 120, "step-1")
    assert listener.told[-1]["etaMs"] == 9000
    assert listener.told[-1]["percent"] == 29


async def test_frames_are_told_four_times_a_second_at_most(listener):
    await listener.tracker.enter(Stage.RENDER)
    told_before = len(listener.told)
    for done in range(1, 101):
        listener.now_s += 1 / 64
        await listener.tracker.frames(done, 100, None)
    assert len(listener.told) - told_before == 6


async def test_early_files_are_told_at_once_and_stay_when_they_are_there(listener):
    await listener.tracker.enter(Stage.RENDER)
    await listener.tracker.early("poster", "/poster.jpg")
    assert listener.told[-1]["live"] == {"poster": "/poster.jpg"}
    told_before = len(listener.told)
    await listener.tracker.early("poster", "/poster.jpg")
    assert len(listener.told) == told_before
    listener.now_s += 1
    await listener.tracker.frames(1, 10, None)
    await listener.tracker.early("playlist", "/index.m3u8")
    assert listener.told[-1]["live"] == {"poster": "/poster.jpg", "playlist": "/index.m3u8"}
    assert listener.told[-1]["framesDone"] == 1


async def test_each_stage_has_its_time_when_the_next_begins(listener):
    listener.now_s += 2
    await listener.tracker.enter(Stage.PLAN)
    listener.now_s += 0.5
    await listener.tracker.enter(Stage.RENDER)
    assert listener.tracker.stages_ms() == {"assets": 2000, "plan": 500}
