from __future__ import annotations

from contextlib import asynccontextmanager

import httpx2
import pytest

from preview_worker.api.dev import create_dev_app
from preview_worker.api.dev_screen import DevScreen

pytestmark = pytest.mark.anyio
VIDEO = bytes(range(256)) * 8


@pytest.fixture
def screen(tmp_path):
    """A screen with one video and one picture."""
    screen = DevScreen()
    (tmp_path / "preview.mp4").write_bytes(VIDEO)
    (tmp_path / "captions.vtt").write_text("WEBVTT\n")
    (tmp_path / "render.log").write_text("log")
    screen._folders["run-1"] = tmp_path
    screen.keep_picture("run-2", b"jpeg")
    return screen


@asynccontextmanager
async def calling(screen, host="127.0.0.1"):
    transport = httpx2.ASGITransport(create_dev_app(screen))
    async with httpx2.AsyncClient(transport=transport, base_url=f"http://{host}:4000") as client:
        yield client


@pytest.mark.parametrize(
    ("path", "media_type", "word"),
    [
        ("/", "text/html; charset=utf-8", '<script type="module" src="/page.js">'),
        ("/page.css", "text/css; charset=utf-8", "--background: #151a21"),
        ("/page.js", "text/javascript; charset=utf-8", 'from "/player.js"'),
        ("/player.js", "text/javascript; charset=utf-8", "export class Player"),
        ("/lists.js", "text/javascript; charset=utf-8", "export function"),
        ("/icon.svg", "image/svg+xml", "<svg"),
    ],
)
async def test_page_comes_whole_from_this_machine_and_is_asked_for_again(screen, path, media_type, word):
    async with calling(screen) as client:
        answer = await client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
        assert word in answer.text
        assert "http://" not in answer.text.replace("http://www.w3.org/2000/svg", "")
        assert "https://" not in answer.text
        assert answer.headers["cache-control"] == "no-cache"
        same = await client.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert same.status_code == 304


@pytest.mark.parametrize("path", ["/", "/page.js", "/frames/run-2", "/videos/run-1/preview.mp4", "/nowhere"])
async def test_every_answer_allows_nothing_from_elsewhere(screen, path):
    async with calling(screen) as client:
        headers = (await client.get(path)).headers
        policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
        assert policy.pop("default-src") == policy.pop("base-uri") == policy.pop("form-action") == "'none'"
        assert policy.pop("frame-ancestors") == "'none'"
        assert set(policy.values()) == {"'self'"}
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["x-content-type-options"] == "nosniff"


async def test_nothing_is_served_when_the_page_is_asked_for_under_a_foreign_name(screen):
    async with calling(screen, host="rebound.example") as client:
        assert (await client.get("/")).status_code == 400
        assert (await client.get("/videos/run-1/preview.mp4")).status_code == 400
    async with calling(screen, host="localhost") as client:
        assert (await client.get("/")).status_code == 200


async def test_ranges_of_a_video_are_served_and_kept_for_its_name_alone(screen):
    async with calling(screen) as client:
        whole = await client.get("/videos/run-1/preview.mp4")
        assert (whole.content, whole.headers["content-type"]) == (VIDEO, "video/mp4")
        assert "immutable" in whole.headers["cache-control"]
        part = await client.get("/videos/run-1/preview.mp4", headers={"Range": "bytes=100-299"})
        assert (part.status_code, part.content) == (206, VIDEO[100:300])
        assert part.headers["content-range"] == f"bytes 100-299/{len(VIDEO)}"
        assert (await client.head("/videos/run-1/preview.mp4")).headers["content-length"] == str(len(VIDEO))
        captions = await client.get("/videos/run-1/captions.vtt")
        assert captions.headers["content-type"] == "text/vtt; charset=utf-8"


async def test_picture_is_served_under_its_name(screen):
    async with calling(screen) as client:
        picture = await client.get("/frames/run-2")
        assert (picture.content, picture.headers["content-type"]) == (b"jpeg", "image/jpeg")


@pytest.mark.parametrize(
    "path",
    [
        "/frames/run-9",
        "/videos/run-9/preview.mp4",
        "/videos/run-1/poster.jpg",
        "/videos/run-1/render.log",
        "/videos/run-1/..%2Fsecret",
        "/docs",
        "/openapi.json",
    ],
)
async def test_answer_is_a_problem_when_there_is_no_such_file(screen, path):
    async with calling(screen) as client:
        answer = await client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


async def test_stream_ends_when_the_screen_is_closed(screen):
    screen.close()
    async with calling(screen) as client:
        answer = await client.get("/events")
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.text == "retry: 500\n\n"
