"""The report of a full run says what it holds, and of how much."""

from __future__ import annotations

import pytest

from support.simulation_report import markdown


def ended(name, value, *, outcome="passed"):
    return pytest.TestReport(
        nodeid=f"tests/simulation/{name}",
        location=("", None, ""),
        keywords={},
        outcome=outcome,
        longrepr=None,
        when="call",
        user_properties=[(name, value)],
        duration=1.0,
    )


ORDERS = ended("orders", {"runs": 250, "steps": 6000})
JOBS = ended("jobs", {"jobs": 1000, "counts": {}, "faults": {"kill": 2}, "simulated_s": 60.0})


@pytest.fixture(autouse=True)
def asked(monkeypatch):
    monkeypatch.setenv("SIMULATION_RUNS", "500")
    monkeypatch.setenv("SIMULATION_JOBS", "2000")


def test_a_run_that_was_stopped_says_how_far_it_came():
    told = markdown({"passed": [ORDERS, JOBS]}, 1)
    assert "This is a part: 250 of 500 orders of steps." in told
    assert "This is a part: 1,000 of 2,000 jobs." in told
    assert "## Broken" not in told


def test_a_whole_run_is_no_part():
    assert "a part" not in markdown({"passed": [ORDERS, ORDERS, JOBS, JOBS]}, 1)


def test_what_failed_is_named_and_not_counted():
    told = markdown({"passed": [JOBS], "failed": [ended("jobs", {}, outcome="failed")]}, 1)
    assert "This is a part: 1,000 of 2,000 jobs." in told
    assert "## Broken\n\n- tests/simulation/jobs" in told
