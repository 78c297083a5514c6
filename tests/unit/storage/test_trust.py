"""Row 30: whatever the clock does, nothing is believed that the machine's uptime doesn't bear out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from preview_worker.storage.trust import ClockTrust, Reading, read_clocks

HOUR = 3_600_000
WEEK = 168 * HOUR
START = Reading(wall_ms=1_800_000_000_000, up_ms=HOUR, boot="first")


class Clocks:
    def __init__(self):
        self.now = START

    def pass_time(self, ms):
        self.now = replace(self.now, wall_ms=self.now.wall_ms + ms, up_ms=self.now.up_ms + ms)

    def set_wall(self, ms):
        self.now = replace(self.now, wall_ms=self.now.wall_ms + ms)

    def start_anew(self, *, off_ms):
        self.now = Reading(wall_ms=self.now.wall_ms + off_ms, up_ms=0, boot=self.now.boot + "+")


@pytest.fixture
def clocks():
    return Clocks()


@pytest.fixture
def trust(tmp_path, clocks):
    trust = ClockTrust(tmp_path / "clock.json", WEEK, lambda: clocks.now)
    trust.confirm()
    return trust


def doubt(trust, newest_ms=0):
    return trust.look(newest_ms)[1]


def test_row_30_the_clock_is_believed_while_it_goes_with_the_uptime(trust, clocks):
    for _ in range(48):
        clocks.pass_time(HOUR)
        clocks.set_wall(2000)  # slewed
        assert doubt(trust) is None
    assert trust.look()[0] == clocks.now.wall_ms


@pytest.mark.parametrize("step_ms", [HOUR, -HOUR, 400 * 24 * HOUR, -12_000])
def test_row_30_the_clock_is_not_believed_until_a_week_of_uptime_after_a_step(trust, clocks, step_ms):
    clocks.pass_time(HOUR)
    clocks.set_wall(step_ms)
    assert "was set" in doubt(trust)
    for _ in range(167):
        clocks.pass_time(HOUR)
        assert "was set" in doubt(trust)
    clocks.pass_time(HOUR)
    assert doubt(trust) is None


def test_row_30_the_clock_is_never_believed_while_it_steps_again_and_again(trust, clocks):
    for number in range(100):
        clocks.pass_time(60_000)
        clocks.set_wall(5_500 if number % 2 else -5_500)
        assert doubt(trust) is not None


@pytest.mark.parametrize(
    ("off_ms", "is_believed"), [(HOUR, True), (23 * HOUR, True), (25 * HOUR, False), (-HOUR, False)]
)
def test_row_30_a_machine_that_was_off_for_long_or_came_back_earlier_is_not_believed(
    trust, clocks, off_ms, is_believed
):
    clocks.start_anew(off_ms=off_ms)
    assert (doubt(trust) is None) is is_believed


def test_row_30_a_restart_does_not_shorten_the_doubt(trust, clocks):
    clocks.set_wall(HOUR)
    assert doubt(trust) is not None
    clocks.start_anew(off_ms=20 * HOUR)
    assert doubt(trust) is not None
    clocks.pass_time(WEEK - 1)
    assert doubt(trust) is not None
    clocks.pass_time(1)
    assert doubt(trust) is None


def test_row_30_the_clock_is_not_believed_when_a_file_is_from_the_future(trust, clocks):
    assert "future" in doubt(trust, clocks.now.wall_ms + 60_000)
    assert doubt(trust, clocks.now.wall_ms) is not None


@pytest.mark.parametrize(
    "damaged", ["{", "[]", '{"wall_ms": "noon", "up_ms": 1, "boot": "", "doubt_ms": 0, "why": ""}']
)
def test_nothing_is_believed_at_first_and_when_the_file_is_damaged(tmp_path, clocks, damaged):
    trust = ClockTrust(tmp_path / "clock.json", WEEK, lambda: clocks.now)
    assert "nothing is known" in doubt(trust)
    trust.confirm()
    assert doubt(trust) is None
    (tmp_path / "clock.json").write_text(damaged)
    assert "nothing is known" in doubt(trust)


def test_the_systems_clocks_go_on():
    first, second = read_clocks(), read_clocks()
    assert second.up_ms >= first.up_ms > 0
    assert first.boot == second.boot
