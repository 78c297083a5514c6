"""What a run's end makes of its job, in queue, record, metrics and log, whatever the run raised."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from preview_worker.contract import Supersede
from preview_worker.errors import AssetError, JobConflictError, RenderStartError
from preview_worker.observability.metrics import Metrics
from preview_worker.queue.bullmq_consumer import BullmqConsumer
from preview_worker.queue.bullmq_producer import BullmqProducer
from preview_worker.queue.cancelling import CancelVerdict
from preview_worker.queue.delivery import Delivery, Failed, HandBack, StopSignal
from preview_worker.queue.port import JobState
from preview_worker.queue.supersession import scope_of
from preview_worker.render.fork_server import ForkServer, has_fork_server
from preview_worker.state.casualties import Casualties
from preview_worker.state.connection import open_state
from preview_worker.state.fence import JobFence
from preview_worker.state.keys import StateKeys
from preview_worker.state.records import JobRecords, RecordState
from preview_worker.worker.handler import REST_S, JobHandler
from preview_worker.worker.heartbeat import Bench
from preview_worker.worker.holding import NoProcessYet
from support.queues import ROOMY, consuming, in_state, new_job, until
from support.service import PREFIX, payload
from support.workers import working

pytestmark = pytest.mark.anyio

JOB = f"{PREFIX}/job"
LOCK = "token"


async def nothing(_told):
    """Take a report."""


class Runner:
    """Raises what a test wants, and remembers what failed."""

    def __init__(self, error):
        self.error = error
        self.remembered = []

    async def run(self, _delivery):
        raise self.error

    async def remember_failure(self, _delivery, error):
        self.remembered.append(error.code)


class Looking(JobRecords):
    """Records that tell when a worker has asked them twice whether a job was called off."""

    def __init__(self, client, keys):
        super().__init__(client, keys)
        self._times, self.looked = 0, asyncio.Event()

    async def called_off(self, job_id):
        answer = await super().called_off(job_id)
        self._times += 1
        if self._times == 2:
            self.looked.set()
        return answer


class Rig:
    def __init__(self, client):
        self.client, self.keys = client, StateKeys(queue_name=f"handler-{uuid4().hex}")
        self.records, self.metrics = JobRecords(client, self.keys), Metrics(version="test")
        self.bench = Bench()

    async def outcome(self, runner, *, attempt=1):
        await self.records.create(job_id="moon", digest="d", project_id="p", request_id="r", ttl_s=60)
        await self.client.set(self.keys.lock("moon"), LOCK)
        await JobFence(self.client, self.keys).acquire("moon", LOCK)
        return await self.handled(runner, attempt=attempt)

    def handler(self, runner, *, records=None):
        return JobHandler(
            runner=runner,
            records=records or self.records,
            casualties=Casualties(self.client, self.keys),
            metrics=self.metrics,
            bench=self.bench,
            record_ttl_s=60,
        )

    async def handled(self, runner, *, job_id="moon", attempt=1, records=None):
        delivery = Delivery(
            job_id=job_id,
            payload={"projectId": "p"},
            attempt=attempt,
            attempts=2,
            stalls=0,
            priority=1,
            created_at_ms=1,
            lock_token=LOCK,
            stop=StopSignal(),
            report=nothing,
            log=nothing,
        )
        return await self.handler(runner, records=records)(delivery)

    def outcomes(self):
        lines = self.metrics.exposition().decode().splitlines()
        prefix = 'preview_worker_job_outcomes_total{outcome="'
        counts = {line[len(prefix) :].split('"')[0]: line.split()[-1] for line in lines if line.startswith(prefix)}
        return {outcome for outcome, count in counts.items() if float(count)} - {"started"}


@pytest.fixture
async def rig(valkey_server):
    async with open_state(valkey_server.url) as client:
        yield Rig(client)


async def test_what_nobody_expected_uses_an_attempt_and_is_told_everywhere_at_the_last(rig):
    runner = Runner(OSError(28, "No space left on device"))
    with capture_logs() as logs:
        first = await rig.outcome(runner)
        assert (first.code, first.retryable, rig.outcomes()) == ("internal", True, {"retried"})
        assert (await rig.records.get("moon")).state is RecordState.ACTIVE
        last = await rig.outcome(runner, attempt=2)

    assert isinstance(last, Failed)
    assert last.sentence == "The run ended with an unexpected OSError; the worker's log has the details."
    record = await rig.records.get("moon")
    assert (record.state, record.failed_code, runner.remembered) == (RecordState.FAILED, "internal", ["internal"])
    assert rig.outcomes() == {"retried", "failed"}
    unexpected = [entry for entry in logs if entry["event"] == "run-ended-unexpectedly"]
    assert [(entry["log_level"], "No space left" in entry["error"]) for entry in unexpected] == [("error", True)] * 2


async def test_a_final_failure_is_told_likewise(rig):
    runner = Runner(AssetError("A picture is missing."))
    await rig.outcome(runner)
    assert ((await rig.records.get("moon")).state, runner.remembered) == (RecordState.FAILED, ["asset-unusable"])


async def test_a_cancel_that_was_accepted_is_told_when_the_run_fails_for_good(rig):
    class Cancelled(Runner):
        async def run(self, delivery):
            await rig.client.hset(rig.keys.record("moon"), "cancel", "1")
            return await super().run(delivery)

    runner = Cancelled(AssetError("A picture is missing."))
    outcome = await rig.outcome(runner)
    assert (outcome.code, outcome.retryable) == ("cancelled", False)
    assert ((await rig.records.get("moon")).state, runner.remembered) == (RecordState.CANCELLED, [])
    assert rig.outcomes() == {"cancelled"}


@pytest.mark.parametrize(
    ("job_id", "state"),
    [("moon", RecordState.CANCELLED), ("MOON", RecordState.CANCELLED), ("MOON", RecordState.ACTIVE)],
)
async def test_a_job_ends_by_its_own_merits_when_an_earlier_one_under_its_id_was_cancelled(rig, job_id, state):
    records = Looking(rig.client, rig.keys)

    class Slow(Runner):
        async def run(self, delivery):
            await records.looked.wait()
            return await super().run(delivery)

    await records.create(job_id="moon", digest="old", project_id="p", request_id="r", ttl_s=60)
    await rig.client.hset(rig.keys.record("moon"), mapping={"state": state.value, "cancel": "1"})
    await rig.client.set(rig.keys.lock(job_id), LOCK)
    outcome = await rig.handled(Slow(JobConflictError("Another job's.")), job_id=job_id, records=records)
    assert outcome.code == "job-id-conflict"
    assert (await records.get("moon")).state is state


@pytest.mark.parametrize("superseded", [False, True])
async def test_a_foreign_job_is_cancelled_while_it_is_taken_in_and_one_added_anew_is_not(
    rig, queue_address, foreign, superseded
):
    request = {"jobId": "job", "projectId": "project", "previewRequest": {"chapterId": "chapter"}}
    scope = scope_of(project_id="project", chapter_id="chapter", language="en", dry_run=False)
    rig.keys = StateKeys(queue_name=queue_address.queue_name, prefix=queue_address.prefix)
    rig.records, taken = JobRecords(rig.client, rig.keys), asyncio.Event()

    class Endless(Runner):
        async def run(self, _delivery):
            taken.set()
            await asyncio.Event().wait()

    async with BullmqProducer(queue_address) as producer:
        await foreign.add("render-preview", request, {"jobId": "job", "removeOnFail": True})
        async with consuming(BullmqConsumer(queue_address, concurrency=1), rig.handler(Endless(None))):
            await taken.wait()
            if superseded:
                newer = new_job("newer", scope=scope, supersede=Supersede.ALL)
                assert (await producer.admit(newer, replace(ROOMY, record_ttl_s=60))).superseded == ("job",)
            else:
                assert (await producer.cancel("job", record_ttl_s=60)).verdict is CancelVerdict.ASKED

            async def gone():
                return await producer.job("job") is None

            await until(gone)
        record = await rig.records.get("job")
        assert (record.state, record.project_id) == (RecordState.CANCELLED, "project")
        assert record.superseded_by == ("newer" if superseded else "")
        assert record.failed_reason == ("Superseded by job newer." if superseded else "The job was cancelled.")

        await foreign.add("render-preview", request, {"jobId": "job"})
        runner = Runner(AssetError("A picture is missing."))
        async with consuming(BullmqConsumer(queue_address, concurrency=1), rig.handler(runner)):
            ended = await until(in_state(producer, "job", JobState.FAILED))
        assert ended.failed_code == "asset-unusable"


async def test_a_job_that_no_render_process_starts_for_goes_back_unspent(rig):
    runner, began_s = Runner(NoProcessYet("No render process can be forked: out of memory.")), time.monotonic()
    outcome = await rig.outcome(runner, attempt=2)
    assert outcome == HandBack(reason="no render process can be started for it yet")
    assert ((await rig.records.get("moon")).state, runner.remembered) == (RecordState.ACTIVE, [])
    assert rig.outcomes() == {"handed-back"}
    assert rig.bench.rests_until_s >= began_s + REST_S


class Scarce(ForkServer):
    """A machine that gives no process for a while."""

    def __init__(self):
        super().__init__()
        self.gives = True
        self.refused = 0

    async def __call__(self, folder, terms, /, *, patience_s):
        if not self.gives:
            self.refused += 1
            raise RenderStartError("No render process can be forked: out of memory.")
        return await super().__call__(folder, terms, patience_s=patience_s)


@pytest.mark.skipif(not has_fork_server(), reason="elsewhere nothing is forked")
async def test_no_job_fails_while_no_render_process_can_be_started(client, service, queue_address, tmp_path):
    server = Scarce()
    async with working(queue_address, tmp_path, server=server):
        await client.post(JOB, json=payload("first") | {"projectId": "one"})  # takes the process that was warm
        await until(in_state(service.producer, "first", JobState.COMPLETED))
        server.gives = False
        await client.post(JOB, json=payload("second") | {"projectId": "two", "attempts": 1})

        async def refused():
            return server.refused >= 2

        await until(refused)
        waiting = await service.producer.job("second")
        server.gives = True
        completed = await until(in_state(service.producer, "second", JobState.COMPLETED))

    assert (waiting.failed_reason, waiting.attempts_made) == (None, 0)
    assert completed.attempts_made == 1
