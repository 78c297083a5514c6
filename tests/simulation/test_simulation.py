"""Whole workers in the simulation: no promise is broken, and a seed tells the same story every time."""

from __future__ import annotations

import os
from dataclasses import asdict

import pytest
import structlog

from preview_worker.chaos.simulation.run import simulate

JOBS = 50
EACH = 1000
FULL_JOBS = int(os.environ.get("SIMULATION_JOBS", "100000"))
FIRST_SEED = int(os.environ.get("SIMULATION_SEED", "1"))


def test_no_promise_is_broken_and_no_job_lost_among_faults():
    simulated = simulate(11, JOBS, pause_s=0.3)
    assert simulated.violations == ()
    assert simulated.jobs == simulated.counts["ended"] == JOBS
    assert simulated.counts["died"]
    assert simulated.counts["fault"]


def test_a_seed_has_one_history_and_another_seed_another():
    first, again, other = (simulate(seed, 20) for seed in (3, 3, 4))
    assert first == again
    assert first.sha256 != other.sha256


def test_logging_is_as_it_was_after_a_simulation():
    before = structlog.get_config()
    simulate(1, 1, faults=False)
    assert structlog.get_config() == before


def test_nothing_is_done_twice_when_nothing_goes_wrong():
    counts = simulate(1, 20, faults=False).counts
    assert counts["published"] == counts["fenced"] == counts["committed"] == counts["staged"]


@pytest.mark.full
@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + max(1, FULL_JOBS // EACH)))
def test_no_promise_is_broken_in_a_thousand_jobs(seed, record_property):
    simulated = simulate(seed, EACH)
    record_property("jobs", asdict(simulated))
    assert simulated.violations == ()
    assert simulated.jobs == EACH
