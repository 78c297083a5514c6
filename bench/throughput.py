"""What the queue, the fence and exactly-once publication cost: jobs a second of one worker process without a render.

Beside it, on the same server, our consumer with jobs that do nothing, and BullMQ's own worker with such jobs.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bullmq import Queue, Worker
from scenarios import Row
from service import running_service

from preview_worker.queue.bullmq_connections import QueueAddress
from preview_worker.queue.bullmq_consumer import BullmqConsumer
from preview_worker.queue.bullmq_producer import BullmqProducer
from preview_worker.queue.delivery import Completed, Delivery
from preview_worker.state.redis_location import socket_path, socket_url

JOBS = 1000
AT_ONCE = 8
POLL_S = 0.1
DRY, NOTHING, OURS = "dry", "nothing", "ours"


def throughput_rows(root: Path) -> Iterator[Row]:
    """Dry runs of one step each, all waiting when the queue is resumed; then as many jobs that do nothing."""
    data_dir = root / "throughput"
    with running_service(data_dir, concurrency=AT_ONCE, PREVIEW_QUEUE_MAX=str(JOBS), PREVIEW_QUEUE_NAME=DRY) as client:
        client.pause()
        started_s = time.monotonic()
        for number in range(JOBS):
            client.submit(_dry_run(number))
        posted_s = time.monotonic() - started_s
        url = socket_url(socket_path(data_dir))
        started_s = time.monotonic()
        client.resume()
        asyncio.run(_all_ended(url))
        yield _row("dry runs, published", time.monotonic() - started_s)
        yield _row("posting them, one after the other", posted_s)
        yield _row("jobs that do nothing, our consumer", asyncio.run(_consumed_s(url)))
        yield _row("jobs that do nothing, BullMQ's worker", asyncio.run(_nothing_done_s(url)))


def _row(label: str, spent_s: float) -> Row:
    return Row(label=label, wall_ms=spent_s * 1000, remark=f"{JOBS / spent_s:.0f} jobs a second, {AT_ONCE} at once")


def _dry_run(number: int) -> dict[str, Any]:
    """Its words are its own, so that no plan stands already."""
    return {
        "jobId": f"dry-{number}",
        "projectId": f"project-{number % AT_ONCE}",
        "requestId": "throughput",
        "dryRun": True,
        "previewRequest": {
            "title": f"Game {number}",
            "steps": [{"id": "s0", "title": f"Step of game {number}", "durationMs": 1000}],
            "assets": [],
            "audio": {"narration": "silent"},
            "options": {"resolution": "160x90", "fps": 12},
        },
    }


async def _all_ended(url: str) -> None:
    """Wait until none waits or runs: of those that completed, the queue keeps only the last.

    The API isn't asked: its work for each answer is many times that of Redis, on cores that the worker needs.
    """
    async with BullmqProducer(QueueAddress(url=url, queue_name=DRY)) as producer:
        while (counts := await producer.counts()).backlog or counts.active:
            if counts.failed:
                raise SystemExit(f"{counts.failed} jobs failed")
            await asyncio.sleep(POLL_S)


async def _consumed_s(url: str) -> float:
    """The gateway alone: locks of our own, moves that are checked, no records and no files."""
    queue, ended, settled = await _filled(OURS, url), asyncio.Event(), 0

    def observe(event: str, _details: object) -> None:
        nonlocal settled
        settled += event == "settled"
        if settled == JOBS:
            ended.set()

    async def nothing(_delivery: Delivery) -> Completed:
        return Completed(result={})

    consumer = BullmqConsumer(QueueAddress(url=url, queue_name=OURS), concurrency=AT_ONCE, observe=observe)
    started_s = time.monotonic()
    async with asyncio.TaskGroup() as group:
        group.create_task(consumer.run(nothing))
        await ended.wait()
        spent_s = time.monotonic() - started_s
        await consumer.stop(0)
    await queue.close()
    return spent_s


async def _filled(name: str, url: str) -> Queue:
    """A queue with jobs that have nothing in them."""
    queue = Queue(name, {"connection": url})
    await queue.addBulk([{"name": name, "data": {}, "opts": {}} for _ in range(JOBS)])
    return queue


async def _nothing_done_s(url: str) -> float:
    queue, ended = await _filled(NOTHING, url), asyncio.Event()
    done = 0

    async def nothing(_job: object, _token: str) -> dict[str, Any]:
        nonlocal done
        done += 1
        if done == JOBS:
            ended.set()
        return {}

    started_s = time.monotonic()
    worker = Worker(NOTHING, nothing, {"connection": url, "concurrency": AT_ONCE})
    await ended.wait()
    spent_s = time.monotonic() - started_s
    await worker.close()
    await queue.close()
    return spent_s
