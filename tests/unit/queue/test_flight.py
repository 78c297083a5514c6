from __future__ import annotations

import pytest

from preview_worker.queue.delivery import Completed
from preview_worker.queue.flight import Flight, TakenJob

pytestmark = pytest.mark.anyio

JOB = TakenJob(
    job_id="job",
    token="token",  # noqa: S106 - no secret
    payload={},
    options={},
    attempts_made=0,
    attempts=3,
    stalls=0,
    priority=0,
    created_at_ms=0,
    deferred_failure=None,
    raw=None,
)


async def completing(_delivery):
    return Completed(result={})


class Refusing:
    """A settler that raises, whatever it is given."""

    def __init__(self, error):
        self.error = error
        self.asked = 0

    async def settle(self, _job, _outcome):
        self.asked += 1
        raise self.error


def flight_of(settler, heard, **more):
    def observe(event, _fields):
        heard.append(event)

    return Flight(JOB, settler, lock_renewed_at_s=0.0, retry_s=0.0, observe=observe, **more)


async def test_a_job_whose_outcome_nobody_can_store_ends_nothing_but_its_flight():
    heard, settler = [], Refusing(OverflowError("Integer value out of range"))
    await flight_of(settler, heard).fly(completing)
    assert (settler.asked, heard) == (1, ["settle-failed", "outcome-dropped"])
