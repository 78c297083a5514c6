"""The route of early files: what is there is given fresh, what is over or nobody's is refused."""

from __future__ import annotations

import os

import pytest

from preview_worker.state.records import RecordState
from preview_worker.storage.live import KEPT_AFTER_END_S, LiveFolder
from support.publications import job_file
from support.service import PREFIX, payload

pytestmark = pytest.mark.anyio

JOB = f"{PREFIX}/job"
PLAYLIST = "#EXTM3U\n"


@pytest.fixture
def early(service, tmp_path):
    """An attempt's early files."""
    source = tmp_path / "source"
    source.write_text(PLAYLIST)
    folder = LiveFolder(service.places.live("board-games", "moon"), 1)
    folder.open()
    for name in ("index.m3u8", "poster.jpg", "00000.m4s", "init.mp4"):
        folder.put(name, source)
    return folder


async def posted(client):
    answer = await client.post(JOB, json=payload())
    assert answer.status_code == 202
    return answer.json()["links"]["live"]


@pytest.mark.usefixtures("early")
async def test_early_file_is_given_fresh_when_the_job_is_at_work(client):
    base = await posted(client)
    answer = await client.get(f"{base}index.m3u8")
    assert (answer.status_code, answer.text) == (200, PLAYLIST)
    assert answer.headers["content-type"] == "application/vnd.apple.mpegurl"
    assert answer.headers["cache-control"] == "no-store"
    part = await client.get(f"{base}00000.m4s", headers={"Range": "bytes=0-2"})
    assert (part.status_code, part.text, part.headers["content-type"]) == (206, "#EX", "video/iso.segment")
    head = await client.head(f"{base}init.mp4")
    assert (head.status_code, head.headers["content-type"]) == (200, "video/mp4")
    same = await client.get(f"{base}index.m3u8", headers={"If-None-Match": answer.headers["etag"]})
    assert same.status_code == 304


async def test_tag_is_another_when_the_file_has_grown(client, early, tmp_path):
    base = await posted(client)
    first = (await client.head(f"{base}index.m3u8")).headers["etag"]
    longer = tmp_path / "longer"
    longer.write_text(PLAYLIST + "#EXT-X-ENDLIST\n")
    early.put("index.m3u8", longer)
    assert (await client.head(f"{base}index.m3u8")).headers["etag"] != first


@pytest.mark.usefixtures("early")
async def test_absent_file_is_not_found_when_the_job_may_still_make_it(client):
    base = await posted(client)
    answer = await client.get(f"{base}contact-sheet.jpg")
    assert (answer.status_code, answer.json()["code"]) == (404, "file-not-found")
    assert (await client.get(f"{JOB}/nobody/live/poster.jpg")).json()["code"] == "job-not-found"


async def test_early_files_are_gone_when_their_time_is_over(client, service, early):
    service.job_files.write(job_file("moon"))
    early.close()
    assert (await client.get(f"{JOB}/moon/live/poster.jpg")).status_code == 200
    (mark,) = service.places.live("board-games", "moon").rglob(".ended")
    at_s = mark.stat().st_mtime - KEPT_AFTER_END_S - 1
    os.utime(mark, (at_s, at_s))
    answer = await client.get(f"{JOB}/moon/live/poster.jpg")
    assert (answer.status_code, answer.json()["code"]) == (410, "live-over")


@pytest.mark.usefixtures("early")
async def test_early_files_are_gone_when_the_job_is_cancelled(client, service):
    base = await posted(client)
    assert await service.records.finish("moon", RecordState.CANCELLED, ttl_s=3600)
    answer = await client.get(f"{base}poster.jpg")
    assert (answer.status_code, answer.json()["code"]) == (410, "live-over")
