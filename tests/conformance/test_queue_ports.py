"""One suite for every queue: what holds for the gateway holds for the queue in memory."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from preview_worker.contract import Supersede
from preview_worker.errors import AssetError, RenderCrashError
from preview_worker.queue.bullmq_consumer import BullmqConsumer, ConsumerTiming
from preview_worker.queue.bullmq_dead_letters import BullmqDeadLetters
from preview_worker.queue.bullmq_producer import BullmqProducer
from preview_worker.queue.cancelling import CancelAnswer, CancelVerdict
from preview_worker.queue.delivery import Completed, Failed, HandBack, StopReason
from preview_worker.queue.fairness import Band
from preview_worker.queue.idempotency import IdempotencyKey
from preview_worker.queue.memory import MemoryQueue
from preview_worker.queue.memory_consumer import MemoryConsumer
from preview_worker.queue.port import AdmissionGate, Admitted, Conflicting, JobState, KeyReused, Refused, Replayed
from support.queues import ROOMY, consuming, in_state, new_job, until
from support.simulation import simulated_address

pytestmark = pytest.mark.anyio

ROOMY_FOR_A_CROWD = AdmissionGate(queue_max=2000, record_ttl_s=60)
TIMING = ConsumerTiming(wait_s=0.2, pause_poll_s=0.02, retry_s=0.02, hand_back_grace_s=0.1)


def soon(_failures):
    return 5


@dataclass
class Rig:
    producer: Any
    consumer: Any
    letters: Any


def much_later(_failures):
    return 60_000


@asynccontextmanager
async def rigged(request, backoff):
    if request.param == "memory":
        queue = MemoryQueue(backoff=backoff)
        yield Rig(
            producer=queue,
            consumer=lambda concurrency=1: MemoryConsumer(queue, concurrency=concurrency, hand_back_grace_s=0.1),
            letters=queue.letters,
        )
        return
    address = simulated_address() if request.param == "simulated" else request.getfixturevalue("queue_address")
    # Crowds of callers are about order and counts; how soon an answer comes on a busy machine is another test's matter.
    producer = BullmqProducer(address, deadline_s=30.0)
    async with producer, address.client(socket_timeout_s=2.0) as client:
        yield Rig(
            producer=producer,
            consumer=lambda concurrency=1: BullmqConsumer(
                address, concurrency=concurrency, timing=TIMING, backoff=backoff
            ),
            letters=BullmqDeadLetters(client, address),
        )


@pytest.fixture(params=["memory", "simulated", "bullmq"])
async def rig(request):
    async with rigged(request, soon) as made:
        yield made


@pytest.fixture(params=["memory", "simulated", "bullmq"])
async def slow_rig(request):
    """A queue that tries failed jobs again much later than a test would wait."""
    async with rigged(request, much_later) as made:
        yield made


async def completing(_delivery):
    return Completed(result={"status": "completed"})


async def found_nothing():
    """Condition for `until`: a consumer has looked for a job and now waits for the next occasion."""
    return any(task.get_name() == "queue-wait" for task in asyncio.all_tasks())


class Holding:
    """A handler that says when a job started and ends it when told."""

    def __init__(self):
        self.started = []
        self.release = asyncio.Event()

    async def __call__(self, delivery):
        self.started.append(delivery.job_id)
        await self.release.wait()
        return Completed(result={})

    async def have_started(self, count):
        async def condition():
            return len(self.started) >= count

        await until(condition)


async def test_admission_puts_a_job_in_line_when_there_is_room(rig):
    first = await rig.producer.admit(new_job("first"), ROOMY)
    second = await rig.producer.admit(new_job("second", payload={"title": "Élan « 100 % »"}), ROOMY)

    assert isinstance(first, Admitted)
    assert isinstance(second, Admitted)
    assert (first.position, second.position) == (1, 2)
    job = await rig.producer.job("second")
    assert job.state is JobState.QUEUED
    assert job.payload == {"title": "Élan « 100 % »"}
    assert (job.position, job.attempts_made, job.attempts) == (2, 0, 3)
    assert job.created_at_ms > 1_600_000_000_000


async def test_admission_replays_when_the_same_job_comes_again_in_another_case(rig):
    await rig.producer.admit(new_job("Job-A"), ROOMY)

    again = await rig.producer.admit(new_job("job-a"), ROOMY)

    assert isinstance(again, Replayed)
    assert again.existing.job_id == "Job-A"
    assert again.existing.state == "queued"
    assert (await rig.producer.counts()).backlog == 1


async def test_admission_conflicts_when_the_id_names_another_digest(rig):
    await rig.producer.admit(new_job("job", digest="one", project="mine"), ROOMY)

    other = await rig.producer.admit(new_job("job", digest="two"), ROOMY)

    assert isinstance(other, Conflicting)
    assert (other.existing.digest, other.existing.project_id) == ("one", "mine")
    assert (other.existing.generation, other.existing.request_id) == (1, "request")
    assert (await rig.producer.counts()).backlog == 1


async def test_admission_refuses_new_jobs_and_still_replays_when_the_queue_is_full(rig):
    gate = AdmissionGate(queue_max=1, record_ttl_s=60)
    await rig.producer.admit(new_job("kept"), gate)

    assert await rig.producer.admit(new_job("late"), gate) == Refused(backlog=1, queue_max=1)
    assert isinstance(await rig.producer.admit(new_job("kept"), gate), Replayed)
    assert await rig.producer.job("late") is None


async def test_admission_never_passes_the_limit_when_many_producers_race(rig):
    gate = AdmissionGate(queue_max=20, record_ttl_s=60)

    answers = await asyncio.gather(*(rig.producer.admit(new_job(f"race-{n}"), gate) for n in range(60)))

    assert sum(isinstance(answer, Admitted) for answer in answers) == 20
    assert (await rig.producer.counts()).backlog == 20


async def test_jobs_start_by_band_when_all_wait(rig):
    for job_id, band in [("low", Band.LOW), ("normal", Band.NORMAL), ("high", Band.HIGH)]:
        await rig.producer.admit(new_job(job_id, band=band), ROOMY)
    holding = Holding()
    holding.release.set()

    async with consuming(rig.consumer(), holding):
        await holding.have_started(3)

    assert holding.started == ["high", "normal", "low"]


async def test_a_new_project_waits_only_for_running_jobs_when_another_has_filled_the_queue(rig):
    for number in range(6):
        await rig.producer.admit(new_job(f"busy-{number}", project="busy"), ROOMY)
    holding = Holding()

    async with consuming(rig.consumer(2), holding):
        await holding.have_started(2)
        quiet = await rig.producer.admit(new_job("quiet", project="quiet"), ROOMY)
        assert quiet.position == 1
        holding.release.set()
        await holding.have_started(7)

    assert holding.started[:3] == ["busy-0", "busy-1", "quiet"]


async def test_projects_take_turns_when_both_queue_many_jobs(rig):
    for number in range(3):
        await rig.producer.admit(new_job(f"a{number}", project="a"), ROOMY)
    for number in range(3):
        await rig.producer.admit(new_job(f"b{number}", project="b"), ROOMY)
    holding = Holding()
    holding.release.set()

    async with consuming(rig.consumer(), holding):
        await holding.have_started(6)

    assert holding.started == ["a0", "b0", "a1", "b1", "a2", "b2"]


async def test_a_job_completes_with_its_result_when_the_handler_returns_it(rig):
    await rig.producer.admit(new_job("job"), ROOMY)

    async def handler(delivery):
        assert (delivery.job_id, delivery.payload) == ("job", {"jobId": "job"})
        assert (delivery.attempt, delivery.attempts, delivery.stalls) == (1, 3, 0)
        assert delivery.lock_token
        await delivery.report({"percent": 40, "stage": "render"})
        await delivery.log("half way")
        return Completed(result={"status": "completed", "files": []})

    async with consuming(rig.consumer(), handler):
        job = await until(in_state(rig.producer, "job", JobState.COMPLETED))

    assert job.return_value == {"status": "completed", "files": []}
    assert job.progress == {"percent": 40, "stage": "render"}
    assert (job.attempts_made, job.position) == (1, None)
    assert job.processed_on_ms <= job.finished_on_ms
    assert (await rig.producer.counts()).completed == 1


async def test_a_job_fails_at_once_when_the_failure_is_permanent(rig):
    await rig.producer.admit(new_job("job", attempts=5), ROOMY)

    async def handler(_delivery):
        return Failed(code="asset-unusable", sentence="Picture board: not a picture.", retryable=False)

    async with consuming(rig.consumer(), handler):
        job = await until(in_state(rig.producer, "job", JobState.FAILED))

    assert (job.failed_code, job.failed_reason) == ("asset-unusable", "Picture board: not a picture.")
    assert job.attempts_made == 1


async def test_a_job_runs_as_often_as_allowed_when_each_run_fails_for_a_while(rig):
    await rig.producer.admit(new_job("job", attempts=3), ROOMY)
    attempts = []

    async def handler(delivery):
        attempts.append((delivery.attempt, delivery.attempts))
        raise RenderCrashError("The render process died.")

    async with consuming(rig.consumer(), handler):
        job = await until(in_state(rig.producer, "job", JobState.FAILED))

    assert attempts == [(1, 3), (2, 3), (3, 3)]
    assert (job.failed_code, job.attempts_made) == ("render-crash", 3)


async def test_a_permanent_error_fails_the_job_at_once_when_it_leaves_the_handler(rig):
    await rig.producer.admit(new_job("job"), ROOMY)

    async def handler(_delivery):
        raise AssetError("The picture's hash is wrong.", code="asset-changed")

    async with consuming(rig.consumer(), handler):
        job = await until(in_state(rig.producer, "job", JobState.FAILED))

    assert (job.failed_code, job.attempts_made) == ("asset-changed", 1)


@pytest.mark.parametrize("error", [ValueError("no"), asyncio.CancelledError()])
async def test_the_consumer_takes_the_next_job_when_any_exception_leaves_the_handler(rig, error):
    await rig.producer.admit(new_job("bad", attempts=1), ROOMY)
    await rig.producer.admit(new_job("good"), ROOMY)

    async def handler(delivery):
        if delivery.job_id == "bad":
            raise error
        return Completed(result={})

    async with consuming(rig.consumer(), handler) as running:
        bad = await until(in_state(rig.producer, "bad", JobState.FAILED))
        await until(in_state(rig.producer, "good", JobState.COMPLETED))
        assert not running.done()

    assert bad.failed_code == "internal"


@pytest.mark.parametrize("result", [{"ratio": float("nan")}, {"value": object()}])
async def test_a_job_fails_for_good_when_its_result_is_no_json(rig, result):
    await rig.producer.admit(new_job("job"), ROOMY)

    async def handler(_delivery):
        return Completed(result=result)

    async with consuming(rig.consumer(), handler):
        job = await until(in_state(rig.producer, "job", JobState.FAILED))

    assert (job.failed_code, job.attempts_made) == ("internal", 1)


async def test_a_job_goes_back_unspent_when_the_handler_hands_it_back(rig):
    await rig.producer.admit(new_job("job", attempts=1), ROOMY)
    started = asyncio.Event()

    async def leaving(delivery):
        started.set()
        assert await delivery.stop.wait() is StopReason.HAND_BACK
        return HandBack(reason="shutdown")

    async with consuming(rig.consumer(), leaving):
        await started.wait()
    left = await rig.producer.job("job")
    assert (left.state in {JobState.DELAYED, JobState.QUEUED}, left.attempts_made) == (True, 0)

    async with consuming(rig.consumer(), completing):
        job = await until(in_state(rig.producer, "job", JobState.COMPLETED))
    assert job.attempts_made == 1


async def test_stop_lets_a_job_finish_when_it_ends_within_the_drain(rig):
    await rig.producer.admit(new_job("job"), ROOMY)
    await rig.producer.admit(new_job("next"), ROOMY)
    holding = Holding()
    consumer = rig.consumer()
    running = asyncio.create_task(consumer.run(holding))
    await holding.have_started(1)

    stopping = asyncio.create_task(consumer.stop(30))
    await asyncio.sleep(0)
    holding.release.set()
    await stopping
    await running

    assert (await rig.producer.job("job")).state is JobState.COMPLETED
    assert holding.started == ["job"]


async def test_stop_hands_a_job_back_when_its_handler_ignores_the_request(rig):
    await rig.producer.admit(new_job("job", attempts=1), ROOMY)
    holding = Holding()

    async with consuming(rig.consumer(), holding):
        await holding.have_started(1)

    assert (await rig.producer.job("job")).attempts_made == 0
    assert (await rig.producer.counts()).active == 0
    assert (await rig.producer.counts()).backlog == 1


async def test_stop_ends_a_cancelled_job_as_cancelled_when_its_handler_ignores_every_request(rig):
    await rig.producer.admit(new_job("job", attempts=1), ROOMY)
    asked = asyncio.Event()

    async def deaf(delivery):
        await rig.producer.cancel("job", record_ttl_s=LIFE_S)
        delivery.stop.request(StopReason.CANCELLED)
        asked.set()
        await asyncio.Event().wait()

    async with consuming(rig.consumer(), deaf):
        await asked.wait()

    job = await rig.producer.job("job")
    assert (job.state, job.failed_code, job.failed_reason) == (JobState.FAILED, "cancelled", "The job was cancelled.")
    assert (job.attempts_made, await rig.letters.count()) == (0, 0)


async def test_a_run_that_ends_itself_fails_although_somebody_asked_it_to_stop_for_a_cancel(rig):
    await rig.producer.admit(new_job("job", attempts=1), ROOMY)

    async def handler(delivery):
        delivery.stop.request(StopReason.CANCELLED)
        raise asyncio.CancelledError

    async with consuming(rig.consumer(), handler):
        job = await until(in_state(rig.producer, "job", JobState.FAILED))

    assert job.failed_code == "internal"
    assert await rig.letters.count() == 1


async def test_a_second_stop_shortens_the_drain_when_the_first_still_waits(rig):
    await rig.producer.admit(new_job("job"), ROOMY)
    holding = Holding()
    consumer = rig.consumer()
    running = asyncio.create_task(consumer.run(holding))
    await holding.have_started(1)

    patient = asyncio.create_task(consumer.stop(60))
    async with asyncio.timeout(5):
        await consumer.stop(0)
        await patient
        await running


async def test_nothing_is_taken_while_the_queue_is_paused(rig):
    await rig.producer.set_paused(True)
    await rig.producer.admit(new_job("job"), ROOMY)

    async with consuming(rig.consumer(), completing):
        await until(found_nothing)
        assert (await rig.producer.job("job")).state is JobState.QUEUED
        assert (await rig.producer.counts()).paused
        await rig.producer.set_paused(False)
        await until(in_state(rig.producer, "job", JobState.COMPLETED))

    assert not (await rig.producer.counts()).paused


async def test_nothing_is_taken_while_the_worker_holds(rig):
    holding, asked = True, 0

    async def hold():
        nonlocal asked
        asked += 1
        return holding

    async def asked_twice():
        return asked >= 2

    await rig.producer.admit(new_job("job"), ROOMY)
    async with consuming(rig.consumer(), completing, hold=hold):
        await until(asked_twice)
        assert (await rig.producer.job("job")).state is JobState.QUEUED
        holding = False
        await until(in_state(rig.producer, "job", JobState.COMPLETED))


async def test_a_consumer_that_holds_stops_when_it_is_asked(rig):
    async def hold():
        return True

    await rig.producer.admit(new_job("job"), ROOMY)
    async with consuming(rig.consumer(), completing, hold=hold):
        await until(found_nothing)
    assert (await rig.producer.job("job")).state is JobState.QUEUED


async def test_no_more_jobs_run_at_once_than_the_concurrency_allows(rig):
    for number in range(5):
        await rig.producer.admit(new_job(f"job-{number}"), ROOMY)
    release = asyncio.Event()
    running = 0
    most = 0

    async def handler(_delivery):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await release.wait()
        running -= 1
        return Completed(result={})

    async def both_slots_taken():
        return running == 2

    async with consuming(rig.consumer(2), handler):
        await until(both_slots_taken)
        counts = await rig.producer.counts()
        release.set()
        await until(in_state(rig.producer, "job-4", JobState.COMPLETED))

    assert (counts.active, counts.backlog) == (2, 3)
    assert most == 2


async def test_nothing_is_taken_when_the_concurrency_is_zero(rig):
    taken = []

    async def noting(delivery):
        taken.append(delivery.job_id)
        return Completed(result={})

    async with consuming(rig.consumer(0), noting) as idle:
        async with consuming(rig.consumer(), completing):
            for number in range(5):  # each passes under the idle one's eyes, which came first and would be served first
                await rig.producer.admit(new_job(f"job-{number}"), ROOMY)
                await until(in_state(rig.producer, f"job-{number}", JobState.COMPLETED))
        await rig.producer.admit(new_job("last"), ROOMY)
        assert not idle.done()

    assert taken == []
    assert (await rig.producer.job("last")).state is JobState.QUEUED


async def test_an_unknown_job_is_none_when_asked_for(rig):
    assert await rig.producer.job("nobody") is None


def failing(code="asset-missing", *, retryable=False, logged=()):
    async def handler(delivery):
        for line in logged:
            await delivery.log(line)
        return Failed(
            code=code,
            sentence="Board is missing.",
            retryable=retryable,
            pointer="/previewRequest/assets/0",
            step_id="s",
        )

    return handler


async def test_a_job_that_fails_for_good_leaves_a_dead_letter_with_all_that_is_known(rig):
    payload = {"jobId": "Dead", "projectId": "moon", "text": "Lodz \u0141\u00f3d\u017a"}
    await rig.producer.admit(new_job("Dead", payload=payload), ROOMY)
    async with consuming(rig.consumer(), failing(logged=[f"line {number}" for number in range(30)])):
        await until(in_state(rig.producer, "Dead", JobState.FAILED))
    (letter,) = await rig.letters.page(0, 10)
    assert (letter.letter_id, letter.job_id, letter.generation, letter.project_id) == ("Dead.g1", "Dead", 1, "moon")
    assert (letter.code, letter.sentence) == ("asset-missing", "Board is missing.")
    assert (letter.pointer, letter.step_id) == ("/previewRequest/assets/0", "s")
    assert (letter.attempts, letter.stalls, letter.payload) == (1, 0, payload)
    assert letter.failed_at_ms > 1_600_000_000_000
    assert (letter.request_id, letter.crashes) == ("request", 0)
    assert letter.log_tail == tuple(f"line {number}" for number in range(10, 30))
    assert await rig.letters.get("Dead.g1") == letter


async def test_a_dead_letter_comes_with_the_last_attempt_alone(rig):
    await rig.producer.admit(new_job("job", attempts=3), ROOMY)
    seen = []

    async def handler(delivery):
        seen.append(await rig.letters.count())
        return await failing("storage", retryable=True)(delivery)

    async with consuming(rig.consumer(), handler):
        await until(in_state(rig.producer, "job", JobState.FAILED))
    assert seen == [0, 0, 0]
    (letter,) = await rig.letters.page(0, 10)
    assert (letter.attempts, letter.code) == (3, "storage")


async def test_a_cancelled_or_completed_job_leaves_no_dead_letter(rig):
    await rig.producer.admit(new_job("cancelled"), ROOMY)
    async with consuming(rig.consumer(), failing("cancelled")):
        await until(in_state(rig.producer, "cancelled", JobState.FAILED))
    await rig.producer.admit(new_job("done"), ROOMY)
    async with consuming(rig.consumer(), completing):
        await until(in_state(rig.producer, "done", JobState.COMPLETED))
    assert await rig.letters.count() == 0


def cancelling(rig, *, retryable, newer=None, code="storage"):
    """A handler whose job is called off while it runs, and which fails of something else all the same."""

    async def handler(delivery):
        if newer is None:
            answer = await rig.producer.cancel(delivery.job_id, record_ttl_s=LIFE_S)
            assert answer.verdict is CancelVerdict.ASKED
        elif delivery.job_id != newer.job_id:
            assert (await rig.producer.admit(newer, ROOMY)).superseded == (delivery.job_id,)
        return await failing(code, retryable=retryable)(delivery)

    return handler


async def test_a_run_that_was_cancelled_and_says_so_leaves_no_dead_letter(rig):
    await rig.producer.admit(new_job("job"), ROOMY)
    async with consuming(rig.consumer(), cancelling(rig, retryable=False, code="cancelled")):
        job = await until(in_state(rig.producer, "job", JobState.FAILED))
    assert (job.failed_code, await rig.letters.count()) == ("cancelled", 0)


@pytest.mark.parametrize(("retryable", "attempts"), [(False, 3), (True, 1), (True, 3)])
async def test_a_job_that_was_cancelled_while_it_ran_ends_so_whatever_its_run_fails_of(rig, retryable, attempts):
    await rig.producer.admit(new_job("job", attempts=attempts), ROOMY)

    async with consuming(rig.consumer(), cancelling(rig, retryable=retryable)):
        job = await until(in_state(rig.producer, "job", JobState.FAILED))

    assert (job.failed_code, job.failed_reason) == ("cancelled", "The job was cancelled.")
    assert job.attempts_made == 1
    assert await rig.letters.count() == 0
    again = await rig.producer.cancel("job", record_ttl_s=LIFE_S)
    assert again == CancelAnswer(verdict=CancelVerdict.ENDED, job_id="job", state="cancelled")


async def test_a_job_that_was_superseded_while_it_ran_leaves_no_dead_letter_when_its_run_fails(rig):
    await rig.producer.admit(new_job("old", scope="chapter", attempts=1), ROOMY)
    replacing = cancelling(rig, retryable=False, newer=newer("new", Supersede.ALL))

    async with consuming(rig.consumer(), replacing):
        await until(in_state(rig.producer, "new", JobState.FAILED))

    old = await rig.producer.job("old")
    assert (old.state, old.failed_code) == (JobState.FAILED, "cancelled")
    assert old.failed_reason == "Superseded by job new."
    assert [letter.job_id for letter in await rig.letters.page(0, 10)] == ["new"]


async def test_dead_letters_are_paged_newest_first_and_removed_for_good(rig):
    for number in range(5):
        await rig.producer.admit(new_job(f"job-{number}"), ROOMY)
    async with consuming(rig.consumer(), failing()):
        await until(in_state(rig.producer, "job-4", JobState.FAILED))
    assert [letter.job_id for letter in await rig.letters.page(1, 2)] == ["job-3", "job-2"]
    assert await rig.letters.remove(["job-3.g1", "job-1.g1", "nobody.g1"]) == 2
    assert [letter.job_id for letter in await rig.letters.page(0, 9)] == ["job-4", "job-2", "job-0"]
    assert await rig.letters.count() == 3
    assert await rig.letters.get("job-3.g1") is None


KEY = IdempotencyKey(name="key", fingerprint="one")
LIFE_S = 3600


async def test_the_same_key_brings_the_same_job_again_under_whatever_id_it_comes(rig):
    await rig.producer.admit(new_job("first", key=KEY), ROOMY)

    again = await rig.producer.admit(new_job("second", digest="other files", key=KEY), ROOMY)

    assert isinstance(again, Replayed)
    assert again.existing.job_id == "first"
    assert await rig.producer.job("second") is None


async def test_a_key_is_refused_when_it_comes_with_another_payload(rig):
    await rig.producer.admit(new_job("first", key=KEY), ROOMY)

    other = await rig.producer.admit(new_job("second", key=replace(KEY, fingerprint="two")), ROOMY)

    assert other == KeyReused(job_id="first")
    assert await rig.producer.job("second") is None


async def test_a_key_is_remembered_when_it_comes_with_a_job_that_is_known(rig):
    await rig.producer.admit(new_job("first"), ROOMY)

    assert isinstance(await rig.producer.admit(new_job("first", key=KEY), ROOMY), Replayed)
    other = await rig.producer.admit(new_job("second", key=replace(KEY, fingerprint="two")), ROOMY)
    assert other == KeyReused(job_id="first")


async def test_a_key_is_free_when_its_request_was_refused(rig):
    full = AdmissionGate(queue_max=0, record_ttl_s=60)

    assert isinstance(await rig.producer.admit(new_job("first", key=KEY), full), Refused)
    assert isinstance(await rig.producer.admit(new_job("second", key=KEY), ROOMY), Admitted)


async def test_row_42_one_job_comes_of_each_key_when_a_hundred_requests_race_for_it(rig):
    async def race(name):
        key = IdempotencyKey(name=name, fingerprint="one")
        jobs = (new_job(f"{name}-{number}", digest=name, key=key) for number in range(100))
        return await asyncio.gather(*(rig.producer.admit(job, ROOMY) for job in jobs))

    for number in range(50):
        answers = await race(f"key-{number}")
        (admitted,) = [answer for answer in answers if isinstance(answer, Admitted)]
        others = [answer for answer in answers if answer is not admitted]
        assert {answer.existing.job_id for answer in others} == {admitted.job_id}
    assert (await rig.producer.counts()).total == 50


@pytest.mark.parametrize("storms", [2, pytest.param(100, marks=pytest.mark.full)])
async def test_row_41_exactly_the_queues_limit_is_admitted_when_two_hundred_producers_race(rig, storms):
    gate = AdmissionGate(queue_max=20, record_ttl_s=60)
    await rig.producer.set_paused(True)

    for storm in range(storms):
        jobs = [new_job(f"storm-{storm}-{number}") for number in range(200)]
        answers = await asyncio.gather(*(rig.producer.admit(job, gate) for job in jobs))

        admitted = [answer.job_id for answer in answers if isinstance(answer, Admitted)]
        assert len(admitted) == 20
        assert sum(answer == Refused(backlog=20, queue_max=20) for answer in answers) == 180
        assert (await rig.producer.counts()).backlog == 20
        ends = [await rig.producer.cancel(job_id, record_ttl_s=60) for job_id in admitted]
        assert {end.verdict for end in ends} == {CancelVerdict.CANCELLED}


async def test_row_43_a_quiet_project_waits_for_running_jobs_alone_when_another_has_a_thousand_waiting(rig):
    for number in range(1000):
        await rig.producer.admit(new_job(f"noisy-{number}", project="noisy"), ROOMY_FOR_A_CROWD)
    holding, slots = Holding(), 2

    async with consuming(rig.consumer(slots), holding):
        await holding.have_started(slots)
        await rig.producer.admit(new_job("quiet", project="quiet"), ROOMY_FOR_A_CROWD)
        holding.release.set()
        await holding.have_started(slots + 1)
        before = holding.started.index("quiet")

    assert before == slots


def newer(job_id, supersede=Supersede.WAITING, *, scope="chapter"):
    return new_job(job_id, digest=job_id, scope=scope, supersede=supersede)


async def test_a_job_supersedes_the_waiting_ones_of_its_scope_and_no_other(rig):
    for job_id, scope in (("old", "chapter"), ("older", "chapter"), ("other", "elsewhere")):
        await rig.producer.admit(new_job(job_id, scope=scope), ROOMY)

    admitted = await rig.producer.admit(newer("new"), ROOMY)

    assert sorted(admitted.superseded) == ["old", "older"]
    assert admitted.position == 2
    ended = await rig.producer.job("old")
    assert (ended.state, ended.failed_code, ended.attempts_made) == (JobState.FAILED, "cancelled", 0)
    assert ended.failed_reason == "Superseded by job new."
    assert ended.finished_on_ms is not None
    counts = await rig.producer.counts()
    assert (counts.backlog, counts.active, counts.failed) == (2, 0, 2)
    assert await rig.letters.count() == 0


async def test_a_superseding_job_takes_the_place_of_the_superseded_when_the_queue_is_full(rig):
    gate = AdmissionGate(queue_max=2, record_ttl_s=60)
    await rig.producer.admit(new_job("old", scope="chapter"), gate)
    await rig.producer.admit(new_job("other", scope="elsewhere"), gate)

    assert isinstance(await rig.producer.admit(newer("third", scope="third"), gate), Refused)
    assert (await rig.producer.admit(newer("new"), gate)).superseded == ("old",)
    assert (await rig.producer.counts()).backlog == 2


async def test_nothing_is_superseded_when_the_job_is_refused_or_replayed(rig):
    await rig.producer.admit(new_job("old", scope="chapter"), ROOMY)
    none = AdmissionGate(queue_max=0, record_ttl_s=60)

    assert isinstance(await rig.producer.admit(newer("new"), none), Refused)
    assert isinstance(await rig.producer.admit(replace(newer("old"), digest="digest"), ROOMY), Replayed)
    assert (await rig.producer.job("old")).state is JobState.QUEUED


async def test_a_running_job_is_superseded_only_when_all_are_to_be(rig):
    await rig.producer.admit(new_job("running", scope="chapter"), ROOMY)
    holding = Holding()

    async with consuming(rig.consumer(), holding):
        await holding.have_started(1)
        waiting = await rig.producer.admit(newer("second"), ROOMY)
        everything = await rig.producer.admit(newer("third", Supersede.ALL), ROOMY)

    assert waiting.superseded == ()
    assert sorted(everything.superseded) == ["running", "second"]
    ended = await rig.producer.job("running")  # the consumer's end has handed it back
    assert (ended.state, ended.failed_reason) == (JobState.FAILED, "Superseded by job third.")


@pytest.mark.parametrize("paused", [False, True])
async def test_a_job_that_waits_ends_at_once_when_it_is_cancelled(rig, paused):
    await rig.producer.set_paused(paused)
    await rig.producer.admit(new_job("Job"), ROOMY)

    answer = await rig.producer.cancel("job", record_ttl_s=LIFE_S)

    assert answer == CancelAnswer(verdict=CancelVerdict.CANCELLED, job_id="Job", state="cancelled")
    job = await rig.producer.job("Job")
    assert (job.state, job.failed_code, job.failed_reason) == (JobState.FAILED, "cancelled", "The job was cancelled.")
    assert (job.attempts_made, (await rig.producer.counts()).backlog) == (0, 0)
    assert await rig.letters.count() == 0
    again = await rig.producer.cancel("Job", record_ttl_s=LIFE_S)
    assert again == CancelAnswer(verdict=CancelVerdict.ENDED, job_id="Job", state="cancelled")


async def test_a_cancelled_job_is_not_run_when_workers_come(rig):
    await rig.producer.admit(new_job("cancelled"), ROOMY)
    await rig.producer.admit(new_job("next"), ROOMY)
    await rig.producer.cancel("cancelled", record_ttl_s=LIFE_S)
    holding = Holding()
    holding.release.set()

    async with consuming(rig.consumer(), holding):
        await until(in_state(rig.producer, "next", JobState.COMPLETED))

    assert holding.started == ["next"]


async def test_a_job_that_waits_for_its_next_attempt_ends_at_once_when_it_is_cancelled(slow_rig):
    await slow_rig.producer.admit(new_job("job"), ROOMY)
    async with consuming(slow_rig.consumer(), failing("storage", retryable=True)):
        await until(in_state(slow_rig.producer, "job", JobState.DELAYED))

        answer = await slow_rig.producer.cancel("job", record_ttl_s=LIFE_S)

    assert answer.verdict is CancelVerdict.CANCELLED
    job = await slow_rig.producer.job("job")
    assert (job.state, job.failed_code, job.attempts_made) == (JobState.FAILED, "cancelled", 1)


@pytest.mark.parametrize("outcome", ["retry", "hand-back"])
async def test_a_running_job_ends_cancelled_when_its_run_ends_without_a_verdict(slow_rig, outcome):
    await slow_rig.producer.admit(new_job("job"), ROOMY)
    cancelled = asyncio.Event()

    async def leaving(_delivery):
        await cancelled.wait()
        if outcome == "retry":
            return Failed(code="storage", sentence="Full.", retryable=True)
        return HandBack(reason="no room")

    async with consuming(slow_rig.consumer(), leaving):
        await until(in_state(slow_rig.producer, "job", JobState.ACTIVE))
        answer = await slow_rig.producer.cancel("job", record_ttl_s=LIFE_S)
        cancelled.set()
        job = await until(in_state(slow_rig.producer, "job", JobState.FAILED))

    assert answer == CancelAnswer(verdict=CancelVerdict.ASKED, job_id="job", state="active")
    assert job.failed_code == "cancelled"
    assert await slow_rig.letters.count() == 0


@pytest.mark.parametrize(("handler", "state"), [(completing, "completed"), (failing(), "failed")])
async def test_a_cancel_says_how_the_job_ended_when_it_comes_too_late(rig, handler, state):
    await rig.producer.admit(new_job("job"), ROOMY)
    async with consuming(rig.consumer(), handler):
        await until(in_state(rig.producer, "job", JobState(state)))

    answer = await rig.producer.cancel("job", record_ttl_s=LIFE_S)

    assert answer == CancelAnswer(verdict=CancelVerdict.ENDED, job_id="job", state=state)
    assert (await rig.producer.job("job")).state is JobState(state)


async def test_a_cancel_is_unknown_when_nobody_knows_the_job(rig):
    answer = await rig.producer.cancel("nobody", record_ttl_s=LIFE_S)
    assert answer == CancelAnswer(verdict=CancelVerdict.UNKNOWN, job_id="nobody", state="")


async def test_a_completed_job_is_run_again_only_when_it_is_asked_for(rig):
    await rig.producer.admit(new_job("job"), ROOMY)
    again = new_job("job", again=True)
    assert isinstance(await rig.producer.admit(again, ROOMY), Replayed)
    async with consuming(rig.consumer(), completing):
        await until(in_state(rig.producer, "job", JobState.COMPLETED))
    assert isinstance(await rig.producer.admit(new_job("job"), ROOMY), Replayed)
    assert isinstance(await rig.producer.admit(replace(again, digest="other"), ROOMY), Conflicting)

    assert isinstance(await rig.producer.admit(again, ROOMY), Admitted)

    assert (await rig.producer.job("job")).state is JobState.QUEUED
    second = await rig.producer.admit(again, ROOMY)
    assert (type(second), second.existing.generation) == (Replayed, 2)
    async with consuming(rig.consumer(), completing):
        await until(in_state(rig.producer, "job", JobState.COMPLETED))
    assert (await rig.producer.counts()).completed == 1
