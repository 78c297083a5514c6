"""The end of a render process is waited for, however often and whoever is cancelled meanwhile."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from preview_worker.render.launching import Program
from preview_worker.render.process import RenderProcess
from preview_worker.render.protocol import Probe, Work
from support.queues import until

ZOO = Path(__file__).parent.parent / "zoo"

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(sys.platform == "win32", reason="process groups are POSIX's")]


class Late:
    """Launches a program whose end nobody hears of until it `may_end`."""

    def __init__(self):
        self.may_end = asyncio.Event()
        self.program = Program((sys.executable, str(ZOO / "finishes.py")))

    async def __call__(self, folder, terms, /, *, patience_s):
        launched = await self.program(folder, terms, patience_s=patience_s)

        async def ended():
            await self.may_end.wait()
            return await launched.ended()

        return replace(launched, ended=ended)


@pytest.fixture
async def launch():
    return Late()


def command():
    return Probe(work=Work(job_id="j", project_id="p", request_id="r", digest="d", request={}, sources={}))


async def run_until_cancelled(process, heard):
    """Run a command whose first event is never done with."""

    async def handle(_event):
        heard.set()
        await asyncio.Event().wait()

    await process.run(command(), handle, deadline_s=60)


async def ignored(_event):
    """Hear nothing."""


async def turns():
    """Let whoever could go on go on."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_every_caller_waits_for_the_burial_also_when_he_is_cancelled_again(tmp_path, launch):
    process, heard = RenderProcess(tmp_path / "work", launch=launch), asyncio.Event()
    await process.start()
    running = asyncio.create_task(run_until_cancelled(process, heard))
    await heard.wait()
    running.cancel()

    async def buried():
        return process.state == "stopping"

    await until(buried)
    stopping = asyncio.create_task(process.stop())
    await turns()
    running.cancel()
    await turns()
    assert [running.done(), stopping.done(), process.state] == [False, False, "stopping"]
    launch.may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await running
    await stopping
    assert process.state == "dead"
    assert not process.folder.exists()


async def test_a_process_is_dead_though_its_burial_fails_and_whoever_waits_learns_why(tmp_path, launch):
    def close():
        raise OSError("no way")

    async def unclosed(folder, terms, /, *, patience_s):
        return replace(await launch(folder, terms, patience_s=patience_s), close=close)

    launch.may_end.set()
    process = RenderProcess(tmp_path / "work", launch=unclosed)
    await process.start()
    with pytest.raises(OSError, match="no way"):
        await process.stop()
    assert process.state == "dead"
    await process.stop()


async def test_nothing_stays_of_a_process_that_has_dug_deeper_than_paths_are_long(tmp_path):
    program = Program((sys.executable, str(ZOO / "digs_deep.py")))
    async with RenderProcess(tmp_path / "work", launch=program) as process:
        await process.run(command(), ignored, deadline_s=60)
        await process.clear()
        assert list((process.folder / "out" / "files").iterdir()) == []
    assert list(tmp_path.iterdir()) == []


async def test_a_process_that_has_dug_deeper_than_paths_are_long_is_buried(tmp_path):
    program = Program((sys.executable, str(ZOO / "digs_deep.py")))
    async with RenderProcess(tmp_path / "work", launch=program) as process:
        await process.run(command(), ignored, deadline_s=60)
    assert list(tmp_path.iterdir()) == []
