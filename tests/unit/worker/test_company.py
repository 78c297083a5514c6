"""Runs beside each other and alone: who waits for whom, and that nobody waits for ever."""

from __future__ import annotations

import asyncio

import pytest

from preview_worker.errors import SuspectError
from preview_worker.worker.company import Company

pytestmark = pytest.mark.anyio


class Deaths:
    """Casualties whose counts a test decides."""

    def __init__(self, in_a_row):
        self._in_a_row = in_a_row

    async def deaths_in_a_row(self, _job_id, stalls):
        return min(stalls, self._in_a_row)


class Scene:
    """Runs that end when they are told to; `log` says what began and ended."""

    def __init__(self):
        self.company = Company(Deaths(99))
        self.log = []
        self._ends = {}

    def begin(self, name, stalls=0):
        self._ends[name] = asyncio.Event()

        async def run():
            async with self.company.join(name, stalls) as alone:
                self.log.append(f"{name} alone" if alone else name)
                await self._ends[name].wait()
            self.log.append(f"{name} ends")

        return asyncio.create_task(run())

    async def end(self, name, task):
        self._ends[name].set()
        await task

    async def settle(self):
        for _ in range(20):
            await asyncio.sleep(0)


@pytest.fixture
def scene():
    return Scene()


async def test_runs_go_on_beside_each_other(scene):
    first, second = scene.begin("first"), scene.begin("second", stalls=2)
    await scene.settle()
    assert scene.log == ["first", "second"]
    await scene.end("second", second)
    await scene.end("first", first)


async def test_a_job_that_took_three_workers_waits_to_be_alone_and_keeps_others_out(scene):
    first, lonely = scene.begin("first"), scene.begin("lonely", stalls=3)
    await scene.settle()
    later = scene.begin("later")
    await scene.settle()
    assert scene.log == ["first"]
    await scene.end("first", first)
    await scene.settle()
    assert scene.log == ["first", "first ends", "lonely alone"]
    await scene.end("lonely", lonely)
    await scene.settle()
    assert scene.log[-2:] == ["lonely ends", "later"]
    await scene.end("later", later)


async def test_two_lonely_jobs_run_one_after_the_other(scene):
    first, second = scene.begin("first", stalls=5), scene.begin("second", stalls=9)
    await scene.settle()
    assert scene.log == ["first alone"]
    await scene.end("first", first)
    await scene.settle()
    assert scene.log[-1] == "second alone"
    await scene.end("second", second)


async def test_others_go_on_when_a_job_is_cancelled_while_it_waits_to_be_alone(scene):
    first, lonely = scene.begin("first"), scene.begin("lonely", stalls=3)
    await scene.settle()
    later = scene.begin("later")
    lonely.cancel()
    await asyncio.wait({lonely})
    await scene.settle()
    assert scene.log == ["first", "later"]
    await scene.end("later", later)
    await scene.end("first", first)


async def test_a_job_is_suspect_when_it_took_ten_workers_in_a_row(scene):
    with pytest.raises(SuspectError, match="10 workers"):
        await scene.begin("suspect", stalls=10)


async def test_deaths_between_which_a_run_ended_well_are_not_in_a_row():
    async with Company(Deaths(2)).join("job", 12) as alone:
        assert alone is False
