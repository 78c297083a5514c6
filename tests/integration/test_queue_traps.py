"""One test per trap of the queue library, named by its number, so that a newer version can be taken safely."""

from __future__ import annotations

import asyncio
import itertools
import signal
import time
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from bullmq import Queue
from redis.asyncio import Redis

from preview_worker.errors import QueueUnavailableError
from preview_worker.queue.backoff import full_jitter
from preview_worker.queue.bullmq_connections import QueueAddress, connect
from preview_worker.queue.bullmq_consumer import BullmqConsumer, ConsumerTiming
from preview_worker.queue.bullmq_moves import MAXIMUM_STALLED_COUNT, BullmqMoves, NothingWaiting
from preview_worker.queue.bullmq_producer import DEADLINE_S, BullmqProducer
from preview_worker.queue.bullmq_retention import RetentionRules
from preview_worker.queue.delivery import Completed, Failed, StopReason
from preview_worker.queue.port import AdmissionGate, Admitted, JobState, Refused, Replayed
from support.queues import ROOMY, consuming, in_state, new_job, until

pytestmark = pytest.mark.anyio

FAST = ConsumerTiming(
    lock_duration_s=0.4,
    renew_every_s=0.1,
    sweep_every_s=0.1,
    wait_s=0.1,
    socket_timeout_s=2.0,
    pause_poll_s=0.02,
    retry_s=0.02,
    hand_back_grace_s=0.1,
)

IDLE_WAITS = 5
RENEWALS = round(3 * FAST.lock_duration_s / FAST.renew_every_s)
"""Of a lock, for three of its lives."""


@pytest.fixture
async def producer(queue_address):
    async with BullmqProducer(queue_address) as opened:
        yield opened


@pytest.fixture
async def client(queue_address):
    async with connect(queue_address.url, socket_timeout_s=5) as opened:
        yield opened


def consumer_of(address, *, timing=FAST, concurrency=1, backoff=lambda _failures: 20, observe=lambda *_: None):
    return BullmqConsumer(address, concurrency=concurrency, timing=timing, backoff=backoff, observe=observe)


@asynccontextmanager
async def foreign_queue(address):
    """The queue as a producer that isn't ours opens it."""
    async with Redis.from_url(address.url, decode_responses=True) as opened:
        yield Queue(address.queue_name, {"connection": opened, "prefix": address.prefix})


async def completing(_delivery):
    return Completed(result={})


async def blocking_waits(client):
    """How many blocking waits the server has seen."""
    return (await client.info("commandstats")).get("cmdstat_bzpopmin", {"calls": 0})["calls"]


def renewed(client, lock, times):
    """Return a condition for `until`: a lock was seen to be given a longer life so many times."""
    lives_ms = []

    async def condition():
        lives_ms.append(await client.pttl(lock))
        return sum(after > before for before, after in itertools.pairwise(lives_ms)) >= times

    return condition


async def dead_worker_takes(client, address):
    """Take a job as a worker does that dies right after: it stays active under a lock that nobody renews."""
    moves = BullmqMoves(client, address, lock_duration_ms=100, retention=RetentionRules(), backoff=full_jitter)

    async def taken():
        job = await moves.take()
        return None if isinstance(job, NothingWaiting) else job

    return await until(taken)


async def test_trap_01_a_job_starts_at_once_when_the_worker_idled_longer_than_its_block_timeout(
    producer, queue_address, client
):
    started = asyncio.Event()
    waits_before = await blocking_waits(client)

    async def handler(_delivery):
        started.set()
        return Completed(result={})

    async def idled():
        # The first may end early, by the marker of the delayed job; the last is under way.
        return await blocking_waits(client) >= waits_before + 1 + IDLE_WAITS + 1

    async with foreign_queue(queue_address) as foreign:
        # Due in a minute: the library would now block for as long as its socket lives.
        await foreign.add("render-preview", {}, {"jobId": "later", "delay": 60_000})
        async with consuming(consumer_of(queue_address), handler):
            await until(idled)
            await producer.admit(new_job("job"), ROOMY)
            async with asyncio.timeout(1):
                await started.wait()
    assert ConsumerTiming().socket_timeout_s >= 4 * ConsumerTiming().wait_s


async def test_trap_02_the_loop_goes_on_when_a_cancelled_error_leaves_the_handler(producer, queue_address):
    await producer.admit(new_job("cancelled", attempts=1), ROOMY)
    await producer.admit(new_job("next"), ROOMY)

    async def handler(delivery):
        if delivery.job_id == "cancelled":
            raise asyncio.CancelledError
        return Completed(result={})

    async with consuming(consumer_of(queue_address), handler) as running:
        await until(in_state(producer, "next", JobState.COMPLETED))
        assert not running.done()
    assert (await producer.job("cancelled")).state is JobState.FAILED


async def test_trap_02_run_raises_when_the_consumer_itself_is_broken(producer, queue_address):
    await producer.admit(new_job("job"), ROOMY)

    def broken_backoff(_failures):
        raise ZeroDivisionError("a bug of the service")

    async def handler(_delivery):
        return Failed(code="storage", sentence="The disk is full.", retryable=True)

    async with asyncio.timeout(5):
        with pytest.raises(ExceptionGroup) as raised:
            await consumer_of(queue_address, backoff=broken_backoff).run(handler)
    assert raised.group_contains(ZeroDivisionError)


async def test_trap_03_a_job_runs_once_when_it_takes_longer_than_its_lock(producer, queue_address, client):
    await producer.admit(new_job("long"), ROOMY)
    starts = []

    async def handler(delivery):
        starts.append(delivery.job_id)
        await until(renewed(client, queue_address.key("long:lock"), RENEWALS))
        return Completed(result={})

    async with consuming(consumer_of(queue_address), handler), consuming(consumer_of(queue_address), handler):
        job = await until(in_state(producer, "long", JobState.COMPLETED))

    assert (starts, job.attempts_made) == (["long"], 1)


async def test_trap_03_the_handler_is_told_and_its_outcome_dropped_when_the_lock_is_lost(
    producer, queue_address, client
):
    await producer.admit(new_job("job"), ROOMY)
    reasons = []
    events = []

    async def handler(delivery):
        await client.set(queue_address.key("job:lock"), "another worker's token", px=60_000)
        reasons.append(await delivery.stop.wait())
        return Completed(result={"by": "the zombie"})

    async def dropped():
        return "outcome-dropped" in events

    async with consuming(consumer_of(queue_address, observe=lambda event, _fields: events.append(event)), handler):
        await until(dropped)

    assert reasons == [StopReason.LOCK_LOST]
    assert (await producer.job("job")).return_value is None


async def test_trap_04_a_job_survives_many_worker_deaths_and_spends_no_attempt(producer, queue_address, client):
    await producer.admit(new_job("job", attempts=1), ROOMY)
    moves = BullmqMoves(client, queue_address, lock_duration_ms=100, retention=RetentionRules(), backoff=full_jitter)

    for _death in range(3):
        dead = await dead_worker_takes(client, queue_address)
        assert dead.job_id == "job"

        async def swept():
            return await moves.sweep_stalled(1)

        assert await until(swept) == ["job"]
    async with consuming(consumer_of(queue_address), completing):
        job = await until(in_state(producer, "job", JobState.COMPLETED))

    assert job.attempts_made == 1
    assert MAXIMUM_STALLED_COUNT == 1000


async def test_trap_04_another_worker_takes_over_within_seconds_when_one_dies(producer, queue_address, client):
    await producer.admit(new_job("job"), ROOMY)
    await dead_worker_takes(client, queue_address)
    stalls = []

    async def handler(delivery):
        stalls.append(delivery.stalls)
        return Completed(result={})

    died_at_s = time.monotonic()
    async with consuming(consumer_of(queue_address), handler):
        await until(in_state(producer, "job", JobState.COMPLETED))

    assert time.monotonic() - died_at_s < 3
    assert stalls == [1]
    default = ConsumerTiming()
    assert default.lock_duration_s + 2 * default.sweep_every_s <= 25


async def test_row_30_a_dead_workers_job_is_found_when_the_servers_clock_has_stepped_back(
    producer, queue_address, client
):
    await producer.admit(new_job("job"), ROOMY)
    await dead_worker_takes(client, queue_address)
    # What stands after a step of an hour: by the earlier clock sweeps would be kept off, and the lock ours, until now.
    await client.set(queue_address.key("stalled-check"), "1", px=3_600_000)
    await client.pexpire(queue_address.key("job:lock"), 3_600_000, xx=True)
    async with consuming(consumer_of(queue_address), completing):
        job = await until(in_state(producer, "job", JobState.COMPLETED))
    assert job.attempts_made == 1


async def test_row_30_a_foreign_workers_lock_stays_as_long_as_it_wants(producer, queue_address, client):
    await producer.admit(new_job("job"), ROOMY)
    await dead_worker_takes(client, queue_address)
    token = f"{uuid4()}:7"  # as BullMQ's own workers make them, which may want an hour for their locks
    await client.set(queue_address.key("job:lock"), token, px=3_600_000)
    moves = BullmqMoves(client, queue_address, lock_duration_ms=100, retention=RetentionRules(), backoff=full_jitter)
    for _ in range(3):
        await client.delete(queue_address.key("stalled-check"))
        assert await moves.sweep_stalled(1) == []
    assert await client.pttl(queue_address.key("job:lock")) > 3_000_000


async def test_trap_05_stop_ends_in_time_and_frees_the_job_when_a_handler_never_ends(producer, queue_address):
    await producer.admit(new_job("job", attempts=1), ROOMY)
    started = asyncio.Event()

    async def stuck(_delivery):
        started.set()
        await asyncio.Event().wait()

    consumer = consumer_of(queue_address)
    running = asyncio.create_task(consumer.run(stuck))
    await started.wait()
    asked_at_s = time.monotonic()
    await consumer.stop(0.1)
    await running

    assert time.monotonic() - asked_at_s < 2
    async with consuming(consumer_of(queue_address), completing):
        job = await until(in_state(producer, "job", JobState.COMPLETED))
    assert job.attempts_made == 1


async def test_trap_06_our_jobs_always_carry_a_priority_and_foreign_ones_without_go_first(producer, queue_address):
    ours = await producer.admit(new_job("ours"), ROOMY)
    order = []

    async def handler(delivery):
        order.append((delivery.job_id, delivery.priority))
        return Completed(result={})

    async with foreign_queue(queue_address) as foreign:
        await foreign.add("render-preview", {}, {"jobId": "plain"})
        await foreign.add("render-preview", {}, {"jobId": "ten", "priority": 10})
        async with consuming(consumer_of(queue_address), handler):
            await until(in_state(producer, "ours", JobState.COMPLETED))

    assert order == [("plain", 0), ("ten", 10), ("ours", ours.priority)]
    assert ours.priority > 0


async def test_trap_07_pausing_leaves_the_librarys_own_pause_alone(producer, queue_address, client):
    await producer.set_paused(True)
    async with foreign_queue(queue_address) as foreign:
        await foreign.add("render-preview", {}, {"jobId": "foreign"})
        assert not await foreign.isPaused()

    assert await client.exists(queue_address.key("paused")) == 0
    assert await client.llen(queue_address.key("wait")) == 1
    assert (await producer.counts()).waiting == 1


async def test_trap_08_a_retry_starts_when_its_delay_is_over_though_the_worker_idles(producer, queue_address):
    await producer.admit(new_job("job"), ROOMY)
    starts_s = []

    async def handler(_delivery):
        starts_s.append(time.monotonic())
        if len(starts_s) == 1:
            return Failed(code="storage", sentence="The disk is full.", retryable=True)
        return Completed(result={})

    idle = ConsumerTiming(wait_s=5.0)
    async with consuming(consumer_of(queue_address, timing=idle, backoff=lambda _failures: 300), handler):
        await until(in_state(producer, "job", JobState.COMPLETED))

    assert 0.29 <= starts_s[1] - starts_s[0] < 0.9  # the library alone rounds such a wait up to a second


async def test_trap_09_neither_limiter_nor_global_concurrency_is_ever_set(producer, queue_address, client):
    for number in range(4):
        await producer.admit(new_job(f"job-{number}"), ROOMY)
    async with consuming(consumer_of(queue_address, concurrency=2), completing):
        await until(in_state(producer, "job-3", JobState.COMPLETED))

    meta = await client.hgetall(queue_address.key("meta"))
    assert not meta.keys() & {"concurrency", "max", "duration", "paused"}
    assert await client.exists(queue_address.key("limiter")) == 0


async def test_trap_10_the_producer_answers_in_time_when_nobody_listens(tmp_path):
    address = QueueAddress(url=f"unix://{tmp_path}/none.sock", queue_name="preview-jobs")
    async with BullmqProducer(address) as producer:
        asked_at_s = time.monotonic()
        for call in (producer.admit(new_job("job"), ROOMY), producer.job("job"), producer.counts()):
            with pytest.raises(QueueUnavailableError):
                await call
    assert time.monotonic() - asked_at_s < DEADLINE_S


async def test_trap_10_the_producer_answers_in_time_when_the_server_hangs(own_valkey_server):
    address = QueueAddress(url=own_valkey_server.url, queue_name="preview-jobs")
    async with BullmqProducer(address, deadline_s=0.3) as producer:
        await producer.counts()
        own_valkey_server.send_signal(signal.SIGSTOP)
        asked_at_s = time.monotonic()
        with pytest.raises(QueueUnavailableError):
            await producer.admit(new_job("job"), ROOMY)
        assert time.monotonic() - asked_at_s < 1.0
        own_valkey_server.send_signal(signal.SIGCONT)
        assert (await producer.counts()).active == 0
    assert DEADLINE_S == 2.0


async def test_trap_11_a_replay_keeps_what_is_stored_also_when_the_queue_forgot_the_job(
    producer, queue_address, client
):
    await producer.admit(new_job("job", payload={"version": "first"}), ROOMY)
    assert isinstance(await producer.admit(new_job("job", payload={"version": "second"}), ROOMY), Replayed)
    assert (await producer.job("job")).payload == {"version": "first"}

    await client.delete(queue_address.key("job"), queue_address.key("prioritized"))

    assert isinstance(await producer.admit(new_job("job"), ROOMY), Replayed)
    assert await producer.job("job") is None


async def test_trap_12_a_cancelled_job_is_not_retried(producer, queue_address):
    await producer.admit(new_job("job", attempts=5), ROOMY)
    starts = []

    async def handler(delivery):
        starts.append(delivery.job_id)
        delivery.stop.request(StopReason.CANCELLED)
        assert await delivery.stop.wait() is StopReason.CANCELLED
        return Failed(code="cancelled", sentence="Cancelled by its submitter.", retryable=False)

    async with consuming(consumer_of(queue_address), handler):
        job = await until(in_state(producer, "job", JobState.FAILED))

    assert (starts, job.failed_code) == (["job"], "cancelled")


@pytest.mark.parametrize("retryable", [True, False])
async def test_trap_13_every_final_failure_is_durable_without_any_listener(producer, queue_address, client, retryable):
    await producer.admit(new_job("job", attempts=1), ROOMY)

    async def handler(_delivery):
        return Failed(code="render-stuck", sentence="No progress for 60 s.", retryable=retryable)

    async with consuming(consumer_of(queue_address), handler):
        job = await until(in_state(producer, "job", JobState.FAILED))

    assert await client.zscore(queue_address.key("failed"), "job") is not None
    assert (job.failed_code, job.failed_reason) == ("render-stuck", "No progress for 60 s.")


async def test_trap_14_exactly_the_limit_is_admitted_when_four_producers_race(queue_address):
    gate = AdmissionGate(queue_max=100, record_ttl_s=60)
    producers = [BullmqProducer(queue_address, deadline_s=30) for _ in range(4)]
    try:
        answers = await asyncio.gather(
            *(producers[number % 4].admit(new_job(f"job-{number}"), gate) for number in range(160))
        )
    finally:
        for opened in producers:
            await opened.close()

    assert sum(isinstance(answer, Admitted) for answer in answers) == 100
    assert sum(isinstance(answer, Refused) for answer in answers) == 60


async def test_trap_14_the_worker_drains_a_queue_that_foreign_producers_overfilled(producer, queue_address):
    gate = AdmissionGate(queue_max=5, record_ttl_s=60)
    async with foreign_queue(queue_address) as foreign:
        for number in range(9):
            await foreign.add("render-preview", {}, {"jobId": f"foreign-{number}", "priority": 5})
        assert await producer.admit(new_job("ours"), gate) == Refused(backlog=9, queue_max=5)

    async def empty():
        return (await producer.counts()).completed == 9

    async with consuming(consumer_of(queue_address), completing):
        await until(empty)
    assert isinstance(await producer.admit(new_job("ours"), gate), Admitted)


async def test_trap_15_a_listener_that_raises_harms_nothing(producer, queue_address):
    await producer.admit(new_job("bad", attempts=1), ROOMY)
    await producer.admit(new_job("good"), ROOMY)

    def broken_listener(event, _fields):
        raise RuntimeError(event)

    async def handler(delivery):
        if delivery.job_id == "bad":
            raise ValueError("a bug")
        return Completed(result={})

    async with consuming(consumer_of(queue_address, observe=broken_listener), handler):
        await until(in_state(producer, "good", JobState.COMPLETED))
    assert (await producer.job("bad")).state is JobState.FAILED


async def test_trap_15_a_foreign_job_is_retried_with_our_backoff_when_its_own_type_is_unknown(producer, queue_address):
    attempts = []

    async def handler(delivery):
        attempts.append(delivery.attempt)
        if delivery.attempt < 2:
            return Failed(code="storage", sentence="The disk is full.", retryable=True)
        return Completed(result={})

    async with foreign_queue(queue_address) as foreign:
        options = {"jobId": "foreign", "attempts": 3, "backoff": {"type": "lunar", "delay": 3_600_000}}
        await foreign.add("render-preview", {}, options)
        async with consuming(consumer_of(queue_address), handler):
            await until(in_state(producer, "foreign", JobState.COMPLETED))
    assert attempts == [1, 2]


async def test_trap_15_a_result_with_nan_fails_once_and_for_good(producer, queue_address):
    await producer.admit(new_job("job"), ROOMY)

    async def handler(_delivery):
        return Completed(result={"speedRatio": float("nan")})

    async with consuming(consumer_of(queue_address), handler):
        job = await until(in_state(producer, "job", JobState.FAILED))
    assert (job.attempts_made, job.failed_code) == (1, "internal")


async def test_trap_16_locks_last_milliseconds_and_blocking_waits_last_seconds(producer, queue_address, client):
    await producer.admit(new_job("job"), ROOMY)
    lifetimes_ms = []

    async def handler(_delivery):
        lifetimes_ms.append(await client.pttl(queue_address.key("job:lock")))
        return Completed(result={})

    timing = ConsumerTiming(lock_duration_s=7.0, wait_s=0.1)
    async with consuming(consumer_of(queue_address, timing=timing), handler):
        await until(in_state(producer, "job", JobState.COMPLETED))
    assert 6_000 < lifetimes_ms[0] <= 7_000


async def test_trap_17_the_servers_policy_and_durability_are_read(own_valkey_server):
    address = QueueAddress(url=own_valkey_server.url, queue_name="preview-jobs")
    async with BullmqProducer(address) as producer, connect(address.url, socket_timeout_s=5) as admin:
        safe = await producer.server_facts()
        await admin.config_set("maxmemory-policy", "allkeys-lru")
        unsafe = await producer.server_facts()

    assert (safe.eviction_policy, safe.append_only, safe.append_fsync) == ("noeviction", True, "always")
    assert unsafe.eviction_policy == "allkeys-lru"
    assert safe.version
    assert safe.ping_ms > 0


async def test_trap_17_facts_are_unknown_when_the_server_forbids_reading_them(own_valkey_server):
    async with connect(own_valkey_server.url, socket_timeout_s=5) as admin:
        await admin.execute_command("ACL", "SETUSER", "guest", "on", "nopass", "~*", "+ping")
    guest_url = own_valkey_server.url.replace("unix://", "unix://guest:any@")
    async with BullmqProducer(QueueAddress(url=guest_url, queue_name="preview-jobs")) as producer:
        facts = await producer.server_facts()

    assert (facts.version, facts.eviction_policy, facts.append_only, facts.append_fsync) == (None, None, None, None)


async def test_trap_18_jobs_with_a_priority_count_as_waiting_work(producer, queue_address, client):
    await producer.admit(new_job("job"), ROOMY)

    counts = await producer.counts()

    assert await client.llen(queue_address.key("wait")) == 0
    assert (counts.waiting, counts.prioritized, counts.backlog, counts.total) == (0, 1, 1, 1)
