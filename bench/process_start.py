"""What a render process costs to start: as a program of its own, and forked from a server that has imported everything.

In rounds of one each, since the machine's speed moves; from the request to the process's hello.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from scenarios import Row

from preview_worker.render.fork_server import ForkServer
from preview_worker.render.launching import Launch, Program
from preview_worker.render.process import RenderProcess

ROUNDS = 12


class Start(NamedTuple):
    """One start: wall time, processor time, and memory of its own (proportional set size) once it waits."""

    wall_ms: float
    processor_ms: float
    memory_bytes: int


def start_rows(root: Path) -> Iterator[Row]:
    """Both ways."""
    programs, forks = asyncio.run(_rounds(root / "starts"))
    yield _row("a render process, as a program of its own", programs)
    yield _row("a render process, forked", forks)


async def _rounds(root: Path) -> tuple[list[Start], list[Start]]:
    programs, forks = [], []
    with ForkServer() as server:
        async with RenderProcess(root / "first", launch=server):  # now the server has imported everything
            for number in range(ROUNDS):
                programs.append(await _start(root / f"program-{number}", Program()))
                forks.append(await _start(root / f"fork-{number}", server))
    return programs, forks


async def _start(folder: Path, launch: Launch) -> Start:
    began_s = time.monotonic()
    async with RenderProcess(folder, launch=launch) as process:
        wall_ms = (time.monotonic() - began_s) * 1000
        return Start(wall_ms, _processor_ms(process.pid or 0), _own_bytes(process.pid or 0))


def _processor_ms(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def _own_bytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def _row(label: str, starts: list[Start]) -> Row:
    processor, memory = (statistics.median(start[field] for start in starts) for field in (1, 2))
    return Row(
        label=label,
        wall_ms=statistics.median(start.wall_ms for start in starts),
        remark=f"{processor:.0f} ms of a core, {memory / 1e6:.0f} MB of its own; median of {ROUNDS}",
    )
