"""The commit and fencing protocol under every order of steps that Hypothesis can think of.

Real are the Lua of records, fence and commit, the publisher and the storage below it; the clock, the server and the
disk's power are simulated. What must hold is said in `Watcher` and `CommitRig`: one publication of a job, decided
before by the newest run that holds the lock, whole and synced before anybody hears of it, and none after a cancel that
was in time.
"""

from __future__ import annotations

import os

import pytest

from support.commit_machine import USUAL_STEPS, CommitMachine, run_machine
from support.commit_rig import where_it_is_cancelled, where_it_stops_past_the_lock, where_power_is_cut

QUICK_RUNS = 25
EACH = 250
FIRST_SEED = int(os.environ.get("SIMULATION_SEED", "1"))
FULL_RUNS = int(os.environ.get("SIMULATION_RUNS", "5000"))


def test_every_promise_holds_wherever_the_power_is_cut():
    assert [breaches for breaches in where_power_is_cut() if breaches] == []


def test_every_promise_holds_whenever_somebody_cancels():
    assert [breaches for breaches in where_it_is_cancelled() if breaches] == []


def test_every_promise_holds_wherever_a_run_stops_past_its_lock():
    assert [breaches for breaches in where_it_stops_past_the_lock() if breaches] == []


def test_every_promise_of_the_commit_holds_in_some_orders_of_steps():
    run_machine(QUICK_RUNS)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + max(1, FULL_RUNS // EACH)))
def test_every_promise_of_the_commit_holds_in_hundreds_of_orders_of_steps(seed, record_property):
    before = CommitMachine.steps
    run_machine(EACH, seed=seed)
    steps = CommitMachine.steps - before
    record_property("orders", {"runs": EACH, "steps": steps})
    assert steps >= USUAL_STEPS * EACH
