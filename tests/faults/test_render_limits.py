"""Rows 9 to 11 of the fault matrix: render processes that hang, or take more than they may, again and again."""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
import time
from pathlib import Path

import pytest

from preview_worker.errors import RenderStuckError, ResourceLimitError
from preview_worker.render.launching import Program
from preview_worker.render.lifecycle import ProcessLimits, SandboxTerms
from preview_worker.render.process import RenderProcess
from preview_worker.render.protocol import LogLine, Probe, Work
from support.processes import gone
from support.queues import until

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")]

ZOO = Path(__file__).parent.parent / "zoo"
WORK = Work(job_id="j", project_id="p", request_id="r", digest="d", request={"steps": []}, sources={})
AT_ONCE = 4
DEADLINE_S, LATE_S = 0.5, 6
MIB = 1 << 20
FILE_BYTES = 10 * MIB
CALM_WITHIN_S = 5


def process_of(folder, *words, limits, terms=None):
    return RenderProcess(
        folder, limits=limits, terms=terms, launch=Program((sys.executable, str(ZOO / words[0]), *words[1:]))
    )


async def ignore(_event):
    """Take events as they come."""


def resident_bytes():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def each(times, run):
    """Run it so often, some at once; returns what each gave."""
    free = asyncio.Semaphore(AT_ONCE)

    async def one(number):
        async with free:
            return await run(number)

    return await asyncio.gather(*(one(number) for number in range(times)))


@pytest.mark.parametrize("times", [1, pytest.param(100, marks=pytest.mark.full)])
async def test_row_09_a_render_process_that_hangs_and_ignores_signals_is_killed_at_its_deadline(tmp_path, times):
    async def hang(number):
        forked = []

        async def note(event):
            if isinstance(event, LogLine):
                forked.append(event.values["pid"])

        async with process_of(tmp_path / f"{number}", "ignores_termination.py", limits=ProcessLimits()) as process:
            began_s = time.monotonic()
            with pytest.raises(RenderStuckError):
                await process.run(Probe(work=WORK), note, deadline_s=DEADLINE_S)
            late_s = time.monotonic() - began_s - DEADLINE_S
        assert len(forked) == 1
        await until(lambda: nothing_lives([process.pid, *forked]), deadline_s=LATE_S)
        return late_s

    lateness_s = await each(times, hang)
    assert len(lateness_s) == times
    assert max(lateness_s) <= LATE_S
    assert not list(tmp_path.iterdir())


async def nothing_lives(pids):
    return all(gone(pid) for pid in pids)


@pytest.mark.parametrize("times", [1, pytest.param(50, marks=pytest.mark.full)])
async def test_row_10_a_render_process_that_takes_too_much_memory_costs_its_worker_none(tmp_path, times):
    numbers = itertools.count()
    limits = ProcessLimits(memory_bytes=150_000_000, watch_s=0.02)

    async def eat():
        async with process_of(tmp_path / f"{next(numbers)}", "eats_memory.py", limits=limits) as process:
            with pytest.raises(ResourceLimitError, match="150 MB") as caught:
                await process.run(Probe(work=WORK), ignore, deadline_s=60)
        assert not caught.value.retryable
        assert gone(process.pid)

    await eat()  # what the first one loads, stays
    before = resident_bytes()
    for _ in range(times):
        await eat()
    assert resident_bytes() - before < 20 * MIB
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("how", ["files", "bytes", "processes"])
@pytest.mark.parametrize("times", [1, pytest.param(20, marks=pytest.mark.full)])
async def test_row_11_limits_bite_and_nothing_is_left_of_what_ran_into_them(tmp_path, how, times):
    for number in range(times):
        stopped_by = []

        async def note(event, stopped_by=stopped_by):
            if isinstance(event, LogLine):
                stopped_by.append(event.values["by"])

        folder, terms = tmp_path / f"{number}", SandboxTerms(wanted="full", file_bytes=FILE_BYTES)
        limits = ProcessLimits(watch_s=0.02)
        async with process_of(folder, "exceeds_limits.py", how, limits=limits, terms=terms) as process:
            if how == "processes":
                with pytest.raises(ResourceLimitError, match="16 are allowed"):
                    await process.run(Probe(work=WORK), note, deadline_s=60)
            else:
                await process.run(Probe(work=WORK), note, deadline_s=60)
            if how == "bytes":
                assert (folder / "out" / "files" / "large").stat().st_size == FILE_BYTES
        assert stopped_by == {"files": ["EMFILE"], "bytes": ["EFBIG"], "processes": []}[how]
        await until(lambda pid=process.pid: asyncio.to_thread(nothing_of_group, pid), deadline_s=CALM_WITHIN_S)
    assert not list(tmp_path.iterdir())


def nothing_of_group(group):
    """Whether no process of a group lives: one that nobody has waited for yet doesn't."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            state, _, of_group = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(of_group) == group and state != "Z":
            return False
    return True
