"""Dead letters on a real server: none is missing, none comes back, and a replay is one run more."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest
from bullmq import Job, Queue
from redis.asyncio import Redis

from preview_worker.contract import Supersede
from preview_worker.queue.backoff import full_jitter
from preview_worker.queue.bullmq_connections import connect
from preview_worker.queue.bullmq_consumer import BullmqConsumer, ConsumerTiming, WorkerName
from preview_worker.queue.bullmq_dead_letters import BullmqDeadLetters
from preview_worker.queue.bullmq_moves import BullmqMoves
from preview_worker.queue.bullmq_producer import BullmqProducer
from preview_worker.queue.bullmq_replay import BullmqReplays, NotReplayed
from preview_worker.queue.bullmq_retention import RetentionRules
from preview_worker.queue.cancelling import CancelAnswer, CancelVerdict
from preview_worker.queue.delivery import Completed, Failed, HandBack
from preview_worker.queue.port import AdmissionGate, Admitted, JobState, Refused
from preview_worker.queue.supersession import scope_of
from preview_worker.state.casualties import Casualties
from preview_worker.state.fence import JobFence
from preview_worker.state.keys import StateKeys
from preview_worker.state.records import JobRecords, RecordState
from support.queues import ROOMY, consuming, in_state, new_job, until

pytestmark = pytest.mark.anyio

FAST = ConsumerTiming(wait_s=0.1, retry_s=0.02, socket_timeout_s=2.0, reconcile_every_s=0.05)


@pytest.fixture
async def producer(queue_address):
    async with BullmqProducer(queue_address) as opened:
        yield opened


@pytest.fixture
async def client(queue_address):
    async with connect(queue_address.url, socket_timeout_s=2.0) as opened:
        yield opened


@pytest.fixture
def letters(client, queue_address):
    return BullmqDeadLetters(client, queue_address)


@pytest.fixture
def records(client, queue_address):
    return JobRecords(client, StateKeys(queue_name=queue_address.queue_name, prefix=queue_address.prefix))


@pytest.fixture
async def foreign(queue_address):
    async with Redis.from_url(queue_address.url, decode_responses=True) as opened:
        yield Queue(queue_address.queue_name, {"connection": opened, "prefix": queue_address.prefix})


def replays_of(client, address, *, queue_max=1000):
    gate = AdmissionGate(queue_max=queue_max, record_ttl_s=3600)
    return BullmqReplays(client, address, gate=gate, attempts=2)


def consumer_of(address):
    name = WorkerName(version="1.2.3")
    return BullmqConsumer(address, concurrency=1, timing=FAST, worker=name, backoff=lambda _failures: 5)


async def failing(_delivery):
    return Failed(code="asset-missing", sentence="Board is missing.", retryable=False)


async def dead(producer, address, letters, job_id="job"):
    """A job that failed for good; its letter."""
    await producer.admit(new_job(job_id, payload={"jobId": job_id, "projectId": "moon", "priority": "high"}), ROOMY)
    async with consuming(consumer_of(address), failing):
        await until(in_state(producer, job_id, JobState.FAILED))
    (letter,) = [found for found in await letters.page(0, 10) if found.job_id == job_id]
    return letter


async def test_a_failure_that_a_foreign_worker_left_gets_its_letter(foreign, client, letters, queue_address):
    await foreign.add("render-preview", {"jobId": "job", "projectId": "moon"}, {"jobId": "job"})
    await client.lrem(queue_address.key("wait"), 0, "job")
    failure = {"failedReason": "Error: out of memory", "finishedOn": 1_700_000_000_000, "atm": 3}
    await client.hset(queue_address.key("job"), mapping=failure)
    await client.zadd(queue_address.key("failed"), {"job": 1_700_000_000_000})

    async def found():
        return await letters.page(0, 10)

    async with consuming(consumer_of(queue_address), failing):
        (letter,) = await until(found)
    assert (letter.letter_id, letter.code, letter.sentence) == ("job.g1", "failed", "Error: out of memory")
    assert (letter.attempts, letter.failed_at_ms, letter.version) == (3, 1_700_000_000_000, "1.2.3")
    assert letter.payload == {"jobId": "job", "projectId": "moon"}


async def test_a_letter_tells_how_often_the_render_process_crashed_with_its_generation(
    producer, client, letters, queue_address
):
    keys = StateKeys(queue_name=queue_address.queue_name, prefix=queue_address.prefix)
    casualties = Casualties(client, keys)
    for run in ("first", "second"):
        await casualties.crashed("job", run)
    letter = await dead(producer, queue_address, letters)
    assert (letter.crashes, letter.request_id) == (2, "request")

    await replays_of(client, queue_address).replay(letter, by="ada")
    async with consuming(consumer_of(queue_address), failing):
        await until(in_state(producer, "job", JobState.FAILED))
    (again,) = await letters.page(0, 10)
    assert (again.letter_id, again.crashes) == ("job.g2", 0)


async def test_a_letter_of_an_older_version_is_read_as_far_as_it_tells(producer, client, letters, queue_address):
    letter = await dead(producer, queue_address, letters)
    key = f"{queue_address.key('').removesuffix(':')}-dlq:{letter.letter_id}"
    stored = json.loads(await client.hget(key, "data"))
    assert (stored.pop("requestId"), stored.pop("crashes")) == ("request", 0)
    await client.hset(key, "data", json.dumps(stored))

    assert await letters.get(letter.letter_id) == replace(letter, request_id="", crashes=0)


async def failed(records, delivery):
    """What a record became whose run ends it as failed."""
    return await records.finish(
        "job",
        RecordState.FAILED,
        ttl_s=60,
        failed_code="asset-missing",
        failed_reason="Board is missing.",
        lock_token=delivery.lock_token,
    )


async def forgotten(address):
    """Let the queue forget a failed job, as its retention does."""
    async with connect(address.url, socket_timeout_s=2.0) as client:
        await client.zrem(address.key("failed"), "job")
        await client.delete(address.key("job"))


PAYLOAD = {"jobId": "job", "projectId": "project", "previewRequest": {"chapterId": "chapter"}}
SCOPE = scope_of(project_id="project", chapter_id="chapter", language="en", dry_run=False)
CANCELLED = Failed(code="cancelled", sentence="The job was cancelled.", retryable=False)
UNAWARE = Failed(code="storage", sentence="The disk is full.", retryable=False)
UNAWARE_AND_RETRYABLE = replace(UNAWARE, retryable=True)


@pytest.mark.parametrize(
    "answer",
    [CANCELLED, UNAWARE, UNAWARE_AND_RETRYABLE, HandBack(reason="asked")],
    ids=["told", "lost", "again", "back"],
)
async def test_a_cancelled_jobs_record_and_failure_say_the_same_when_its_run_fails(
    producer, client, letters, records, queue_address, answer
):
    async def handler(delivery):
        await producer.cancel(delivery.job_id, record_ttl_s=3600)
        assert await failed(records, delivery) is RecordState.CANCELLED
        assert (await records.get("job")).failed_reason == "The job was cancelled."
        return answer

    await producer.admit(new_job("job"), ROOMY)
    async with consuming(consumer_of(queue_address), handler):
        await until(in_state(producer, "job", JobState.FAILED))

    record, job = await records.get("job"), await producer.job("job")
    assert record.state is RecordState.CANCELLED
    told = (record.failed_code, record.failed_reason)
    assert told == (job.failed_code, job.failed_reason) == ("cancelled", "The job was cancelled.")
    stored = await client.hmget(queue_address.key("job"), "failedReason", "stacktrace")
    assert stored[0] == "cancelled: The job was cancelled."
    assert answer not in (CANCELLED, UNAWARE) or stored[1] == '["cancelled: The job was cancelled."]'
    assert await letters.reconcile() == await letters.count() == 0


async def test_a_run_is_answered_the_same_when_it_ends_its_cancelled_job_again(
    producer, client, records, queue_address
):
    answers = []

    async def handler(delivery):
        await client.hset(queue_address.record_key("job"), "cancel", "1")  # as an older version's cancel leaves it
        answers.extend([await failed(records, delivery) for _lost_reply in range(2)])
        lock = {"ttl_s": 60, "lock_token": delivery.lock_token}
        answers.append(await records.finish("job", RecordState.CANCELLED, failed_reason="Told.", **lock))
        answers.append(await records.finish("job", RecordState.COMPLETED, ttl_s=60))
        answers.append((await records.get("job")).failed_reason)
        return CANCELLED

    await producer.admit(new_job("job"), ROOMY)
    async with consuming(consumer_of(queue_address), handler):
        await until(in_state(producer, "job", JobState.FAILED))
    assert answers == [*[RecordState.CANCELLED] * 3, None, "Told."]


async def test_a_cancelled_job_whose_record_no_run_could_end_is_called_off(producer, letters, records, queue_address):
    async def handler(delivery):
        await producer.cancel(delivery.job_id, record_ttl_s=3600)
        return UNAWARE

    await producer.admit(new_job("job"), ROOMY)
    async with consuming(consumer_of(queue_address), handler):
        job = await until(in_state(producer, "job", JobState.FAILED))

    record = await records.get("job")
    assert (record.state, record.failed_reason) == (RecordState.CANCELLED, "The job was cancelled.")
    assert (job.failed_code, await letters.reconcile(), await letters.count()) == ("cancelled", 0, 0)


async def test_a_superseded_jobs_record_names_the_newer_one_once_its_run_has_failed(producer, records, queue_address):
    async def handler(delivery):
        if delivery.job_id == "job":
            await producer.admit(new_job("newer", scope="chapter", supersede=Supersede.ALL), ROOMY)
            assert await failed(records, delivery) is RecordState.CANCELLED
            assert (await records.get("job")).failed_reason == "Superseded by job newer."
            return replace(CANCELLED, sentence="Superseded by job newer.")
        return Completed(result={})

    await producer.admit(new_job("job", scope="chapter"), ROOMY)
    async with consuming(consumer_of(queue_address), handler):
        await until(in_state(producer, "newer", JobState.COMPLETED))
    assert (await producer.job("job")).failed_reason == "Superseded by job newer."


async def test_a_failure_that_the_record_tells_already_stands_whoever_cancels_the_job_then(
    producer, client, letters, records, queue_address
):
    answers = []

    async def handler(delivery):
        assert await failed(records, delivery) is RecordState.FAILED
        answers.append(await producer.cancel("job", record_ttl_s=3600))
        newer = new_job("newer", scope="chapter", supersede=Supersede.ALL)
        answers.append((await producer.admit(newer, ROOMY)).superseded)
        await client.hset(queue_address.record_key("job"), "cancel", "1")  # as an older version's cancel leaves it
        return await failing(delivery)

    await producer.admit(new_job("job", scope="chapter"), ROOMY)
    consumer = consumer_of(queue_address)
    async with consuming(consumer, handler):
        job = await until(in_state(producer, "job", JobState.FAILED))
        await consumer.stop(5)

    assert answers[:2] == [CancelAnswer(verdict=CancelVerdict.ENDED, job_id="job", state="failed"), ()]
    record = await records.get("job")
    assert (record.state, record.failed_code, job.failed_code) == (RecordState.FAILED, *["asset-missing"] * 2)
    assert "job" in [letter.job_id for letter in await letters.page(0, 10)]


async def ended_once(producer, foreign, records, address, before, again):
    """End a job as failed or cancelled, by its run, and bring it back past our admission."""

    async def first(delivery):
        if before is RecordState.CANCELLED:
            await producer.cancel("job", record_ttl_s=3600)
        assert await failed(records, delivery) is before
        return CANCELLED if before is RecordState.CANCELLED else await failing(delivery)

    await producer.admit(new_job("job", payload=PAYLOAD, scope=SCOPE), ROOMY)
    async with consuming(consumer_of(address), first):
        await until(in_state(producer, "job", JobState.FAILED))
    if again == "retried":  # as Bull Board does it
        await (await Job.fromId(foreign, "job")).retry("failed")
    else:
        await forgotten(address)
        await foreign.add("render-preview", PAYLOAD, {"jobId": "job"})


@pytest.mark.parametrize(
    "how", [(RecordState.FAILED, "retried"), (RecordState.FAILED, "added"), (RecordState.CANCELLED, "added")]
)
@pytest.mark.parametrize("superseded", [False, True])
async def test_a_job_that_runs_again_is_cancelled_before_it_has_a_fence(
    producer, foreign, records, queue_address, how, superseded
):
    async def handler(delivery):
        if delivery.job_id == "job":
            if superseded:
                newer = new_job("newer", scope=SCOPE, supersede=Supersede.ALL)
                assert (await producer.admit(newer, ROOMY)).superseded == ("job",)
            else:
                assert (await producer.cancel("job", record_ttl_s=3600)).verdict is CancelVerdict.ASKED
            assert await records.called_off("job")
        return UNAWARE

    await ended_once(producer, foreign, records, queue_address, *how)
    async with consuming(consumer_of(queue_address), handler):
        job = await until(in_state(producer, "job", JobState.FAILED))

    record, sentence = await records.get("job"), "Superseded by job newer." if superseded else "The job was cancelled."
    assert (record.state, job.failed_code) == (RecordState.CANCELLED, "cancelled")
    assert record.superseded_by == ("newer" if superseded else "")
    assert record.failed_reason == job.failed_reason == sentence


async def test_a_cancelled_job_stays_so_when_bullmq_retries_it(
    producer, foreign, client, letters, records, queue_address
):
    keys = StateKeys(queue_name=queue_address.queue_name, prefix=queue_address.prefix)

    async def handler(delivery):
        answer = await producer.cancel("job", record_ttl_s=3600)
        assert (answer.verdict, answer.state) == (CancelVerdict.ENDED, "cancelled")
        assert await JobFence(client, keys).acquire("job", delivery.lock_token) is None
        return UNAWARE

    await ended_once(producer, foreign, records, queue_address, RecordState.CANCELLED, "retried")
    async with consuming(consumer_of(queue_address), handler):
        job = await until(in_state(producer, "job", JobState.FAILED))
    assert (job.failed_code, await letters.count()) == ("cancelled", 0)


@pytest.mark.parametrize("retried", [False, True])
async def test_a_job_that_was_cancelled_while_it_waited_is_known_by_its_mark(
    producer, foreign, client, queue_address, retried
):
    keys = StateKeys(queue_name=queue_address.queue_name, prefix=queue_address.prefix)
    moves = BullmqMoves(client, queue_address, lock_duration_ms=9999, retention=RetentionRules(), backoff=full_jitter)
    await foreign.add("render-preview", PAYLOAD, {"jobId": "job"})
    await producer.cancel("job", record_ttl_s=3600)
    if retried:
        await (await Job.fromId(foreign, "job")).retry("failed")
    else:
        await forgotten(queue_address)
        await foreign.add("render-preview", PAYLOAD, {"jobId": "job"})

    taken = await moves.take()
    assert await JobFence(client, keys).acquire("job", taken.token) == (None if retried else 1)


@pytest.mark.parametrize("how", ["waiting", "running"])
@pytest.mark.parametrize("retryable", [False, True])
async def test_a_foreign_job_under_the_id_of_a_cancelled_one_fails_with_a_letter(
    producer, foreign, letters, records, queue_address, how, retryable
):
    async def cancelled(delivery):
        await producer.cancel("job", record_ttl_s=3600)
        await failed(records, delivery)
        return CANCELLED

    async def conflicting(_delivery):
        return Failed(code="job-id-conflict", sentence="Another job's.", retryable=retryable)

    await producer.admit(new_job("job"), ROOMY)
    if how == "waiting":
        await producer.cancel("job", record_ttl_s=3600)
    async with consuming(consumer_of(queue_address), cancelled):
        await until(in_state(producer, "job", JobState.FAILED))
    await forgotten(queue_address)
    await foreign.add("render-preview", {"jobId": "job"}, {"jobId": "job", "attempts": 2})
    async with consuming(consumer_of(queue_address), conflicting):
        job = await until(in_state(producer, "job", JobState.FAILED))

    assert (job.failed_code, job.attempts_made) == ("job-id-conflict", 1 + retryable)
    assert [letter.code for letter in await letters.page(0, 10)] == ["job-id-conflict"]
    assert (await records.get("job")).state is RecordState.CANCELLED


@pytest.mark.parametrize("own", [True, False], ids=["own", "another"])
async def test_a_dead_workers_job_is_called_off_if_it_is_the_one_whose_record_is_cancelled(
    producer, foreign, client, records, queue_address, own
):
    moves = BullmqMoves(client, queue_address, lock_duration_ms=100, retention=RetentionRules(), backoff=full_jitter)
    await producer.admit(new_job("job"), ROOMY)
    if not own:
        await producer.cancel("job", record_ttl_s=3600)
        await forgotten(queue_address)
        await foreign.add("render-preview", {"jobId": "job"}, {"jobId": "job"})
    taken = await moves.take()
    if own:  # its worker dies once the record says what the queue doesn't
        await producer.cancel("job", record_ttl_s=3600)
        lock = {"ttl_s": 60, "lock_token": taken.token}
        assert await records.finish("job", RecordState.CANCELLED, **lock) is RecordState.CANCELLED

    async def swept():
        return await moves.sweep_stalled(1)

    assert await until(swept) == ["job"]
    assert (await producer.job("job")).state is (JobState.FAILED if own else JobState.QUEUED)


async def test_a_letter_that_was_removed_does_not_come_back(producer, letters, queue_address):
    letter = await dead(producer, queue_address, letters)
    assert letter.version == "1.2.3"
    assert await letters.remove([letter.letter_id]) == 1
    assert await letters.reconcile() == 0
    assert await letters.count() == 0


async def test_letters_are_written_once_when_several_workers_reconcile(foreign, client, letters, queue_address):
    for number in range(20):
        job_id = f"job-{number}"
        await foreign.add("render-preview", {"jobId": job_id}, {"jobId": job_id})
        await client.hset(queue_address.key(job_id), "failedReason", "storage: The disk is full.")
        await client.zadd(queue_address.key("failed"), {job_id: number})
    assert sum(await asyncio.gather(*(letters.reconcile() for _ in range(4)))) == 20
    assert await letters.count() == 20


async def test_a_cancelled_job_gets_no_letter_later_either(producer, letters, queue_address):
    async def cancelled(_delivery):
        return Failed(code="cancelled", sentence="The job was cancelled.", retryable=False)

    await producer.admit(new_job("job"), ROOMY)
    async with consuming(consumer_of(queue_address), cancelled):
        await until(in_state(producer, "job", JobState.FAILED))
    assert await letters.reconcile() == 0


async def test_a_job_whose_producer_keeps_no_failures_leaves_its_letter(producer, foreign, letters, queue_address):
    await foreign.add("render-preview", {"jobId": "job"}, {"jobId": "job", "removeOnFail": True})
    async with consuming(consumer_of(queue_address), failing):

        async def written():
            return await letters.count()

        assert await until(written) == 1
    assert await producer.job("job") is None


async def test_a_replay_is_a_new_generation_that_may_complete(producer, client, letters, records, queue_address):
    letter = await dead(producer, queue_address, letters)
    await records.finish("job", RecordState.FAILED, ttl_s=60, failed_code="asset-missing", failed_reason="Missing.")
    answer = await replays_of(client, queue_address).replay(letter, by="ada")
    assert isinstance(answer, Admitted)
    assert await letters.count() == 0
    record = await records.get("job")
    assert (record.generation, record.state, record.digest, record.failed_code) == (2, RecordState.QUEUED, "", "")
    seen = []

    async def completing(delivery):
        seen.append((delivery.attempt, delivery.attempts, delivery.payload["jobId"]))
        taken = await records.create(job_id="job", digest="new", project_id="moon", request_id="r", ttl_s=60)
        assert (taken.generation, taken.digest) == (2, "new")
        return Completed(result={})

    async with consuming(consumer_of(queue_address), completing):
        await until(in_state(producer, "job", JobState.COMPLETED))
    assert seen == [(1, 2, "job")]
    (entry,) = await replays_of(client, queue_address).audit(10)
    assert (entry.action, entry.letter_id, entry.by) == ("replay", "job.g1", "ada")
    assert entry.at_ms > 1_600_000_000_000


async def test_a_replayed_job_is_superseded_by_what_its_edited_payload_says(producer, client, letters, queue_address):
    letter = await dead(producer, queue_address, letters)
    await client.hset(queue_address.record_key("job"), mapping={"scope": "before", "supersededBy": "newer"})
    edited = letter.payload | {"previewRequest": {"language": "fr", "chapterId": "two"}}

    await replays_of(client, queue_address).replay(replace(letter, payload=edited), by="ada")

    assert await client.hmget(queue_address.record_key("job"), "scope", "supersededBy") == [None, None]
    scope = scope_of(project_id="moon", chapter_id="two", language="fr", dry_run=False)
    newer = new_job("newer", scope=scope, supersede=Supersede.WAITING)
    assert (await producer.admit(newer, ROOMY)).superseded == ("job",)


async def test_a_replay_that_fails_leaves_the_letter_of_its_generation(producer, client, letters, queue_address):
    letter = await dead(producer, queue_address, letters)
    await replays_of(client, queue_address).replay(letter, by="ada")
    async with consuming(consumer_of(queue_address), failing):
        await until(in_state(producer, "job", JobState.FAILED))
    (again,) = await letters.page(0, 10)
    assert (again.letter_id, again.generation) == ("job.g2", 2)


async def test_a_letter_is_replayed_once_when_several_try(producer, client, letters, queue_address):
    letter = await dead(producer, queue_address, letters)
    replays = replays_of(client, queue_address)
    answers = await asyncio.gather(*(replays.replay(letter, by=f"operator-{number}") for number in range(5)))
    assert sum(isinstance(answer, Admitted) for answer in answers) == 1
    assert answers.count(NotReplayed.GONE) == 4


async def test_nothing_is_lost_when_the_queue_is_full(producer, client, letters, queue_address):
    letter = await dead(producer, queue_address, letters)
    await producer.admit(new_job("other"), ROOMY)
    answer = await replays_of(client, queue_address, queue_max=1).replay(letter, by="ada")
    assert answer == Refused(backlog=1, queue_max=1)
    assert await letters.get(letter.letter_id) == letter
    assert (await producer.job("job")).state is JobState.FAILED


async def test_an_old_letter_is_not_replayed_when_its_job_has_run_since(producer, client, letters, queue_address):
    letter = await dead(producer, queue_address, letters)
    await client.hset(queue_address.record_key("job"), "generation", 3)
    assert await replays_of(client, queue_address).replay(letter, by="ada") is NotReplayed.NEWER


async def test_a_letter_is_not_replayed_when_a_job_of_its_id_waits(producer, foreign, client, letters, queue_address):
    letter = await dead(producer, queue_address, letters)
    await client.zrem(queue_address.key("failed"), "job")
    await client.delete(queue_address.key("job"))
    await foreign.add("render-preview", {"jobId": "job"}, {"jobId": "job"})
    assert await replays_of(client, queue_address).replay(letter, by="ada") is NotReplayed.BUSY
    assert await letters.count() == 1
