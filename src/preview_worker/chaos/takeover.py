"""How long a job waits when its worker is killed in the middle of its render, with the product's own intervals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from preview_worker.chaos.arena import Terms
from preview_worker.chaos.armed import Deed
from preview_worker.chaos.history import TRACE, Line, lines
from preview_worker.chaos.kill_loop import Run
from preview_worker.chaos.points import killed_at
from preview_worker.faults import FaultPoint

LOCK_S: Final = 15.0
AGAIN_WITHIN_S: Final = 25.0
"""What is promised, at the 99th percentile."""
TERMS: Final = Terms(slots=4, concurrency=1, lock_s=LOCK_S, queue_max=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Takeovers:
    """From each death to the next start of its job, in s, the shortest first."""

    run: Run
    waits_s: list[float]

    @property
    def p99_s(self) -> float:
        """The 99th percentile: of fewer than a hundred the longest."""
        return self.waits_s[-1 - len(self.waits_s) // 100] if self.waits_s else 0.0


async def take_over(folder: Path, *, seed: int, times: int) -> Takeovers:
    """Kill so many workers in the middle of a render."""
    run = await killed_at(folder, [FaultPoint.DRAWING] * times, seed=seed, terms=TERMS)
    return Takeovers(run=run, waits_s=waits_of(lines(folder / TRACE)))


def waits_of(trace: Iterable[Line]) -> list[float]:
    """From each death at a fault point to the next start of its job, in s, the shortest first."""
    died, waits = dict[str, float](), list[float]()
    for line in trace:
        if line.event == f"self-{Deed.KILL}":
            died[line.job_id] = line.at_s
        elif line.event == FaultPoint.TAKEN and line.job_id in died:
            waits.append(line.at_s - died.pop(line.job_id))
    return sorted(waits)
