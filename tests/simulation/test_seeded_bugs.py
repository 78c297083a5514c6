"""Bugs that the simulation is there for, each put into the real code's place, and each found."""

from __future__ import annotations

import re

import pytest
from hypothesis import Phase

from preview_worker.chaos.simulation.run import simulate
from preview_worker.chaos.simulation.worker import Parts
from preview_worker.queue.bullmq_producer import BullmqProducer
from preview_worker.queue.port import AdmissionGate, Refused
from preview_worker.storage.publish import MANIFEST, publish, sync_stage
from preview_worker.trees import remove_tree
from preview_worker.worker.publication import Publisher
from support.commit_machine import run_machine
from support.commit_rig import where_it_is_cancelled, where_it_stops_past_the_lock, where_power_is_cut

SEQUENCES = 400
SEEDS = range(1, 6)
JOBS = 60


def without(line, instead=""):
    """A change of scripts: a line of Lua isn't what it was."""

    def altered(text):
        return text.replace(line, instead)

    return altered


class SyncsLater(Publisher):
    """The rename comes first; the files reach the disk whenever they do."""

    def _sync(self, attempt, stage):
        pass

    def _confirm(self, attempt):
        super()._confirm(attempt)
        sync_stage(self.folder(attempt))


class ListsLater(Publisher):
    """The manifest is written once everything else stands where it is found."""

    def _rename(self, attempt, stage, damaged):  # noqa: ARG002 - as its parent
        manifest = (stage / MANIFEST).read_bytes()
        (stage / MANIFEST).unlink()
        self.folder(attempt).parent.mkdir(parents=True, exist_ok=True)
        stage.rename(self.folder(attempt))
        (self.folder(attempt) / MANIFEST).write_bytes(manifest)
        self.remember(attempt, state="completed")


class BoastsFirst(Publisher):
    """The record says completed, and then it is."""

    def _rename(self, attempt, stage, damaged):  # noqa: ARG002 - as its parent
        self.remember(attempt, state="completed")
        publish(stage, self.folder(attempt), synced=True)


class Forgets(Publisher):
    """What an earlier run published isn't looked for."""

    def standing(self, attempt):  # noqa: ARG002 - as its parent
        return None


class CountsBefore(BullmqProducer):
    """The limit is looked at, and then the job is added."""

    async def admit(self, job, gate):
        backlog = (await self.counts()).backlog
        if backlog >= gate.queue_max:
            return Refused(backlog=backlog, queue_max=gate.queue_max)
        return await super().admit(job, AdmissionGate(queue_max=10**6, record_ttl_s=gate.record_ttl_s))


def sweep_everybody(places):
    """Whatever is unfinished goes, whosever it is."""
    for folder in (*places.stage.glob("*"), *places.work.glob("*")):
        remove_tree(folder)


FOUND_BY_THE_MACHINE = {
    "fence-not-checked": (
        Parts(altered=without("if fence ~= ARGV[2] then return 'not-owner' end")),
        "was the newest",
    ),
    "lock-not-checked-at-the-fence": (
        Parts(altered=without("if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end")),
        "without the lock",
    ),
    "manifest-not-last": (Parts(publisher=ListsLater), "without its manifest"),
    "stage-of-another-swept": (Parts(sweep=sweep_everybody), "while it lived"),
    "short-circuit-skipped": (Parts(publisher=Forgets), "published already"),
}
FOUND_BY_POWER_CUTS = {
    "rename-before-sync": (Parts(publisher=SyncsLater), "isn't what its manifest says|published, and can't be read"),
    "record-before-rename": (Parts(publisher=BoastsFirst), "nothing is published"),
}
FOUND_BY_THE_SIMULATION = {
    "attempt-counted-on-a-death": (
        Parts(
            altered=without(
                'rcall("HINCRBY", jobKey, "stc", 1)',
                'rcall("HINCRBY", jobKey, "stc", rcall("HINCRBY", jobKey, "atm", 1))',
            )
        ),
        "attempts are counted",
    ),
    "limit-before-the-step": (Parts(producer=CountsBefore), "of at most"),
}


@pytest.mark.parametrize("bug", FOUND_BY_THE_MACHINE)
def test_the_state_machine_finds(bug, record_property):
    record_property("bug", bug)
    parts, sentence = FOUND_BY_THE_MACHINE[bug]
    with pytest.raises(AssertionError, match=sentence):
        run_machine(SEQUENCES, parts, phases=[Phase.generate])


def test_stops_at_every_moment_find_a_commit_that_does_not_look_at_the_lock(record_property):
    record_property("bug", "lock-not-checked-at-the-commit")
    parts = Parts(altered=without("if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'not-owner' end"))
    assert any("without the lock" in breach for breaches in where_it_stops_past_the_lock(parts) for breach in breaches)


def test_cancels_at_every_moment_find_a_commit_that_does_not_look_for_them(record_property):
    record_property("bug", "cancel-not-checked-at-the-commit")
    parts = Parts(altered=without("or (cancel == '1' and state ~= 'committed')"))
    assert any("after a cancel" in breach for breaches in where_it_is_cancelled(parts) for breach in breaches)


@pytest.mark.parametrize("bug", FOUND_BY_POWER_CUTS)
def test_power_cuts_find(bug, record_property):
    record_property("bug", bug)
    parts, sentence = FOUND_BY_POWER_CUTS[bug]
    for breaches in where_power_is_cut(parts):
        if any(re.search(sentence, breach) for breach in breaches):
            return
    pytest.fail("not found")


@pytest.mark.parametrize("bug", FOUND_BY_THE_SIMULATION)
def test_the_simulation_finds(bug, record_property):
    record_property("bug", bug)
    parts, sentence = FOUND_BY_THE_SIMULATION[bug]
    violations = []
    for seed in SEEDS:
        violations += simulate(seed, JOBS, parts=parts, pause_s=0.3).violations
        if any(sentence in violation for violation in violations):
            return
    pytest.fail(f"not found: {violations}")
