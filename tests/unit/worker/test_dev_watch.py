from __future__ import annotations

import asyncio
import os

import pytest

from preview_worker.worker.dev_watch import PAUSE_S, Watcher

pytestmark = pytest.mark.anyio


class Pauses:
    """Pauses that end when the test says so."""

    def __init__(self):
        self._begun, self._may_end = asyncio.Semaphore(0), asyncio.Semaphore(0)
        self.lengths_s = []

    async def pause(self, seconds):
        self.lengths_s.append(seconds)
        self._begun.release()
        await self._may_end.acquire()

    async def next(self):
        """Wait until the watcher pauses."""
        await asyncio.wait_for(self._begun.acquire(), 10)

    def end(self):
        self._may_end.release()

    async def look(self):
        """Let the watcher look once more."""
        self.end()
        await self.next()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "tutorial.yaml"
    path.write_text("one")
    return path


@pytest.fixture
async def watching(file):
    pauses = Pauses()
    watcher = Watcher(pause=pauses.pause)
    await watcher.follow([file])
    task = asyncio.create_task(watcher.changed())
    await pauses.next()
    yield task, pauses
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def write_over(file):
    file.write_text("another")


def rename_into_place(file):
    new = file.with_suffix(".new")
    new.write_text("two")
    os.utime(new, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))
    new.rename(file)


def touch(file):
    os.utime(file, (1, 1))


@pytest.mark.parametrize("save", [write_over, rename_into_place, touch, os.remove])
async def test_save_is_told_when_two_looks_see_the_same(file, watching, save):
    task, pauses = watching
    save(file)
    await pauses.look()
    assert not task.done()
    pauses.end()
    await asyncio.wait_for(task, 10)


async def test_save_is_not_told_when_the_file_is_still_being_written(file, watching):
    task, pauses = watching
    for text in ("t", "tw", "two"):
        file.write_text(text * 2)
        await pauses.look()
        assert not task.done()
    pauses.end()
    await asyncio.wait_for(task, 10)


async def test_nothing_is_told_when_a_file_is_away_for_a_moment_and_the_same_again(file, watching):
    task, pauses = watching
    kept = file.rename(file.with_suffix(".kept"))
    await pauses.look()
    kept.rename(file)
    await pauses.look()
    await pauses.look()
    assert not task.done()


async def test_nothing_is_told_when_a_file_gets_a_second_name(file, watching):
    task, pauses = watching
    os.link(file, file.with_suffix(".link"))
    await pauses.look()
    await pauses.look()
    assert not task.done()
    assert min(pauses.lengths_s) >= PAUSE_S


async def test_change_between_two_waits_is_told_when_the_file_is_still_followed(file, tmp_path):
    watcher = Watcher()
    first = await watcher.follow([file])
    file.write_text("another")
    picture = tmp_path / "board.png"
    stamps = await watcher.follow([file, picture])
    assert stamps == {**first, picture: None}
    await asyncio.wait_for(watcher.changed(), 10)
    picture.write_bytes(b"x")
    await asyncio.wait_for(watcher.changed(), 10)
    assert (await watcher.follow([picture]))[picture].size_bytes == 1
