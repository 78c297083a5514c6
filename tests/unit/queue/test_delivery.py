from __future__ import annotations

import asyncio

import pytest

from preview_worker.queue.delivery import StopReason, StopSignal, guarded, ignore_event


@pytest.mark.anyio
async def test_a_stop_signal_wakes_its_waiter_with_the_first_reason():
    stop = StopSignal()
    waiting = asyncio.create_task(stop.wait())
    stop.request(StopReason.CANCELLED)
    stop.request(StopReason.HAND_BACK)

    assert await waiting is StopReason.CANCELLED
    assert stop.reason is StopReason.CANCELLED


@pytest.mark.anyio
async def test_a_lost_lock_overrides_every_other_reason():
    stop = StopSignal()
    stop.request(StopReason.HAND_BACK)
    stop.request(StopReason.LOCK_LOST)

    assert await stop.wait() is StopReason.LOCK_LOST


def test_a_stop_signal_has_no_reason_while_nobody_asked():
    assert StopSignal().reason is None


def test_a_guarded_observer_hears_events_and_may_raise():
    heard = []

    def observe(event, fields):
        heard.append((event, dict(fields)))
        raise RuntimeError("a broken listener")

    guarded(observe)("lock-lost", {"job_id": "job"})

    assert heard == [("lock-lost", {"job_id": "job"})]
    assert ignore_event("lock-lost", {}) is None
