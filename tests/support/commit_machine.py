"""The state machine over the commit rig: what Hypothesis may do to it, and in which orders."""

from __future__ import annotations

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from support.commit_rig import LOCK_S, CommitRig

STEPS = 26
USUAL_STEPS = 20
"""Hypothesis ends some sequences early."""
JOBS = st.sampled_from(["one", "two"])
NUMBERS = st.integers(0, 100)
SHORT = st.sampled_from([0.05, 0.2, 0.5, 1.0, 2.0])


class CommitMachine(RuleBasedStateMachine):
    """Steps of workers, of time and of fate."""

    parts = None
    steps = 0

    def __init__(self):
        super().__init__()
        self.rig = None

    @initialize(seed=st.integers(0, 2**32 - 1))
    def begin(self, seed):
        self.rig = CommitRig(seed, self.parts)

    @rule(job_id=JOBS, number=NUMBERS)
    def take(self, job_id, number):
        self.rig.take(self._worker(number), job_id)

    @rule(number=NUMBERS, seconds=st.floats(0, 3))
    def take_and_go_on(self, number, seconds):
        self.rig.take(self._worker(number), "one")
        self.rig.pass_time(seconds)

    @rule(seconds=SHORT)
    def wait(self, seconds):
        self.rig.pass_time(seconds)

    @rule(seconds=st.sampled_from([3.0, 16.0]))
    def wait_long(self, seconds):
        self.rig.pass_time(seconds)

    # No preconditions: what may be drawn mustn't depend on what happened.
    @rule(number=NUMBERS)
    def renew(self, number):
        if self.rig.runs:
            self.rig.renew(self.rig.runs[number % len(self.rig.runs)])

    @rule(number=NUMBERS)
    def do_it_again(self, number):
        if runs := self._living_runs():
            self.rig.go(runs[number % len(runs)])

    @rule(number=NUMBERS)
    def freeze_past_the_lock(self, number):
        """The lock runs out, another worker takes the job, and the first one goes on."""
        worker = self._worker(number)
        self.rig.freeze(worker)
        self.rig.pass_time(LOCK_S + 1)
        for job_id in ("one", "two"):
            self.rig.take(self._worker(number + 1), job_id)
        self.rig.pass_time(number / 30)
        self.rig.thaw(worker)

    @rule(number=NUMBERS, fate=st.sampled_from(["die-soon", "kill", "bury", "cut"]), changes=st.integers(1, 30))
    def befall(self, number, fate, changes):
        match fate:
            case "die-soon":
                self.rig.die_after(self._worker(number), changes)
            case "kill":
                self.rig.kill(self._worker(number))
            case "bury":
                self.rig.bury_the_dead()
            case "cut":
                self.rig.cut_power()

    @rule(number=NUMBERS, changes=st.integers(1, 60))
    def lose_power_in_the_middle(self, number, changes):
        """The process ends between two changes of the disk, and the machine with it."""
        worker = self._worker(number)
        self.rig.take(worker, "one")
        self.rig.die_after(worker, changes)
        self.rig.pass_time(2.0)
        self.rig.cut_power()

    @rule(number=NUMBERS, seconds=st.sampled_from([0.0, 0.3, 0.6, 1.0]))
    def cancel(self, number, seconds):
        self.rig.take(self._worker(number), "two")
        self.rig.pass_time(seconds)
        self.rig.cancel("two")

    @invariant()
    def every_promise_holds(self):
        CommitMachine.steps += 1
        if self.rig is not None and self.rig.breaches:
            raise AssertionError("; ".join(self.rig.breaches))

    def teardown(self):
        if self.rig is not None:
            self.rig.close()

    def _worker(self, number):
        return self.rig.workers[number % len(self.rig.workers)]

    def _living_runs(self):
        return [run for run in self.rig.runs if run.worker.process.alive]


def run_machine(runs, parts=None, *, phases=tuple(Phase), seed=None):
    """Try so many sequences of steps, others for another seed; raises what the first broken promise raises."""
    machine = type("Machine", (CommitMachine,), {"parts": parts})
    if seed is not None:
        machine = hypothesis.seed(seed)(machine)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=runs,
            stateful_step_count=STEPS,
            derandomize=seed is None,
            phases=phases,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
