from __future__ import annotations

import asyncio
import json

import pytest

from preview_worker.api.dev_screen import KEPT, DevScreen
from preview_worker.contract.dev import DevPhase, DevState, DevVideo

pytestmark = pytest.mark.anyio
DEADLINE_S = 10


def state(save, phase=DevPhase.RENDERING):
    return DevState(phase=phase, save=save, file="tutorial.yaml")


def video(name):
    return DevVideo(
        url=f"/videos/{name}/preview.mp4",
        media_type="video/mp4",
        poster_url="/p",
        captions_url="/c",
        title=name,
        language="en",
        width_px=160,
        height_px=90,
        duration_ms=1,
        segments=1,
        segments_made=1,
    )


class Page:
    """One page's stream."""

    def __init__(self, screen, last_event_id=None):
        self._events = screen.events(last_event_id)

    async def next(self):
        """The next event as (id, part, content)."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                lines = (await anext(self._events)).decode().splitlines()
                fields = dict(line.partition(": ")[::2] for line in lines if line)
                if "event" in fields:
                    return fields["id"], fields["event"], json.loads(fields["data"])

    async def ends(self):
        async with asyncio.timeout(DEADLINE_S):
            return [event async for event in self._events]


async def test_page_sees_what_is_true_now_when_it_comes_late(tmp_path):
    screen = DevScreen()
    screen.tell(state(1))
    screen.show(video("a"), "a", tmp_path)
    screen.tell(state(2, DevPhase.READY))
    page = Page(screen)
    assert [(await page.next())[1:] for _ in range(2)] == [
        ("video", video("a").model_dump(mode="json", by_alias=True)),
        ("state", state(2, DevPhase.READY).model_dump(mode="json", by_alias=True)),
    ]


async def test_page_is_told_of_a_change_when_it_waits():
    screen = DevScreen()
    screen.tell(state(1))
    pages = [Page(screen), Page(screen)]
    for page in pages:
        await page.next()
    waiting = [asyncio.create_task(page.next()) for page in pages]
    await asyncio.sleep(0)
    screen.tell(state(2))
    assert [(await told)[2]["save"] for told in waiting] == [2, 2]


async def test_page_gets_only_what_is_new_when_it_comes_back(tmp_path):
    screen = DevScreen()
    screen.tell(state(1))
    screen.show(video("a"), "a", tmp_path)
    page = Page(screen)
    await page.next()
    last, part, _ = await page.next()
    assert part == "video"
    screen.tell(state(2))
    again = Page(screen, last)
    assert (await again.next())[1:] == ("state", state(2).model_dump(mode="json", by_alias=True))
    screen.close()
    assert await again.ends() == []


@pytest.mark.parametrize("last", ["", "nonsense", "x-7", "-", "1-²"])
async def test_page_gets_everything_when_it_comes_from_another_run(last):
    screen = DevScreen()
    screen.tell(state(1))
    assert (await Page(screen, last).next())[1] == "state"


async def test_page_that_reads_slowly_gets_the_newest_alone():
    screen = DevScreen()
    page = Page(screen)
    screen.tell(state(1))
    await page.next()
    for save in range(2, 50):
        screen.tell(state(save))
    assert (await page.next())[2]["save"] == 49
    screen.close()
    assert await page.ends() == []


async def test_waiting_page_ends_when_the_screen_is_closed():
    screen = DevScreen()
    ended = asyncio.create_task(Page(screen).ends())
    await asyncio.sleep(0)
    screen.close()
    assert len(await ended) == 1


async def test_newest_pictures_and_folders_alone_are_kept(tmp_path):
    screen = DevScreen()
    for number in range(KEPT + 1):
        screen.keep_picture(f"{number}", b"jpeg")
        screen.show(video(f"{number}"), f"{number}", tmp_path / f"{number}")
        screen.show(video(f"{number}"), f"{number}", tmp_path / f"{number}")
    assert (screen.picture("0"), screen.folder("0")) == (None, None)
    assert (screen.picture("1"), screen.folder("2")) == (b"jpeg", tmp_path / "2")
