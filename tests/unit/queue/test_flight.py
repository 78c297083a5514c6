from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace

import pytest

from preview_worker.chaos.simulation.loop import SimulatedLoop
from preview_worker.errors import QueueUnavailableError
from preview_worker.queue.delivery import Completed, Failed, HandBack, StopReason
from preview_worker.queue.flight import Flight
from preview_worker.queue.running import RunningJobs
from preview_worker.queue.settler import TakenJob

JOB = TakenJob(
    job_id="job",
    token="token",  # noqa: S106 - no secret
    payload={},
    options={"removeOnFail": 1 << 70},
    attempts_made=0,
    attempts=3,
    stalls=0,
    priority=0,
    created_at_ms=0,
    deferred_failure=None,
    raw=None,
)


TOO_LARGE = OverflowError("Integer value out of range")


async def completing(_delivery):
    return Completed(result={})


class Settler:
    def plain(self, job):
        return replace(job, options={})


class Refusing(Settler):
    """A settler that raises for what a test says, and remembers what it was given."""

    def __init__(self, error, *, takes=lambda _job, _outcome: False):
        self.error, self.takes = error, takes
        self.asked = []

    async def settle(self, job, outcome):
        self.asked.append((dict(job.options), outcome))
        if not self.takes(job, outcome):
            raise self.error


def flight_of(settler, heard, **more):
    def observe(event, _fields):
        heard.append(event)

    return Flight(JOB, settler, lock_renewed_at_s=0.0, retry_s=0.0, observe=observe, **more)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("takes", "refused"),
    [
        (lambda job, _outcome: not job.options, 1),
        (lambda job, outcome: not job.options and isinstance(outcome, Failed), 2),
    ],
    ids=["without its options", "as a failure"],
)
async def test_an_outcome_that_cannot_be_stored_is_stored_otherwise(takes, refused):
    heard, settler = [], Refusing(TOO_LARGE, takes=takes)
    await flight_of(settler, heard).fly(completing)
    assert heard == ["settle-failed"] * refused + ["settled"]
    failed = settler.asked[-1][1]
    told = failed == Completed(result={}) if refused == 1 else (failed.code, failed.retryable) == ("internal", False)
    assert (len(settler.asked), told) == (refused + 1, True)


@pytest.mark.anyio
async def test_a_job_whose_outcome_nobody_can_store_ends_nothing_but_its_flight():
    heard, settler = [], Refusing(TOO_LARGE)
    await flight_of(settler, heard).fly(completing)
    assert (len(settler.asked), heard) == (3, ["settle-failed"] * 3 + ["outcome-dropped"])


@pytest.mark.anyio
async def test_a_mistake_of_the_settlers_ends_the_flight():
    heard, settler = [], Refusing(TypeError("'NoneType' object is not iterable"))
    with pytest.raises(TypeError):
        await flight_of(settler, heard).fly(completing)
    assert (len(settler.asked), heard) == (1, [])


class Silent(Settler):
    """A settler whose server doesn't answer, from whenever on it is asked."""

    async def settle(self, _job, _outcome):
        await asyncio.Event().wait()


class Away(Settler):
    """A settler whose server refuses connections until a moment of the loop's clock."""

    def __init__(self, back_at_s=float("inf")):
        self.back_at_s = back_at_s

    async def settle(self, _job, _outcome):
        if asyncio.get_running_loop().time() < self.back_at_s:
            raise QueueUnavailableError("Redis is away.")


class Slow(Settler):
    """A settler whose server answers after a while."""

    def __init__(self, answer_s):
        self.answer_s = answer_s

    async def settle(self, _job, _outcome):
        await asyncio.sleep(self.answer_s)


class Served:
    """Jobs as a consumer runs them, on a clock that goes on when nothing else is left to do."""

    def __init__(self, settler, *, retry_s=0.25):
        self.loop = SimulatedLoop()
        self.running = RunningJobs(concurrency=2, hand_back_grace_s=1.0)
        self.heard = []
        self.flight = Flight(
            JOB,
            settler,
            lock_renewed_at_s=0.0,
            clock=self.loop.time,
            retry_s=retry_s,
            observe=lambda event, _fields: self.heard.append(event),
        )

    def time_to_leave_s(self, handler, *, stop_at_s=0.0, drain_s=0.0, look=None):
        """When the consumer has gone, after it was asked to."""

        async def consume():
            self.running.begin()
            async with asyncio.TaskGroup() as group:
                self.running.launch(self.flight, handler, group)
                if look is not None:
                    await self.running.or_gone(look())
                await self.running.settled()
            self.running.end()

        async def stopped():
            consuming = asyncio.create_task(consume())
            await asyncio.sleep(stop_at_s)
            await self.running.stop(drain_s)
            await consuming
            return self.loop.time() - stop_at_s

        return self.loop.run_until_complete(stopped())


async def deaf(_delivery):
    await asyncio.Event().wait()


async def obeying(delivery):
    assert await delivery.stop.wait() is StopReason.HAND_BACK
    return HandBack(reason="asked")


def lingering(end_s):
    """A handler that needs so long to end once it was asked, whoever cancels it."""

    async def handler(delivery):
        await delivery.stop.wait()
        clock = asyncio.get_running_loop().time
        end_at_s = clock() + end_s
        while clock() < end_at_s:
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(end_at_s - clock())
        return HandBack(reason="asked")

    return handler


SETTLERS = pytest.mark.parametrize("settler", [Silent(), Away()])
CASES = pytest.mark.parametrize(
    ("handler", "drain_s", "leaves_after_s"),
    [(handler, drain_s, drain_s + 1.7) for handler in (completing, obeying, deaf) for drain_s in (0, 30)],
)


@SETTLERS
@CASES
def test_a_consumer_is_gone_within_two_seconds_of_its_drain_while_the_server_is_away(
    settler, handler, drain_s, leaves_after_s
):
    served = Served(settler)
    assert served.time_to_leave_s(handler, stop_at_s=5, drain_s=drain_s) == pytest.approx(leaves_after_s)
    assert (served.heard[-1], "handed-back" in served.heard) == ("outcome-dropped", False)


def test_a_look_for_a_job_that_nobody_answers_is_given_up_when_the_time_is_over():
    assert Served(Away(0)).time_to_leave_s(completing, look=asyncio.Event().wait, drain_s=3) == pytest.approx(4.7)


def test_an_outcome_is_stored_when_the_server_is_back_within_the_drain():
    served = Served(Away(back_at_s=20))
    assert served.time_to_leave_s(completing, stop_at_s=5, drain_s=30) == 15
    assert served.heard[-1] == "settled"


@pytest.mark.parametrize(
    ("handler", "answer_s", "leaves_after_s", "stored"),
    [
        (obeying, 1.69, 1.69, True),
        (obeying, 1.71, 1.7, False),
        (deaf, 0.69, 1.69, True),
        (deaf, 0.71, 1.7, False),
        (lingering(0.9), 0.79, 1.69, True),
        (lingering(1.6), 0.19, 1.79, True),
        (lingering(3), 0.19, 3.19, True),
        (lingering(3), 0.21, 3.2, False),
    ],
)
@pytest.mark.parametrize("drain_s", [0, 30])
def test_what_a_handler_leaves_of_the_time_after_the_drain_is_the_servers(
    handler, answer_s, leaves_after_s, stored, drain_s
):
    served = Served(Slow(answer_s))
    assert served.time_to_leave_s(handler, stop_at_s=5, drain_s=drain_s) == pytest.approx(drain_s + leaves_after_s)
    assert served.heard[-1] == ("settled" if stored else "outcome-dropped")


def test_an_outcome_on_its_way_at_the_end_of_the_drain_has_as_long():
    served = Served(Slow(10))
    assert served.time_to_leave_s(completing, stop_at_s=5, drain_s=3.4) == 5
    assert served.heard[-1] == "settled"


def test_a_second_stop_grants_no_second_time():
    served = Served(Silent())

    async def impatient():
        patient = asyncio.create_task(served.running.stop(0))
        await asyncio.sleep(0.5)
        await served.running.stop(0)
        await patient

    async def consume():
        served.running.begin()
        async with asyncio.TaskGroup() as group:
            served.running.launch(served.flight, completing, group)
            await asyncio.sleep(0)
            stopping = group.create_task(impatient())
            await served.running.settled()
            served.running.end()
            await stopping
        return served.loop.time()

    assert served.loop.run_until_complete(consume()) == pytest.approx(1.7)


def test_a_job_that_was_taken_while_the_consumer_left_is_not_begun():
    served = Served(Away(0))
    begun = []

    async def noting(delivery):
        begun.append(delivery.job_id)
        return Completed(result={})

    async def taken_late():
        served.running.begin()
        stopping = asyncio.create_task(served.running.stop(0))
        await asyncio.sleep(0.5)
        async with asyncio.TaskGroup() as group:
            served.running.launch(served.flight, noting, group)
        served.running.end()
        await stopping

    served.loop.run_until_complete(taken_late())
    assert (begun, served.heard) == ([], ["handed-back", "settled"])
