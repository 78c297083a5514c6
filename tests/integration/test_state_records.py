"""Records, fences, commits and heartbeats on a real server."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from preview_worker.errors import LockLostError, QueueUnavailableError, TransientError
from preview_worker.queue import bullmq_withdrawal
from preview_worker.queue.bullmq_connections import QueueAddress
from preview_worker.queue.bullmq_producer import BullmqProducer
from preview_worker.queue.cancelling import CancelVerdict
from preview_worker.queue.port import Replayed
from preview_worker.state.commit import CommitGate, CommitVerdict
from preview_worker.state.connection import open_state
from preview_worker.state.fence import JobFence
from preview_worker.state.keys import CANCELLED_MARK, FAILED_MARK, StateKeys
from preview_worker.state.records import JobRecords, RecordState
from preview_worker.state.workers import Heartbeat, RunningJob, WorkerHeartbeats
from support.queues import ROOMY, new_job, until
from support.simulation import simulated_address

pytestmark = pytest.mark.anyio

TTL_S = 3600
MINE = "mine"
THEIRS = "theirs"


@pytest.fixture(params=["simulated", "valkey"])
def queue_address(request, valkey_server):
    if request.param == "simulated":
        return simulated_address()
    return QueueAddress(url=valkey_server.url, queue_name=f"preview-state-{uuid4().hex}")


@pytest.fixture
async def client(queue_address):
    async with queue_address.client(socket_timeout_s=2.0) as opened:
        yield opened


@pytest.fixture
def keys(queue_address):
    return StateKeys(queue_name=queue_address.queue_name, prefix=queue_address.prefix)


@pytest.fixture
def records(client, keys):
    return JobRecords(client, keys)


@pytest.fixture
async def locked(client, keys, records):
    """A job with a record, locked by token `mine`."""
    await records.create(job_id="job", digest="digest", project_id="project", request_id="request", ttl_s=TTL_S)
    await client.set(keys.lock("job"), MINE)


@pytest.fixture
async def cancel(queue_address, client):
    """Cancels a job that a worker has: its lock is set by hand here, and so is the rest of what taking it leaves."""
    async with BullmqProducer(queue_address) as producer:

        async def ask(job_id):
            await client.hset(queue_address.key(job_id), mapping={"data": "{}", "timestamp": "1"})
            await client.rpush(queue_address.key("active"), job_id)
            return (await producer.cancel(job_id, record_ttl_s=TTL_S)).verdict

        yield ask


async def test_queue_and_state_name_the_same_record(queue_address, keys):
    assert queue_address.record_key("Job-A") == keys.record("job-a")


def test_queue_and_state_name_the_same_marks():
    assert (bullmq_withdrawal.CANCELLED_MARK, bullmq_withdrawal.FAILED_MARK) == (CANCELLED_MARK, FAILED_MARK)


async def test_a_record_reads_back_what_admission_wrote(queue_address, records):
    async with BullmqProducer(queue_address) as producer:
        admitted = await producer.admit(new_job("Job-A", project="cats", digest="d1"), ROOMY)

    record = await records.get("JOB-a")

    assert (record.job_id, record.project_id, record.digest) == ("Job-A", "cats", "d1")
    assert (record.request_id, record.generation, record.fence) == ("request", 1, 0)
    assert (record.state, record.cancel_requested) == (RecordState.QUEUED, False)
    assert record.admitted_at_ms == admitted.admitted_at_ms


async def test_admission_replays_a_job_that_its_worker_recorded(queue_address, records):
    await records.create(job_id="job", digest="digest", project_id="project", request_id="request", ttl_s=TTL_S)

    async with BullmqProducer(queue_address) as producer:
        answer = await producer.admit(new_job("job"), ROOMY)

    assert isinstance(answer, Replayed)


async def test_create_returns_what_stands_there_when_a_record_exists(records, client, keys):
    await records.create(job_id="job", digest="first", project_id="project", request_id="request", ttl_s=TTL_S)

    again = await records.create(job_id="JOB", digest="second", project_id="x", request_id="y", ttl_s=TTL_S)

    assert (again.job_id, again.digest) == ("job", "first")
    assert 0 < await client.ttl(keys.record("job")) <= TTL_S


async def test_create_leaves_the_record_of_a_job_whose_id_differs_in_case(records, client, keys):
    await client.hset(keys.record("job"), mapping={"jobId": "job", "projectId": "first"})

    record = await records.create(job_id="JOB", digest="d", project_id="second", request_id="r", ttl_s=TTL_S)

    assert (record.job_id, record.digest, record.project_id, record.request_id) == ("job", "", "first", "")


async def test_get_returns_none_when_there_is_no_record(records):
    assert await records.get("nobody") is None


@pytest.mark.usefixtures("locked")
async def test_finish_keeps_the_failure_and_ends_the_record_for_good(records):
    finished = await records.finish(
        "job", RecordState.FAILED, ttl_s=TTL_S, failed_code="render-stuck", failed_reason="No progress."
    )
    record = await records.get("job")

    assert finished
    assert record.state.terminal
    assert (record.state, record.failed_code, record.failed_reason) == (
        RecordState.FAILED,
        "render-stuck",
        "No progress.",
    )
    assert record.finished_at_ms >= record.admitted_at_ms
    assert not await records.finish("job", RecordState.COMPLETED, ttl_s=TTL_S)
    assert not await records.transition("job", RecordState.ACTIVE)


@pytest.mark.usefixtures("locked")
async def test_finish_is_refused_when_a_newer_run_holds_the_fence(client, keys, records):
    fence = JobFence(client, keys)
    old = await fence.acquire("job", MINE)
    new = await fence.acquire("job", MINE)

    assert not await records.finish("job", RecordState.FAILED, ttl_s=TTL_S, fence=old)
    assert await records.finish("job", RecordState.COMPLETED, ttl_s=TTL_S, fence=new)


async def test_finish_and_transition_refuse_states_of_the_other_kind(records):
    with pytest.raises(ValueError, match="terminal"):
        await records.finish("job", RecordState.QUEUED, ttl_s=TTL_S)
    with pytest.raises(ValueError, match="terminal"):
        await records.transition("job", RecordState.FAILED)


@pytest.mark.usefixtures("locked")
async def test_a_fence_grows_with_every_run_and_marks_the_record_active(client, keys, records):
    fence = JobFence(client, keys)

    assert [await fence.acquire("job", MINE) for _ in range(3)] == [1, 2, 3]
    record = await records.get("job")
    assert (record.fence, record.state) == (3, RecordState.ACTIVE)


@pytest.mark.parametrize("lock", [None, "another's"])
@pytest.mark.usefixtures("locked")
async def test_no_fence_is_given_when_the_lock_is_not_ours(client, keys, records, lock):
    await client.delete(keys.lock("job"))
    if lock is not None:
        await client.set(keys.lock("job"), lock)

    with pytest.raises(LockLostError):
        await JobFence(client, keys).acquire("job", MINE)
    assert (await records.get("job")).fence == 0


async def test_no_fence_is_given_when_the_job_has_no_record(client, keys, records):
    await client.set(keys.lock("bare"), MINE)

    with pytest.raises(TransientError) as raised:
        await JobFence(client, keys).acquire("bare", MINE)
    assert raised.value.code == "record-missing"
    assert await records.get("bare") is None


@pytest.mark.usefixtures("locked")
async def test_a_commit_shuts_out_a_later_cancel(client, keys, records, cancel):
    fence = await JobFence(client, keys).acquire("job", MINE)
    gate = CommitGate(client, keys)

    verdict = await gate.commit("job", lock_token=MINE, fence=fence, record_ttl_s=TTL_S)

    assert verdict is CommitVerdict.COMMITTED
    assert await cancel("job") is CancelVerdict.TOO_LATE
    record = await records.get("job")
    assert (record.state, record.cancel_requested) == (RecordState.COMMITTED, False)


@pytest.mark.usefixtures("locked")
async def test_a_cancel_shuts_out_a_later_commit(client, keys, records, cancel):
    fence = await JobFence(client, keys).acquire("job", MINE)

    assert await cancel("job") is CancelVerdict.ASKED
    assert (await records.get("job")).cancel_requested
    verdict = await CommitGate(client, keys).commit("job", lock_token=MINE, fence=fence, record_ttl_s=TTL_S)
    assert verdict is CommitVerdict.CANCELLED
    assert await records.finish("job", RecordState.CANCELLED, ttl_s=TTL_S, fence=fence)


@pytest.mark.usefixtures("locked")
async def test_no_run_begins_when_the_job_was_cancelled(client, keys, records, cancel):
    await cancel("job")

    assert await JobFence(client, keys).acquire("job", MINE) is None
    assert await records.finish("job", RecordState.CANCELLED, ttl_s=TTL_S)
    assert await JobFence(client, keys).acquire("job", MINE) is None
    record = await records.get("job")
    assert (record.state, record.fence) == (RecordState.CANCELLED, 0)


@pytest.mark.parametrize("recorded", [True, False])
async def test_a_job_is_called_off_from_its_cancel_to_its_end(records, cancel, client, keys, recorded):
    if recorded:
        await records.create(job_id="job", digest="d", project_id="p", request_id="r", ttl_s=TTL_S)
    assert not await records.called_off("job")

    assert await cancel("job") is CancelVerdict.ASKED
    assert [await records.called_off(job_id) for job_id in ("job", "JOB")] == [True, False]
    assert 0 < await client.ttl(keys.record("job")) <= TTL_S

    assert await records.finish("job", RecordState.CANCELLED, ttl_s=TTL_S)
    assert not await records.called_off("job")


async def test_a_flag_in_a_record_that_names_no_job_is_the_jobs_that_asks(records, client, keys):
    await client.hset(keys.record("job"), "cancel", "1")  # as an older version's cancel leaves it
    assert await records.called_off("job")


@pytest.mark.usefixtures("locked")
async def test_a_committed_job_is_not_called_off(records, client, keys):
    fence = await JobFence(client, keys).acquire("job", MINE)
    await CommitGate(client, keys).commit("job", lock_token=MINE, fence=fence, record_ttl_s=TTL_S)
    await client.hset(keys.record("job"), "cancel", "1")
    assert not await records.called_off("job")


@pytest.mark.usefixtures("locked")
async def test_a_run_that_finds_its_preview_standing_shuts_out_a_later_cancel(client, keys, records, cancel):
    await records.finish("job", RecordState.COMPLETED, ttl_s=TTL_S)
    await client.hset(keys.record("job"), mapping={"cancel": "1", "cancelSentence": "x", "supersededBy": "newer"})

    fence = await JobFence(client, keys).acquire("job", MINE, standing=True)

    assert await cancel("job") is CancelVerdict.TOO_LATE
    record = await records.get("job")
    assert (fence, record.state) == (1, RecordState.COMMITTED)
    assert (record.cancel_requested, record.superseded_by) == (False, "")


@pytest.mark.usefixtures("locked")
async def test_a_flag_that_came_after_the_end_cancels_no_later_run(client, keys, records):
    await records.finish("job", RecordState.COMPLETED, ttl_s=TTL_S)
    await client.hset(keys.record("job"), "cancel", "1")

    fence = await JobFence(client, keys).acquire("job", MINE)

    assert not await records.called_off("job")
    verdict = await CommitGate(client, keys).commit("job", lock_token=MINE, fence=fence, record_ttl_s=TTL_S)
    assert verdict is CommitVerdict.COMMITTED


@pytest.mark.usefixtures("locked")
async def test_a_job_added_anew_under_the_id_of_a_cancelled_one_gets_a_fence(client, keys, records, cancel):
    await cancel("job")
    await records.finish("job", RecordState.CANCELLED, ttl_s=TTL_S, failed_code="cancelled", lock_token=MINE)
    await client.delete(keys.job("job"))
    await client.hset(keys.job("job"), "data", "{}")

    fence = await JobFence(client, keys).acquire("job", MINE)

    record = await records.get("job")
    assert (fence, record.state, record.cancel_requested) == (1, RecordState.ACTIVE, False)
    assert (record.failed_code, record.finished_at_ms) == ("", 0)
    verdict = await CommitGate(client, keys).commit("job", lock_token=MINE, fence=fence, record_ttl_s=TTL_S)
    assert verdict is CommitVerdict.COMMITTED


async def test_exactly_one_of_commit_and_cancel_wins_when_they_race(client, keys, records, cancel):
    gate = CommitGate(client, keys)
    fence = JobFence(client, keys)
    for number in range(30):
        job_id = f"race-{number}"
        await records.create(job_id=job_id, digest="d", project_id="p", request_id="r", ttl_s=TTL_S)
        await client.set(keys.lock(job_id), MINE)
        mine = await fence.acquire(job_id, MINE)

        verdict, cancelled = await asyncio.gather(
            gate.commit(job_id, lock_token=MINE, fence=mine, record_ttl_s=TTL_S), cancel(job_id)
        )

        assert (verdict is CommitVerdict.COMMITTED) == (cancelled is CancelVerdict.TOO_LATE)


@pytest.mark.usefixtures("locked")
async def test_a_zombies_commit_is_refused_when_a_newer_run_has_the_fence(client, keys):
    fence = JobFence(client, keys)
    gate = CommitGate(client, keys)
    zombie = await fence.acquire("job", MINE)
    await client.set(keys.lock("job"), THEIRS)
    newer = await fence.acquire("job", THEIRS)

    with pytest.raises(LockLostError):
        await gate.commit("job", lock_token=MINE, fence=zombie, record_ttl_s=TTL_S)
    with pytest.raises(LockLostError):
        await gate.commit("job", lock_token=THEIRS, fence=zombie, record_ttl_s=TTL_S)
    assert await gate.commit("job", lock_token=THEIRS, fence=newer, record_ttl_s=TTL_S) is CommitVerdict.COMMITTED


@pytest.mark.usefixtures("locked")
async def test_the_next_run_may_commit_again_when_the_committing_worker_died(client, keys, records):
    fence = JobFence(client, keys)
    gate = CommitGate(client, keys)
    first = await fence.acquire("job", MINE)
    await gate.commit("job", lock_token=MINE, fence=first, record_ttl_s=TTL_S)

    second = await fence.acquire("job", MINE)

    assert (await records.get("job")).state is RecordState.COMMITTED
    assert await gate.commit("job", lock_token=MINE, fence=second, record_ttl_s=TTL_S) is CommitVerdict.COMMITTED
    assert await records.finish("job", RecordState.COMPLETED, ttl_s=TTL_S, fence=second)


@pytest.mark.usefixtures("locked")
async def test_a_committed_job_fails_only_by_the_word_of_who_holds_its_lock(client, keys, records):
    fence = await JobFence(client, keys).acquire("job", MINE)
    await CommitGate(client, keys).commit("job", lock_token=MINE, fence=fence, record_ttl_s=TTL_S)

    for token in ("", THEIRS):
        assert not await records.finish("job", RecordState.FAILED, ttl_s=TTL_S, lock_token=token)
        assert (await records.get("job")).state is RecordState.COMMITTED

    assert await records.finish("job", RecordState.FAILED, ttl_s=TTL_S, lock_token=MINE)
    assert (await records.get("job")).state is RecordState.FAILED


@pytest.mark.parametrize("to", [RecordState.FAILED, RecordState.CANCELLED, RecordState.COMPLETED])
@pytest.mark.usefixtures("locked")
async def test_a_run_that_lost_its_lock_has_no_say_in_the_record(client, keys, records, to):
    await JobFence(client, keys).acquire("job", MINE)
    await client.set(keys.lock("job"), THEIRS)

    assert await records.finish("job", to, ttl_s=TTL_S, lock_token=MINE) is None
    await client.delete(keys.lock("job"))
    assert await records.finish("job", to, ttl_s=TTL_S, lock_token=MINE) is None
    assert (await records.get("job")).state is RecordState.ACTIVE

    await client.set(keys.lock("job"), THEIRS)
    assert await records.finish("job", to, ttl_s=TTL_S, lock_token=THEIRS) is to


@pytest.mark.usefixtures("locked")
async def test_a_committed_job_is_not_cancelled_by_who_holds_its_lock_either(client, keys, records):
    fence = await JobFence(client, keys).acquire("job", MINE)
    await CommitGate(client, keys).commit("job", lock_token=MINE, fence=fence, record_ttl_s=TTL_S)

    assert await records.finish("job", RecordState.CANCELLED, ttl_s=TTL_S, lock_token=MINE) is None
    assert (await records.get("job")).state is RecordState.COMMITTED


@pytest.mark.parametrize("token", ["", MINE])
@pytest.mark.usefixtures("locked")
async def test_a_failed_run_of_a_job_whose_cancel_was_accepted_ends_it_as_cancelled(
    client, keys, records, cancel, token
):
    await JobFence(client, keys).acquire("job", MINE)
    assert await cancel("job") is CancelVerdict.ASKED

    became = await records.finish(
        "job", RecordState.FAILED, ttl_s=TTL_S, failed_code="storage", failed_reason="Full.", lock_token=token
    )

    record = await records.get("job")
    assert became is record.state is RecordState.CANCELLED
    assert (record.failed_code, record.failed_reason) == ("cancelled", "The job was cancelled.")
    assert record.finished_at_ms >= record.admitted_at_ms


@pytest.mark.usefixtures("locked")
async def test_a_record_is_not_ended_by_a_job_whose_id_differs_in_case(client, keys, records):
    await JobFence(client, keys).acquire("job", MINE)
    assert not await records.finish("JOB", RecordState.FAILED, ttl_s=TTL_S)
    assert (await records.get("job")).state is RecordState.ACTIVE


def heartbeat(worker_id, started_at_ms=1):
    return Heartbeat(
        worker_id=worker_id,
        host="host",
        pid=42,
        started_at_ms=started_at_ms,
        slots=2,
        sandbox="full",
        jobs=(RunningJob(job_id="job", stage="render"),),
    )


async def test_live_lists_workers_with_what_they_do_until_they_leave(client, keys):
    heartbeats = WorkerHeartbeats(client, keys)
    await heartbeats.beat(heartbeat("younger", started_at_ms=2))
    await heartbeats.beat(heartbeat("older", started_at_ms=1))

    live = await heartbeats.live()
    assert [worker.heartbeat for worker in live] == [heartbeat("older", 1), heartbeat("younger", 2)]
    assert all(0 <= worker.age_ms < 5_000 for worker in live)

    await heartbeats.leave("older")
    assert [worker.heartbeat.worker_id for worker in await heartbeats.live()] == ["younger"]


async def test_live_forgets_a_worker_when_its_heartbeat_expired(client, keys):
    heartbeats = WorkerHeartbeats(client, keys, ttl_s=0.05)
    await heartbeats.beat(heartbeat("dead"))

    async def gone():
        return not await heartbeats.live()

    await until(gone)
    assert await client.smembers(keys.workers) == set()


async def test_live_reads_a_heartbeat_of_another_build(client, keys):
    heartbeats = WorkerHeartbeats(client, keys)
    await client.set(keys.worker("newer"), '{"worker_id": "newer", "gpu": true}', px=10_000)
    await client.sadd(keys.workers, "newer")

    assert [worker.heartbeat.worker_id for worker in await heartbeats.live()] == ["newer"]


async def test_every_call_fails_with_our_error_when_nobody_listens(tmp_path):
    keys = StateKeys(queue_name="preview-jobs")
    async with open_state(f"unix://{tmp_path}/none.sock") as client:
        calls = [
            JobRecords(client, keys).get("job"),
            JobFence(client, keys).acquire("job", MINE),
            CommitGate(client, keys).commit("job", lock_token=MINE, fence=1, record_ttl_s=1),
            WorkerHeartbeats(client, keys).live(),
        ]
        for call in calls:
            with pytest.raises(QueueUnavailableError):
                await call
