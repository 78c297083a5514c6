from __future__ import annotations

import asyncio
import threading

import pytest

from preview_worker.assets.apart import AbandonedError, NoThreadError, apart, unless

PATIENCE_S = 20


def test_a_result_comes_back_from_a_thread_of_its_own():
    name = asyncio.run(apart(lambda _ended: threading.current_thread().name))
    assert name == "assets"


def test_an_error_comes_back_as_it_was_raised():
    def fail(_ended):
        raise ValueError("no picture")

    with pytest.raises(ValueError, match="no picture"):
        asyncio.run(apart(fail))


def test_neither_loop_nor_process_waits_for_a_work_whose_caller_was_cancelled():
    begun, silent, seen = threading.Event(), threading.Event(), []

    def work(ended):
        begun.set()
        assert silent.wait(PATIENCE_S)
        seen.append(ended.is_set())
        unless(ended)

    async def cancelled():
        caller = asyncio.create_task(apart(work))
        await asyncio.to_thread(begun.wait, PATIENCE_S)
        caller.cancel()
        await asyncio.gather(caller, return_exceptions=True)
        return next(thread for thread in threading.enumerate() if thread.name == "assets")

    left_behind = asyncio.run(cancelled())  # a loop waits for the threads of its own executor
    assert left_behind.daemon
    assert seen == []
    silent.set()
    left_behind.join(PATIENCE_S)
    assert seen == [True]


def test_it_is_told_when_no_thread_can_be_started(monkeypatch):
    def refuse(_thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(NoThreadError, match="can't start new thread"):
        asyncio.run(apart(lambda _ended: None))


def test_a_work_ends_where_it_looks_once_nobody_waits():
    ended = threading.Event()
    unless(ended)
    ended.set()
    with pytest.raises(AbandonedError):
        unless(ended)
