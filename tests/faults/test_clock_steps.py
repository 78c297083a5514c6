"""Row 30 of the fault matrix: the wall clocks of workers and server step while jobs run."""

from __future__ import annotations

import asyncio
import random
import struct
import sys
from pathlib import Path

import pytest

from preview_worker.chaos.arena import Terms, opened
from preview_worker.chaos.generator import generate, mixed
from preview_worker.chaos.kill_loop import closing_verdict, watched
from preview_worker.chaos.nemesis import until_ended
from preview_worker.state.valkey_binary import find_server_binary
from support.preload import compiled
from support.processes import short_folder

pytestmark = [pytest.mark.anyio, pytest.mark.full]

JOBS, RENDERS, STEPS = 60, 15, 17
HOUR_S, SECONDS_S = 3600, 5
WORKER, SERVER = Path(sys.executable).name, Path(find_server_binary()).name


class Clocks:
    """How wrong the clocks of programs are, in s."""

    def __init__(self, folder, programs):
        self._files = [folder / program for program in programs]
        self.step(0)

    def step(self, offset_s):
        for path in self._files:
            with path.open("r+b" if path.exists() else "wb") as file:  # the same file: it is mapped
                file.write(struct.pack("q", offset_s))


@pytest.mark.parametrize("step_s", [HOUR_S, SECONDS_S])
@pytest.mark.parametrize("programs", [[WORKER], [SERVER], [WORKER, SERVER]], ids=["worker", "server", "both"])
async def test_row_30_no_job_is_lost_or_published_twice_when_clocks_step(tmp_path, monkeypatch, programs, step_s):
    monkeypatch.setenv("LD_PRELOAD", str(compiled("stepping_clock", tmp_path)))
    monkeypatch.setenv("CLOCK_OFFSETS", str(tmp_path))
    clocks, dice, offset_s = Clocks(tmp_path, programs), random.Random(30), 0
    with short_folder() as folder:
        async with opened(folder, Terms(slots=2, lock_s=3.0)) as arena, watched(arena):
            async with asyncio.TaskGroup() as group:
                group.create_task(generate(mixed(JOBS, RENDERS), arena.intake, arena.history))
                for number in range(1, STEPS + 1):
                    assert await until_ended(arena, JOBS * number // (STEPS + 1))
                    offset_s = dice.choice([wrong for wrong in (-step_s, 0, step_s) if wrong != offset_s])
                    clocks.step(offset_s)
                    arena.history.add("clocks-stepped", offset_s=offset_s)
            assert await until_ended(arena, JOBS)
            verdict = await closing_verdict(arena)
    assert verdict.evidence.happened["clocks-stepped"] == STEPS
    assert verdict.violations == []
    assert (len(verdict.evidence.jobs), verdict.completed) == (JOBS, JOBS)
