"""What a process left behind is removed once it is dead, and not before."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from preview_worker.storage.janitor import sweep
from preview_worker.storage.places import Places
from support.queues import until
from support.trees import deep_tree
from support.workers import working

OWNER_THAT_WAITS = """
import sys
from pathlib import Path
from preview_worker.storage.janitor import Tenancy
from preview_worker.storage.places import Places
with Tenancy(Places(Path(sys.argv[1]))) as tenancy:
    for folder in (tenancy.work / "1", tenancy.stage / "moon.1.x"):
        folder.mkdir(parents=True)
        (folder / "file").write_text("unfinished")
    print(tenancy.work.name, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def places(tmp_path):
    return Places(tmp_path)


@pytest.fixture
def owner(places):
    """A process with unfinished work; its owner name and itself."""
    command = [sys.executable, "-c", OWNER_THAT_WAITS, str(places.root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process.stdout.readline().strip(), process
        process.kill()


def names(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_sweep_removes_everything_of_an_owner_when_it_was_killed(places, owner):
    name, process = owner
    process.kill()
    process.wait()
    assert sweep(places) == (name,)
    assert names(places.work) == names(places.stage) == []


def test_a_sweep_touches_nothing_of_an_owner_when_it_lives(places, owner):
    name, _ = owner
    assert sweep(places) == ()
    assert (places.work / name / "1" / "file").read_text() == "unfinished"
    assert (places.stage / name / "moon.1.x" / "file").read_text() == "unfinished"


def test_nothing_is_left_of_an_owner_when_it_ends_in_order(places, owner):
    _, process = owner
    process.communicate()
    assert process.returncode == 0
    assert names(places.work) == names(places.stage) == []


@pytest.mark.anyio
async def test_a_worker_starts_and_sweeps_when_a_dead_one_left_trees_deeper_than_paths_are_long(
    service, queue_address, tmp_path
):
    left = [service.places.work / "dead" / "1-1", service.places.stage / "dead", service.places.trash / "old"]
    for folder in left:
        await asyncio.to_thread(deep_tree, folder)
    async with working(queue_address, tmp_path):

        async def started():
            return await service.workers.live()

        await until(started, deadline_s=20)

        async def swept():
            return not any(folder.exists() for folder in left)

        await until(swept, deadline_s=20)
