"""The disk fails at each of a job's changes, on its only attempt: what is visible is completed, what failed isn't."""

from __future__ import annotations

import asyncio

import pytest

from preview_worker.chaos.simulation.checker import content_breaches
from preview_worker.chaos.simulation.worker import RECORD_TTL_S, Parts
from preview_worker.chaos.simulation.world import QUEUE, World
from preview_worker.contract import digest
from preview_worker.queue.bullmq_producer import BullmqProducer
from preview_worker.queue.fairness import Band
from preview_worker.queue.port import AdmissionGate, NewJob
from preview_worker.storage.jobs import JobFiles

CHANGES = range(1, 45)
LONGEST_S = 120
PAYLOAD = {
    "jobId": "job",
    "projectId": "project",
    "requestId": "job",
    "dryRun": True,
    "attempts": 1,
    "previewRequest": {"title": "Simulated", "steps": [{"text": "Take a card."}], "assets": [], "audio": {}},
}


def job():
    return NewJob(
        job_id="job",
        project_id="project",
        digest=digest(PAYLOAD, {}),
        payload=PAYLOAD,
        band=Band.NORMAL,
        attempts=1,
        request_id="job",
    )


async def run(world, fails_at):
    """Post the job and wait for its end; the worker's disk fails once, at that change."""
    world.start_worker()
    producer = BullmqProducer(world.address(world.process("producer")))
    await asyncio.sleep(1)
    process = world.workers[0].process
    process.disk_fails_at = process.operations + fails_at
    async with producer:
        await producer.admit(job(), AdmissionGate(queue_max=1, record_ttl_s=RECORD_TTL_S))
        async with asyncio.timeout(LONGEST_S):
            while not world.history.count("ended"):  # noqa: ASYNC110 - simulated
                await asyncio.sleep(1)
    (end,) = world.history.of("ended")
    await world.bury(world.workers[0])
    return end.facts[0], process.disk_failures


@pytest.fixture(scope="module")
def ends(tmp_path_factory):
    """For each change: how the job ended, whether the disk failed, and what is to be seen."""
    found = {}
    for fails_at in CHANGES:
        root = tmp_path_factory.mktemp("disk")
        world = World(fails_at, root, Parts())
        world.watcher.queue_max = 1
        with world.disk.watched():
            state, failures = world.loop.run_until_complete(run(world, fails_at))
        folder = world.places.plan("project", "job")
        assert world.watcher.violations == []
        assert not folder.exists() or list(content_breaches("job", folder)) == []
        record = JobFiles(world.places.jobs).read("job")
        attempts = world.server.call("HGET", f"bull:{QUEUE}:job", "atm")
        found[fails_at] = (state, failures, folder.exists(), record.state if record else None, int(attempts))
    return found


def test_a_job_fails_only_where_nothing_is_visible(ends):
    wrong = {at: end for at, end in ends.items() if (end[0] == "completed") is not end[2]}
    assert wrong == {}


def test_its_record_says_the_same(ends):
    wrong = {at: end for at, end in ends.items() if end[3] not in {end[0], None}}
    assert wrong == {}


def test_no_attempt_is_used_twice(ends):
    assert {end[4] for end in ends.values()} == {1}


def test_the_disk_failed_before_and_after_the_rename(ends):
    failed = {end[0] for end in ends.values() if end[1]}
    assert failed == {"completed", "failed"}
