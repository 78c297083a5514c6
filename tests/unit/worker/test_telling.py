"""Messages are stored in order, the newest always, and nobody waits for them."""

from __future__ import annotations

import asyncio

import pytest

from preview_worker.worker.telling import LatestTeller

pytestmark = pytest.mark.anyio


class Store:
    """Stores messages when it is let."""

    def __init__(self):
        self.stored = []
        self.begun = asyncio.Event()
        self.may_store = asyncio.Event()
        self.has_stored = asyncio.Event()

    async def send(self, message):
        self.begun.set()
        await self.may_store.wait()
        self.stored.append(message["number"])
        self.has_stored.set()


async def test_the_newest_message_is_stored_and_those_between_are_left_out_when_storing_takes_long():
    store = Store()
    async with LatestTeller(store.send) as teller:
        await teller.tell({"number": 1})
        await store.begun.wait()
        for number in (2, 3, 4):
            await teller.tell({"number": number})
        assert store.stored == []
        store.may_store.set()
    assert store.stored == [1, 4]


async def test_leaving_waits_until_the_last_message_is_stored():
    store = Store()
    store.may_store.set()
    async with LatestTeller(store.send) as teller:
        await teller.tell({"number": 1})
    assert store.stored == [1]
    async with LatestTeller(store.send):
        pass
    assert store.stored == [1]


async def test_nothing_is_stored_any_more_when_the_work_failed():
    store = Store()

    async def failing():
        async with LatestTeller(store.send) as teller:
            await teller.tell({"number": 1})
            await store.begun.wait()
            raise ValueError("failed")

    with pytest.raises(ValueError, match="failed"):
        await failing()
    store.may_store.set()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    assert [task.get_name() for task in others if task.get_name() == "progress"] == []
    assert store.stored == []


async def test_a_later_message_is_stored_when_all_before_were():
    store = Store()
    store.may_store.set()
    async with LatestTeller(store.send) as teller:
        await teller.tell({"number": 1})
        await store.has_stored.wait()
        await asyncio.sleep(0)
        await teller.tell({"number": 2})
    assert store.stored == [1, 2]
