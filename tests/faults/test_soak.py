"""Row 47 of the fault matrix: a worker that has run thousands of jobs is as small as it was.

Less than 1 MB an hour can't be told from minutes. A worker of two slots runs at most some thousand jobs an hour, so it
may not grow by more than 1 MB with a thousand of them: the slope of a line through what it holds after each batch.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
from pathlib import Path

import pytest

from preview_worker.chaos.arena import Terms, opened
from preview_worker.chaos.generator import generate
from preview_worker.chaos.history import Lines
from preview_worker.chaos.nemesis import until_ended
from preview_worker.chaos.payloads import payload_of
from preview_worker.storage.places import Places
from support.processes import descendants, short_folder

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.full,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]

JOBS, BATCH, WARM_UP = 5000, 250, 2000
RENDERED_EVERY = 50
MB_PER_1000_JOBS = 1.0
SPARE_FILES = 2
"""A connection more or less than at the look before."""


class Look:
    """What a worker holds between two batches."""

    def __init__(self, pid, data_dir):
        process = Path(f"/proc/{pid}")
        memory = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
        self.resident_mb = int(memory["VmRSS"].split()[0]) / 1024
        self.open_files = len(list((process / "fd").iterdir()))
        self.zombies = [child for child in descendants(pid) if state(child) == "Z"]
        places = Places(data_dir)
        self.unfinished = [path for root in (places.stage, places.reservations) for path in root.glob("*/*")]


def state(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "gone"


def payloads(first):
    return [
        payload_of(number, dry_run=number % RENDERED_EVERY != 0, name="soak") for number in range(first, first + BATCH)
    ]


async def test_row_47_a_worker_does_not_grow_with_the_jobs_that_it_has_run():
    looks = {}
    with short_folder() as folder, Lines(folder / "posted") as posted:
        async with opened(folder, Terms(slots=1, concurrency=2, lock_s=15.0)) as arena:
            await arena.fleet.ready()
            worker = arena.fleet.members[0].pid
            for first in range(0, JOBS, BATCH):
                await generate(payloads(first), arena.intake, posted)
                assert await until_ended(arena, first + BATCH)
                looks[first + BATCH] = await asyncio.to_thread(Look, worker, arena.data_dir)
            counts = await arena.producer.counts()
            assert arena.fleet.members[0].pid == worker
    assert (counts.completed, counts.failed) == (JOBS, 0)
    assert [look.zombies for look in looks.values()] == [[]] * len(looks)
    assert [look.unfinished for look in looks.values()] == [[]] * len(looks)
    settled = {jobs: look for jobs, look in looks.items() if jobs >= WARM_UP}
    files = [look.open_files for look in settled.values()]
    assert max(files) - files[0] <= SPARE_FILES, files
    sizes = [look.resident_mb for look in settled.values()]
    slope = statistics.linear_regression([jobs / 1000 for jobs in settled], sizes).slope
    print(f"{slope:.2f} MB per 1,000 jobs; MB: {sizes}; open files: {files}")  # noqa: T201 - the number of the row
    assert slope < MB_PER_1000_JOBS, sizes
