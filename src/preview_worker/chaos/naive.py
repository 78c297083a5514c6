"""The control: the design that most would write first. BullMQ's own worker with its defaults, files written in place.

It draws nothing: a job writes as many bytes as a small preview has, for as long as one takes, then the manifest, then
returns. Its locks live as long as the product's in the same run; all else is BullMQ's default (one stall is forgiven,
three attempts).
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any, Final

from bullmq import Queue, Worker

from preview_worker.chaos.history import TRACE, Lines
from preview_worker.errors import QueueUnavailableError
from preview_worker.faults import FaultPoint
from preview_worker.storage.places import Places
from preview_worker.storage.publish import MANIFEST

ATTEMPTS: Final = 3
ADD_WITHIN_S: Final = 2.0
CHUNKS: Final = 20
CHUNK_BYTES: Final = 2048
RENDER_S: Final = 0.3
PLAN_S: Final = 0.02


class NaiveIntake:
    """Adds jobs with BullMQ's own `Queue.add`."""

    def __init__(self, url: str, queue_name: str) -> None:
        self._queue = Queue(queue_name, {"connection": url})

    async def add(self, payload: dict[str, Any]) -> bool:
        """See `Intake.add`."""
        options: Any = {"jobId": payload["jobId"], "attempts": ATTEMPTS}
        try:
            async with asyncio.timeout(ADD_WITHIN_S):
                await self._queue.add("render-preview", payload, options)
        except Exception as error:  # the library lets its client's own errors through
            raise QueueUnavailableError(f"The queue didn't answer: {error}.") from error
        return True

    async def close(self) -> None:
        """Close the connection."""
        await self._queue.close()


class Writer:
    """Writes a job's files where they are looked for.

    Args:
        places: Folders below DATA_DIR.
        trace: Told of starts and ends.
    """

    def __init__(self, places: Places, trace: Lines) -> None:
        self._places = places
        self._trace = trace

    async def __call__(self, job: Any, _token: str) -> dict[str, str]:
        """BullMQ's processor."""
        payload = job.data
        job_id, dry_run = payload["jobId"], payload["dryRun"]
        self._trace.add(FaultPoint.TAKEN, job=job_id)
        where = self._places.plan if dry_run else self._places.preview
        folder = where(payload["projectId"], job_id)
        folder.mkdir(parents=True, exist_ok=True)
        name, seconds = ("preview.json", PLAN_S) if dry_run else ("preview.mp4", RENDER_S)
        digest, size = hashlib.sha256(), 0
        with (folder / name).open("wb") as file:
            for _ in range(CHUNKS):
                chunk = os.urandom(CHUNK_BYTES)  # as an encoder's timestamps, no two runs are alike
                file.write(chunk)
                file.flush()
                digest.update(chunk)
                size += len(chunk)
                await asyncio.sleep(seconds / CHUNKS)
        listed = {"files": [{"path": name, "size": size, "sha256": digest.hexdigest()}]}
        (folder / MANIFEST).write_text(json.dumps(listed), encoding="utf-8")
        self._trace.add(FaultPoint.RENAMED, job=job_id)
        return {"status": "completed"}


async def work(folder: Path, lock_s: float) -> None:
    """Take jobs until SIGTERM."""
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    with Lines(folder / TRACE) as trace:
        options: Any = {
            "connection": os.environ["REDIS_URL"],
            "concurrency": int(os.environ["PREVIEW_WORKER_CONCURRENCY"]),
            "lockDuration": round(lock_s * 1000),
            "stalledInterval": round(lock_s * 1000),
        }
        writer: Any = Writer(Places(Path(os.environ["DATA_DIR"])), trace)
        worker = Worker(os.environ["PREVIEW_QUEUE_NAME"], writer, options)
        sys.stderr.write('{"event": "worker-ready"}\n')
        await stopping.wait()
        await worker.close()


def main() -> None:
    """Run one naive worker."""
    parser = argparse.ArgumentParser(prog="python -m preview_worker.chaos.naive")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--lock-s", type=float, required=True)
    given = parser.parse_args()
    asyncio.run(work(given.folder, given.lock_s))


if __name__ == "__main__":
    main()
