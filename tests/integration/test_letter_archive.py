"""The bound of the dead letters: the oldest beyond it become files, and none is lost on the way."""

from __future__ import annotations

import json

import pytest

from preview_worker.errors import StorageError
from preview_worker.queue.bullmq_connections import connect
from preview_worker.queue.bullmq_consumer import BullmqConsumer, ConsumerTiming
from preview_worker.queue.bullmq_dead_letters import BullmqDeadLetters
from preview_worker.queue.bullmq_producer import BullmqProducer
from preview_worker.queue.delivery import Failed
from preview_worker.queue.port import JobState
from preview_worker.worker.letter_archive import LetterArchive
from support.queues import ROOMY, consuming, in_state, new_job, until

pytestmark = pytest.mark.anyio


@pytest.fixture
async def letters(queue_address):
    """Five letters of about a kilobyte, the first one's job called as nobody of ours would."""

    async def failing(_delivery):
        return Failed(code="asset-missing", sentence="Board is missing.", retryable=False)

    ids = ["../odd", "job-1", "job-2", "job-3", "job-4"]
    consumer = BullmqConsumer(queue_address, concurrency=1, timing=ConsumerTiming(wait_s=0.1))
    async with BullmqProducer(queue_address) as producer, connect(queue_address.url, socket_timeout_s=2.0) as client:
        for job_id in ids:
            await producer.admit(new_job(job_id, payload={"jobId": job_id, "text": "x" * 1000}), ROOMY)
        async with consuming(consumer, failing):
            await until(in_state(producer, ids[-1], JobState.FAILED))
        yield BullmqDeadLetters(client, queue_address)


def archive_of(letters, folder, **bounds):
    return LetterArchive(letters=letters, folder=folder, **bounds)


async def test_oldest_letters_become_files_when_there_are_too_many(letters, tmp_path):
    assert await archive_of(letters, tmp_path / "letters", most=3).archive() == 2
    assert [letter.job_id for letter in await letters.page(0, 9)] == ["job-4", "job-3", "job-2"]
    files = [json.loads(path.read_text()) for path in (tmp_path / "letters").iterdir()]
    assert {file["letter_id"] for file in files} == {"../odd.g1", "job-1.g1"}
    assert {file["payload"]["text"] for file in files} == {"x" * 1000}
    assert await archive_of(letters, tmp_path / "letters", most=3).archive() == 0


async def test_oldest_letters_become_files_when_they_are_too_large_together(letters, tmp_path):
    assert await archive_of(letters, tmp_path / "letters", most=9, largest_bytes=3000).archive() == 3
    assert [letter.job_id for letter in await letters.page(0, 9)] == ["job-4", "job-3"]


async def test_letters_stay_when_there_is_no_room_on_the_disk(letters, tmp_path):
    (tmp_path / "letters").write_text("a file where the folder should be")
    with pytest.raises(StorageError):
        await archive_of(letters, tmp_path / "letters", most=0).archive()
    assert await letters.count() == 5
