"""Months of a worker's tidying up in seconds, with clocks that are wrong: nothing may go before its time."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Final

from preview_worker.chaos.simulation.link import EPOCH_MS
from preview_worker.chaos.simulation.worker import roomy_guard
from preview_worker.contract.container import Build
from preview_worker.storage.cleaning import Cleaner
from preview_worker.storage.jobs import JobFile, JobFiles
from preview_worker.storage.places import Places
from preview_worker.storage.publish import MANIFEST, keep, manifest_of, new_stage, publish, write_manifest
from preview_worker.storage.retention import Retention
from preview_worker.storage.trust import ClockTrust, Reading

HOUR_MS: Final = 3_600_000
KEPT_MS: Final = 7 * 24 * HOUR_MS
SLEWED_RATIO: Final = 0.01
"""So much earlier things may go: clocks that are slewed are believed."""
_STEPS_MS: Final = tuple(sign * hours * HOUR_MS for sign in (-1, 1) for hours in (1, 24, 24 * 30, 24 * 365))
_FINAL: Final = "plans"

MakeTrust = Callable[[Path, int, Callable[[], Reading]], ClockTrust]


class _Machine:
    """A machine whose clock may be anything; what really passed is known here alone."""

    def __init__(self) -> None:
        self.true_ms = 0
        self.offset_ms = 0
        self.booted_ms = 0
        self.boot = 0

    def read(self) -> Reading:
        return Reading(wall_ms=self.wall_ms, up_ms=self.true_ms - self.booted_ms, boot=str(self.boot))

    @property
    def wall_ms(self) -> int:
        return EPOCH_MS + self.true_ms + self.offset_ms


def simulate_retention(
    seed: int, root: Path, *, days: int = 60, trust: MakeTrust = ClockTrust
) -> tuple[int, list[str]]:
    """Publish, tidy up and set clocks for so many days; blocking.

    Args:
        seed: When what happens is drawn from it.
        root: DATA_DIR, empty.
        days: How long.
        trust: Decides whether the clock is believed.

    Returns:
        How many previews went, and sentences about those that went too early.
    """
    chance = random.Random(seed)  # noqa: S311 - replayed on purpose
    machine, places = _Machine(), Places(root)
    cleaner = Cleaner(
        places,
        retention=Retention(preview_ms=KEPT_MS, plan_ms=KEPT_MS, failed_ms=KEPT_MS, keeps="none"),
        trust=trust(places.clock, KEPT_MS, machine.read),
        guard=roomy_guard(places),
        caches_bytes=1 << 30,
    )
    standing: dict[str, int] = {}
    gone, early = 0, []
    for number in range(days * 4):
        machine.true_ms += 6 * HOUR_MS
        _befall(machine, chance)
        if chance.random() < 0.2:  # noqa: PLR2004 - about one a day
            standing[_published(places, f"job-{number}", machine.wall_ms)] = machine.true_ms
        cleaner.retain()
        for job_id in [job_id for job_id in standing if not (root / _FINAL / "project" / job_id).is_dir()]:
            age_ms = machine.true_ms - standing.pop(job_id)
            gone += 1
            if age_ms < KEPT_MS * (1 - SLEWED_RATIO):
                early.append(f"{job_id} went after {age_ms / HOUR_MS:.0f} h of {KEPT_MS / HOUR_MS:.0f}")
    return gone, early


def _befall(machine: _Machine, chance: random.Random) -> None:
    drawn = chance.random()
    if drawn < 0.02:  # noqa: PLR2004 - a step every fortnight
        machine.offset_ms += chance.choice(_STEPS_MS)
    elif drawn < 0.04:  # noqa: PLR2004 - and a start as often
        machine.boot += 1
        machine.true_ms += chance.randrange(HOUR_MS)
        machine.booted_ms = machine.true_ms


def _published(places: Places, job_id: str, wall_ms: int) -> str:
    """A plan as a worker leaves it, its files as old as the machine's clock has it."""
    stage = new_stage(places.stage, job_id, 1)
    names = {"job_id": job_id, "project_id": "project", "digest": "0" * 64}
    write_manifest(stage, manifest_of(kind="plan", **names, build=Build(version="simulated"), files=()))
    final = places.plan("project", job_id)
    publish(stage, final)
    keep(final)
    JobFiles(places.jobs).write(
        JobFile(**names, dry_run=True, state="completed", finished_at_ms=wall_ms, expires_at_ms=wall_ms + KEPT_MS)
    )
    for path in (final / MANIFEST, final, places.jobs / f"{job_id}.json"):
        os.utime(path, ns=(wall_ms * 10**6, wall_ms * 10**6))
    return job_id
