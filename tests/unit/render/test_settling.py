from __future__ import annotations

import asyncio
import threading

import pytest

from preview_worker.render.settling import settled

pytestmark = pytest.mark.anyio


async def test_result_of_the_thread_is_returned():
    assert await settled(sum, [1, 2, 3]) == 6


async def test_error_of_the_thread_reaches_the_caller():
    with pytest.raises(ValueError, match="invalid literal"):
        await settled(int, "x")


async def test_cancelled_caller_waits_for_the_thread_to_end():
    began, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        began.set()
        may_end.wait(10)
        ended.set()

    task = asyncio.create_task(settled(work))
    assert await asyncio.to_thread(began.wait, 10)
    task.cancel()
    task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()


async def test_task_that_waits_for_the_thread_is_called_after_the_function():
    began, may_end = threading.Event(), threading.Event()

    def remove_folder() -> None:
        began.set()
        may_end.wait(10)

    caller = asyncio.create_task(settled(remove_folder))
    assert await asyncio.to_thread(began.wait, 10)
    assert "settled-remove_folder" in {task.get_name() for task in asyncio.all_tasks()}
    may_end.set()
    await caller
