"""Jobs of producers that aren't ours, and an outage of the server."""

from __future__ import annotations

import asyncio
import json
import signal
from dataclasses import asdict

import pytest

from preview_worker.errors import QueueUnavailableError
from preview_worker.queue.bullmq_connections import QueueAddress, connect
from preview_worker.queue.bullmq_consumer import BullmqConsumer, ConsumerTiming
from preview_worker.queue.bullmq_dead_letters import BullmqDeadLetters
from preview_worker.queue.bullmq_jobs import DEFAULT_ATTEMPTS
from preview_worker.queue.bullmq_moves import BullmqMoves
from preview_worker.queue.bullmq_producer import BullmqProducer
from preview_worker.queue.bullmq_retention import RetentionRules
from preview_worker.queue.delivery import Completed, Failed, HandBack
from preview_worker.queue.fairness import Band
from preview_worker.queue.flight import Flight
from preview_worker.queue.port import Conflicting, JobState
from support.queues import ROOMY, consuming, in_state, new_job, until

pytestmark = pytest.mark.anyio

FAST = ConsumerTiming(wait_s=0.1, retry_s=0.02, socket_timeout_s=2.0, hand_back_grace_s=0.1)


@pytest.fixture
async def producer(queue_address):
    async with BullmqProducer(queue_address) as opened:
        yield opened


def consumer_of(address, *, events=None):
    observe = (lambda *_: None) if events is None else (lambda event, _fields: events.append(event))
    return BullmqConsumer(address, concurrency=1, timing=FAST, backoff=lambda _failures: 5, observe=observe)


async def completing(_delivery):
    return Completed(result={"status": "completed"})


async def test_a_foreign_job_without_attempts_gets_the_services_number(producer, foreign, queue_address):
    await foreign.add("render-preview", {"jobId": "job"}, {"jobId": "job"})
    attempts = []

    async def handler(delivery):
        attempts.append((delivery.attempt, delivery.attempts))
        return Failed(code="storage", sentence="The disk is full.", retryable=True)

    async with consuming(consumer_of(queue_address), handler):
        await until(in_state(producer, "job", JobState.FAILED))
    assert attempts == [(number, DEFAULT_ATTEMPTS) for number in range(1, DEFAULT_ATTEMPTS + 1)]


async def test_a_foreign_job_disappears_when_its_producer_asked_for_that(producer, foreign, queue_address):
    await foreign.add("render-preview", {}, {"jobId": "job", "removeOnComplete": True})

    async def gone():
        return await producer.job("job") is None

    async with consuming(consumer_of(queue_address), completing):
        await until(gone)


async def test_a_foreign_job_is_kept_as_ours_when_its_rule_makes_no_sense(producer, foreign, queue_address):
    options = {"jobId": "job", "removeOnComplete": {"age": "soon"}, "attempts": "many"}
    await foreign.add("render-preview", {}, options)

    async with consuming(consumer_of(queue_address), completing):
        await until(in_state(producer, "job", JobState.COMPLETED))


@pytest.mark.parametrize("data", ["[1, 2]", "not json", '"text"', ""])
async def test_a_foreign_job_fails_for_good_when_its_payload_is_no_object(producer, foreign, queue_address, data):
    await foreign.add("render-preview", {}, {"jobId": "job", "attempts": 3})
    async with connect(queue_address.url, socket_timeout_s=5) as client:
        await client.hset(queue_address.key("job"), "data", data)

    async with consuming(consumer_of(queue_address), completing):
        job = await until(in_state(producer, "job", JobState.FAILED))
    assert (job.failed_code, job.failed_reason) == ("invalid-payload", "Payload must be an object")


NO_PAYLOAD = [
    "NaN",
    "-Infinity",
    "1e400",
    "-1e999",
    "1" * 5000,
    "[" * 100_000 + "]" * 100_000,
    "[" * 900 + "]" * 900,
    "{1: 2}",
]
ODD_PAYLOAD = [
    '"\\ud800"',
    "1" * 4000,
    "1e300",
    '"\xff\xfe"',
    '{"\\udfff": 1}',
    "[" * 90 + "]" * 90,
    '"\\ud83d\\ude00"',
]


@pytest.mark.parametrize("value", [*NO_PAYLOAD, *ODD_PAYLOAD], ids=lambda value: value[:12])
async def test_a_job_whose_data_nobody_can_write_again_fails_with_a_letter(
    producer, foreign, queue_address, redis, value
):
    events = []
    await foreign.add("render-preview", {}, {"jobId": "odd"})
    await redis.hset(queue_address.key("odd"), "data", b'{"projectId":"moon","x":%s}' % value.encode("latin-1"))
    await foreign.add("render-preview", {}, {"jobId": "healthy"})

    async def handler(delivery):
        if delivery.job_id == "healthy":
            return Completed(result={})
        return Failed(code="invalid-payload", sentence="No.", retryable=False)

    async with consuming(consumer_of(queue_address, events=events), handler):
        job = await until(in_state(producer, "odd", JobState.FAILED))
        await until(in_state(producer, "healthy", JobState.COMPLETED))

    assert job.failed_code == "invalid-payload"
    (letter,) = await BullmqDeadLetters(redis, queue_address).page(0, 10)
    assert (letter.job_id, letter.code, "handler-raised" in events) == ("odd", "invalid-payload", False)
    assert json.dumps(asdict(letter), ensure_ascii=False).encode()  # as the archive and the CLI write it
    if value in NO_PAYLOAD:
        assert letter.payload == job.payload == {}


@pytest.mark.parametrize("value", [*NO_PAYLOAD, *ODD_PAYLOAD], ids=lambda value: value[:12])
async def test_a_failed_job_whose_data_nobody_can_write_again_gets_its_letter_too(foreign, queue_address, redis, value):
    for number, job_id in enumerate(("odd", "healthy")):
        await foreign.add("render-preview", {"jobId": job_id}, {"jobId": job_id})
        await redis.lrem(queue_address.key("wait"), 0, job_id)
        await redis.hset(queue_address.key(job_id), "failedReason", "Error: no")
        await redis.zadd(queue_address.key("failed"), {job_id: number})
    await redis.hset(queue_address.key("odd"), "data", b'{"x":%s}' % value.encode("latin-1"))

    async with connect(queue_address.url, socket_timeout_s=5) as client:
        letters = BullmqDeadLetters(client, queue_address)
        assert await letters.reconcile() == 2
        assert {letter.job_id for letter in await letters.page(0, 10)} == {"odd", "healthy"}


async def test_a_letter_comes_without_its_payload_when_that_cannot_be_written(producer, foreign, queue_address, redis):
    events = []
    await foreign.add("render-preview", {"jobId": "job"}, {"jobId": "job"})

    async def spoiling(delivery):
        delivery.payload["made"] = {1, 2}
        return Failed(code="asset-missing", sentence="Board is missing.", retryable=False)

    async with consuming(consumer_of(queue_address, events=events), spoiling):
        await until(in_state(producer, "job", JobState.FAILED))

    (letter,) = await BullmqDeadLetters(redis, queue_address).page(0, 10)
    assert (letter.code, letter.payload) == ("asset-missing", {})
    assert "letter-without-payload" in events


async def test_a_failed_job_that_the_server_will_not_touch_keeps_no_other_from_its_letter(
    foreign, queue_address, redis
):
    heard = []
    for number, job_id in enumerate(("first", "spoilt", "last")):
        await foreign.add("render-preview", {"jobId": job_id}, {"jobId": job_id})
        await redis.zadd(queue_address.key("failed"), {job_id: number})
    await redis.set(queue_address.key("spoilt:logs"), "no list")

    letters = BullmqDeadLetters(redis, queue_address, observe=lambda event, fields: heard.append((event, fields)))
    assert await letters.reconcile() == 2
    assert [(event, fields["job_id"]) for event, fields in heard] == [("letter-refused", "spoilt")]


ATTEMPTS = ["1e20", str(10**30), '"5"', "-1", "1e400", "NaN", "true", "[1]", "null", '"\\ud800"']


@pytest.mark.parametrize("value", ATTEMPTS)
@pytest.mark.parametrize("outcome", ["completed", "failed"])
async def test_a_job_ends_whatever_its_producer_wrote_for_attempts(
    producer, foreign, queue_address, redis, value, outcome
):
    events = []
    await foreign.add("render-preview", {}, {"jobId": "job"})
    await redis.hset(queue_address.key("job"), "opts", f'{{"attempts": {value}}}')

    async def failing(_delivery):
        return Failed(code="asset-missing", sentence="Board is missing.", retryable=False)

    handler = completing if outcome == "completed" else failing
    async with consuming(consumer_of(queue_address, events=events), handler):
        job = await until(in_state(producer, "job", JobState(outcome)))
    assert (job.attempts_made, "settle-failed" in events) == (1, False)
    assert await BullmqDeadLetters(redis, queue_address).count() == (outcome == "failed")


@pytest.mark.parametrize("outcome", ["completed", "failed"])
async def test_a_job_ends_although_its_own_options_cannot_be_written(producer, foreign, queue_address, redis, outcome):
    events = []
    await foreign.add("render-preview", {"jobId": "job"}, {"jobId": "job"})
    async with connect(queue_address.url, socket_timeout_s=5) as client:
        moves = BullmqMoves(
            client, queue_address, lock_duration_ms=9000, retention=RetentionRules(), backoff=lambda _failures: 5
        )
        taken = await moves.take()
        taken.raw.attempts = 1 << 70

        async def handler(_delivery):
            failed = Failed(code="asset-missing", sentence="Board is missing.", retryable=False)
            return Completed(result={"status": "completed"}) if outcome == "completed" else failed

        flight = Flight(
            taken, moves, lock_renewed_at_s=0.0, retry_s=0.02, observe=lambda event, _fields: events.append(event)
        )
        await flight.fly(handler)

    assert events == ["settle-failed", "settled"]
    assert (await producer.job("job")).state is JobState(outcome)
    letters = await BullmqDeadLetters(redis, queue_address).page(0, 10)
    assert [letter.code for letter in letters] == ["asset-missing"] * (outcome == "failed")


async def test_a_full_server_is_told_once_a_round_and_by_no_job(own_valkey_server):
    address, heard = QueueAddress(url=own_valkey_server.url, queue_name="preview-jobs"), []
    async with connect(address.url, socket_timeout_s=2.0) as client:
        for number, job_id in enumerate(("first", "second")):
            await client.hset(address.key(job_id), "data", "{}")
            await client.zadd(address.key("failed"), {job_id: number})
        letters = BullmqDeadLetters(client, address, observe=lambda event, _fields: heard.append(event))
        await client.config_set("maxmemory", 1)
        with pytest.raises(QueueUnavailableError):
            await letters.reconcile()
        await client.config_set("maxmemory", 0)
        assert (heard, await letters.reconcile()) == ([], 2)


@pytest.mark.parametrize(
    "options",
    [
        {"failParentOnFailure": 1 << 70},
        {"removeOnFail": 1 << 70},
        {"removeOnFail": {"age": 1 << 70}},
        {"removeOnFail": {"age": True}},
    ],
    ids=str,
)
async def test_a_job_whose_options_the_server_cannot_read_fails_like_any_other(
    producer, foreign, queue_address, redis, options
):
    await foreign.add("render-preview", {}, {"jobId": "job"})
    await redis.hset(queue_address.key("job"), "opts", json.dumps(options))

    async def handler(_delivery):
        return Failed(code="asset-missing", sentence="Board is missing.", retryable=False)

    async with consuming(consumer_of(queue_address), handler):
        await until(in_state(producer, "job", JobState.FAILED))


async def test_a_failure_with_a_lone_surrogate_is_stored(producer, foreign, queue_address):
    await foreign.add("render-preview", {}, {"jobId": "job"})

    async def handler(delivery):
        await delivery.log("line \ud800")
        return Failed(code="asset-unusable", sentence="Name \ud800.", retryable=False)

    async with consuming(consumer_of(queue_address), handler):
        job = await until(in_state(producer, "job", JobState.FAILED))
    assert job.failed_reason == "Name ?."


async def test_admission_conflicts_when_a_foreign_job_of_that_id_waits_unread(producer, foreign):
    await foreign.add("render-preview", {}, {"jobId": "job"})

    answer = await producer.admit(new_job("job"), ROOMY)

    assert isinstance(answer, Conflicting)
    assert (answer.existing.digest, answer.existing.state) == ("", "")


async def test_a_foreign_client_reads_what_we_admitted(producer, foreign, queue_address):
    await producer.admit(new_job("job", band=Band.LOW, attempts=7), ROOMY)

    async with connect(queue_address.url, socket_timeout_s=5) as client:
        options = json.loads(await client.hget(queue_address.key("job"), "opts"))

    assert await foreign.getJobState("job") == "prioritized"
    assert (options["attempts"], options["priority"]) == (7, 1_400_000)
    assert options["backoff"] == {"type": "exponential", "delay": 1000}
    assert options["removeOnComplete"] == {"age": 3600, "count": 100}
    assert options["removeOnFail"] == {"age": 86400, "count": 100}


async def test_every_waiting_job_is_done_when_the_server_dies_and_comes_back(own_valkey_server):
    address = QueueAddress(url=own_valkey_server.url, queue_name="preview-jobs")
    events = []
    done = set()

    async def handler(delivery):
        done.add(delivery.job_id)
        return Completed(result={})

    async def noticed():
        return "redis-unreachable" in events

    async def all_done():
        return len(done) == 6

    async with BullmqProducer(address) as producer:
        async with consuming(consumer_of(address, events=events), handler) as running:
            await producer.admit(new_job("before"), ROOMY)
            await until(in_state(producer, "before", JobState.COMPLETED))
            await producer.set_paused(True)
            for number in range(5):
                await producer.admit(new_job(f"job-{number}"), ROOMY)
            own_valkey_server.kill()
            await until(noticed)
            own_valkey_server.start()
            await producer.set_paused(False)
            await until(all_done)
            assert not running.done()
        for number in range(5):
            assert (await producer.job(f"job-{number}")).state is JobState.COMPLETED


async def test_an_outcome_is_stored_after_an_outage_that_is_shorter_than_the_lock(own_valkey_server):
    address = QueueAddress(url=own_valkey_server.url, queue_name="preview-jobs")
    events = []
    started = asyncio.Event()
    release = asyncio.Event()

    async def handler(_delivery):
        started.set()
        await release.wait()
        return Completed(result={"status": "completed"})

    async def noticed():
        return "redis-unreachable" in events

    async with BullmqProducer(address) as producer:
        await producer.admit(new_job("job", attempts=1), ROOMY)
        async with consuming(consumer_of(address, events=events), handler):
            await started.wait()
            own_valkey_server.kill()
            release.set()
            await until(noticed)
            own_valkey_server.start()
            job = await until(in_state(producer, "job", JobState.COMPLETED))
    assert (job.attempts_made, job.return_value) == (1, {"status": "completed"})


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSTOP], ids=["dead", "silent"])
async def test_a_consumer_that_is_asked_to_stop_leaves_soon_while_the_server_is_away(own_valkey_server, end):
    address = QueueAddress(url=own_valkey_server.url, queue_name="preview-jobs")
    async with BullmqProducer(address) as producer:
        await producer.admit(new_job("job"), ROOMY)
    started, events = asyncio.Event(), []

    async def handler(delivery):
        started.set()
        await delivery.stop.wait()
        return HandBack(reason="the worker shuts down")

    consumer = BullmqConsumer(address, concurrency=1, observe=lambda event, _fields: events.append(event))
    running = asyncio.create_task(consumer.run(handler))
    await started.wait()
    own_valkey_server.send_signal(end)
    async with asyncio.timeout(8):  # 1.7 s, with much to spare; its lock runs for 15
        await consumer.stop(0)
        await running
    assert "outcome-dropped" in events
    assert "handed-back" not in events
