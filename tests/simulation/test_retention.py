"""Retention under clocks that are wrong: nothing goes before its time, and one that believes the clock is found."""

from __future__ import annotations

from preview_worker.chaos.simulation.retention import simulate_retention
from preview_worker.storage.trust import ClockTrust

SEEDS = range(2)


class Believing(ClockTrust):
    """Retention by the wall clock alone."""

    def look(self, newest_ms=0):
        return super().look(newest_ms)[0], None


def test_nothing_goes_before_its_time_and_things_do_go(tmp_path):
    gone = 0
    for seed in SEEDS:
        removed, early = simulate_retention(seed, tmp_path / str(seed))
        assert early == []
        gone += removed
    assert gone


def test_retention_by_the_wall_clock_alone_is_found(tmp_path):
    assert any(simulate_retention(seed, tmp_path / str(seed), trust=Believing)[1] for seed in SEEDS)
