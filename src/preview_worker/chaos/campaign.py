"""A campaign: the scenarios at a scale, each in a folder of its own, and what the report says of them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from preview_worker.chaos.arena import Terms
from preview_worker.chaos.invariants import RULES
from preview_worker.chaos.kill_loop import Load, Run, kill_loop
from preview_worker.chaos.nemesis import Faults
from preview_worker.chaos.points import at_every_point
from preview_worker.chaos.report import Section
from preview_worker.chaos.rolling import LATE_S, roll
from preview_worker.chaos.rolling import TERMS as ROLLING
from preview_worker.chaos.takeover import AGAIN_WITHIN_S, LOCK_S, take_over
from preview_worker.faults import FaultPoint

KILL_LOOP: Final = Terms(slots=3, concurrency=2, lock_s=3.0)
SHOWN_VIOLATIONS: Final = 20


class Scenario(StrEnum):
    """What can be run."""

    KILLS = "kills"
    POINTS = "points"
    RESTARTS = "restarts"
    TAKEOVERS = "takeovers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much of the full tier is run: 1 is all of it, every number at least 1.

    Attributes:
        share: Of everything.
        faults_share: Of the kill loop's faults, where there shall be more or fewer for each job; None: as of all.
    """

    share: float
    faults_share: float | None = None

    def of(self, count: int) -> int:
        """The share of a number."""
        return max(1, round(count * self.share))

    def of_faults(self, count: int) -> int:
        """The share of a number of faults."""
        return max(1, round(count * (self.faults_share or self.share)))

    @property
    def words(self) -> str:
        """How the report calls it."""
        apart = "" if self.faults_share is None else f", the faults at {self.faults_share:g} of it"
        return f"At the scale {self.share:g} of the full tier{apart}."

    @property
    def load(self) -> Load:
        """The jobs of a kill loop."""
        return Load(jobs=self.of(10_000), renders=self.of(2_000))

    @property
    def faults(self) -> Faults:
        """The faults of a kill loop."""
        return Faults(
            kills=self.of_faults(200),
            stops=self.of_faults(20),
            servers=self.of_faults(20),
            point_kills=self.of_faults(20),
            point_stops=self.of_faults(5),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """What to run.

    Args:
        scale: How much of it.
        seeds: Of the kill loop; the other scenarios take the first.
        keep: Where the runs' folders stay; None: they go.
    """

    scale: Scale
    seeds: Sequence[int]
    keep: Path | None = None

    async def section(self, scenario: Scenario, *, naive: bool = False) -> Section:
        """Run a scenario and tell what came out.

        Args:
            scenario: Which.
            naive: Whether the naive design runs beside; the kill loop alone has it.
        """
        match scenario:
            case Scenario.KILLS:
                return await self._kills(naive=naive)
            case Scenario.POINTS:
                return await self._points()
            case Scenario.RESTARTS:
                return await self._restarts()
            case Scenario.TAKEOVERS:
                return await self._takeovers()

    async def _kills(self, *, naive: bool) -> Section:
        runs = []
        for seed in self.seeds:
            with self._folder(f"kills-{seed}") as folder:
                runs.append(
                    await kill_loop(folder, seed=seed, load=self.scale.load, faults=self.scale.faults, terms=KILL_LOOP)
                )
        columns = {f"seed {run.seed}": run for run in runs}
        if naive:
            with self._folder("naive") as folder:
                columns["naive design"] = await kill_loop(
                    folder,
                    seed=self.seeds[0],
                    load=self.scale.load,
                    faults=self.scale.faults.without_points(),
                    terms=KILL_LOOP,
                    naive=True,
                )
        return Section(
            title="Kills, stops and a dying server",
            text=f"{KILL_LOOP.slots} workers with {KILL_LOOP.concurrency} jobs each, locks of {KILL_LOOP.lock_s:g} s. "
            + self.scale.words,
            head=["", *columns],
            rows=_compared(list(columns.values())),
            failures=[line for run in runs for line in broken(run)],
        )

    async def _points(self) -> Section:
        times = self.scale.of(50)
        with self._folder("points") as folder:
            run = await at_every_point(folder, seed=self.seeds[0], times=times)
        points = run.verdict.evidence.points
        few = [point for point in FaultPoint if points.get(point, 0) < times]
        return Section(
            title="A death at every point of a job's life",
            text=f"Workers that kill themselves at a named point, {times} times at each. "
            f"{len(run.verdict.evidence.jobs)} jobs, of which every other is rendered; {run.took_s:.0f} s.",
            head=["point", "deaths"],
            rows=[
                *([point.value, str(points.get(point, 0))] for point in FaultPoint),
                ["violations", str(len(run.verdict.violations))],
            ],
            failures=[*broken(run), *(f"{point}: {points.get(point, 0)} of {times}" for point in few)],
        )

    async def _restarts(self) -> Section:
        with self._folder("restarts") as folder:
            restarts = await roll(folder, seed=self.seeds[0], times=self.scale.of(100))
        bound_s = ROLLING.drain_s + LATE_S
        longest_s = restarts.exits_s[-1]
        late = [f"an exit took {longest_s:.1f} s, more than {bound_s:g}"] if longest_s > bound_s else []
        failed = [f"exit statuses {restarts.statuses}"] if restarts.statuses else []
        stalled = [f"{restarts.stalled} stalled jobs"] if restarts.stalled else []
        return Section(
            title="Rolling restarts under load",
            text=f"{ROLLING.slots} workers, asked to end in turn while they run jobs; "
            f"PREVIEW_DRAIN_S={ROLLING.drain_s}.",
            head=["", ""],
            rows=[
                ["restarts", str(len(restarts.exits_s))],
                ["jobs", str(len(restarts.run.verdict.evidence.jobs))],
                [
                    "from SIGTERM to the end, median and longest",
                    f"{_median(restarts.exits_s):.2f} s, {longest_s:.2f} s",
                ],
                ["exit statuses other than 0", str(len(restarts.statuses))],
                ["jobs handed back", str(restarts.handed_back)],
                ["stalled", str(restarts.stalled)],
                *_rules(restarts.run),
            ],
            failures=[*broken(restarts.run), *late, *failed, *stalled],
        )

    async def _takeovers(self) -> Section:
        times = self.scale.of(100)
        with self._folder("takeovers") as folder:
            found = await take_over(folder, seed=self.seeds[0], times=times)
        few = [f"{len(found.waits_s)} of {times} jobs ran again"] if len(found.waits_s) < times else []
        slow = [f"p99 is {found.p99_s:.1f} s"] if found.p99_s > AGAIN_WITHIN_S else []
        return Section(
            title="From a worker's death in the middle of a render to the job's next start",
            text=f"With the product's own intervals: locks of {LOCK_S:g} s. Promised: {AGAIN_WITHIN_S:g} s (p99).",
            head=["", ""],
            rows=[
                ["deaths", str(len(found.waits_s))],
                ["median", f"{_median(found.waits_s):.1f} s"],
                ["p99", f"{found.p99_s:.1f} s"],
                *_rules(found.run),
            ],
            failures=[*broken(found.run), *few, *slow],
        )

    @contextmanager
    def _folder(self, name: str) -> Iterator[Path]:
        """A folder with a short path: that of a socket is limited."""
        if self.keep is not None:
            folder = self.keep / name
            folder.mkdir(parents=True)
            yield folder
            return
        with tempfile.TemporaryDirectory(prefix="pvw-") as made:
            yield Path(made)


def broken(run: Run) -> list[str]:
    """The first violations of a run, a line each."""
    found = [
        f"{violation.rule}: {violation.subject} {violation.detail}".strip() for violation in run.verdict.violations
    ]
    return found[:SHOWN_VIOLATIONS]


def _rules(run: Run) -> list[list[str]]:
    return [[rule, str(run.verdict.by_rule[rule])] for rule in RULES]


def _compared(runs: Sequence[Run]) -> list[list[str]]:
    """A row for each number, a column for each run."""
    rows = [
        ["jobs acknowledged", *(str(len(run.verdict.evidence.jobs)) for run in runs)],
        ["completed", *(str(run.verdict.completed) for run in runs)],
        ["began more than once", *(str(run.verdict.run_again) for run in runs)],
        ["seconds", *(f"{run.took_s:.0f}" for run in runs)],
    ]
    happened = {
        "workers killed": ("kill", "point-kill", "point-stop"),
        "workers stopped past their locks": ("stop",),
        "server killed": ("server-killed",),
    }
    for what, events in happened.items():
        rows.append([what, *(str(sum(run.verdict.evidence.happened.get(name, 0) for name in events)) for run in runs)])
    rows.append(["died or stopped at a named point", *(str(sum(run.verdict.evidence.points.values())) for run in runs)])
    return rows + [[f"**{rule}**", *(str(run.verdict.by_rule[rule]) for run in runs)] for rule in RULES]


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2] if values else 0.0
