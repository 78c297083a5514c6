"""`POST /api/preview/frame` with real render processes, and with sources of pictures that behave in one odd way."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
from dataclasses import replace

import pytest
from PIL import Image

from preview_worker.api.app import create_app
from preview_worker.api.frame import AT_ONCE
from preview_worker.errors import RenderCrashError, RenderStuckError
from preview_worker.render.frame import FramePicture
from support.illustrated import STEP_MS, illustrated
from support.service import PREFIX, calling, payload, serving

pytestmark = pytest.mark.anyio

FRAME = f"{PREFIX}/frame"
PROBLEM = "application/problem+json"
PICTURE = FramePicture(content=b"a picture", width_px=320, height_px=180, warnings=())


@pytest.fixture(scope="module")
def anyio_backend():
    """The service and its warm render processes are the module's: pictures leave nothing behind."""
    return "asyncio"


@pytest.fixture(scope="module")
async def api(valkey_server, tmp_path_factory):
    async with serving(valkey_server.url, tmp_path_factory.mktemp("data"), PREVIEW_QUEUE_NAME="no-job") as pair:
        yield pair


@pytest.fixture
def job(service):
    return illustrated(service.places.assets("harbour"), "harbour-1", project="harbour")


def refused(answer, status, code):
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM), answer.text
    problem = answer.json()
    assert problem["code"] == code
    return problem


def size_of(answer):
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg"), answer.text
    with Image.open(io.BytesIO(answer.content)) as image:
        assert image.format == "JPEG"
        return image.size


async def test_a_picture_of_the_step_is_answered_when_a_job_is_posted(client, service, job):
    rest = await client.post(FRAME, params={"step": "step-2"}, json=job)
    assert size_of(rest) == (320, 180)
    assert rest.headers["etag"] == f'"sha256-{hashlib.sha256(rest.content).hexdigest()}"'
    assert rest.headers["cache-control"] == "private, no-cache"
    early = await client.post(FRAME, params={"step": "step-2", "at": 0, "width": 161}, json=job)
    assert size_of(early) == (162, 90)
    again = await client.post(FRAME, params={"step": "step-2", "at": "rest"}, json=job)
    assert again.content == rest.content
    assert (await service.producer.counts()).total == 0


async def test_nothing_is_sent_when_the_caller_has_the_picture_already(client, job):
    first = await client.post(FRAME, params={"step": "step-1"}, json=job)
    held = {"If-None-Match": first.headers["etag"]}
    second = await client.post(FRAME, params={"step": "step-1"}, json=job, headers=held)
    assert (second.status_code, second.content) == (304, b"")
    assert second.headers["etag"] == first.headers["etag"]
    other = await client.post(FRAME, params={"step": "step-3"}, json=job, headers=held)
    assert size_of(other) == (320, 180)


async def test_a_bare_request_is_taken_when_it_comes_as_json_or_yaml(client):
    request = payload(steps=[{"id": "a", "title": "A lake"}], options={"resolution": "160x90"})["previewRequest"]
    plain = await client.post(FRAME, params={"step": "a"}, json=request)
    document = "title: Moon\nsteps:\n  - { id: a, title: A lake }\noptions: { resolution: 160x90 }\n"
    for media_type in ("application/yaml", "text/yaml; charset=utf-8"):
        headers = {"Content-Type": media_type}
        written = await client.post(FRAME, params={"step": "a"}, content=document, headers=headers)
        assert size_of(written) == (160, 90)
        assert written.content == plain.content


def small(**request):
    """A job of the project whose process is warm already."""
    return payload(project="harbour", options={"resolution": "160x90"}, **request)


async def test_warnings_of_the_step_and_of_the_payload_stand_in_the_header(client):
    steps = [
        {"id": "a", "title": "A lake", "visuals": ["boat"], "durationMs": 2000, "narration": ""},
        {"id": "b", "text": "Row across the lake.", "durationMs": 2000},
    ]
    assets = [{"id": "boat", "uri": "boat.png"}]
    job = small(steps=steps, assets=assets, tilte="x")
    shown = await client.post(FRAME, params={"step": "a"}, json=job)
    assert shown.headers["preview-warnings"] == '2;codes="unknown-key asset-missing"'
    other = await client.post(FRAME, params={"step": "b"}, json=job)
    assert other.headers["preview-warnings"] == '2;codes="unknown-key narration-missing"'
    clean = small(steps=[{"id": "a", "title": "A lake", "narration": ""}])
    assert (await client.post(FRAME, params={"step": "a"}, json=clean)).headers["preview-warnings"] == "0"


async def test_an_absent_asset_is_refused_when_the_payload_or_the_caller_asks_for_that(client, job):
    job["previewRequest"]["steps"][2]["visuals"] = ["lost"]
    job["previewRequest"]["assets"].append({"id": "lost", "uri": "lost.png"})
    assert (await client.post(FRAME, params={"step": "step-3"}, json=job)).status_code == 200
    strict = await client.post(FRAME, params={"step": "step-3"}, json=job, headers={"Prefer": "handling=strict"})
    assert "lost" in refused(strict, 422, "asset-missing")["detail"]
    job["previewRequest"]["options"]["onMissingAsset"] = "fail"
    refused(await client.post(FRAME, params={"step": "step-3"}, json=job), 422, "asset-missing")


@pytest.mark.parametrize(
    ("query", "code", "place", "named"),
    [
        ({}, "step-needed", "?step", "step-1, step-2, step-3, step-4"),
        ({"step": "goal"}, "unknown-step", "?step", "step-1, step-2, step-3, step-4"),
        ({"step": "step-2", "at": STEP_MS + 1}, "behind-step", "?at", f"{STEP_MS} ms"),
        ({"step": "step-2", "at": "soon"}, "bad-time", "?at", "rest"),
        ({"step": "step-2", "width": 2000}, "bad-width", "?width", "16 to 320 px"),
    ],
)
async def test_a_query_is_refused_with_what_there_is_when_it_asks_for_something_else(
    client, job, query, code, place, named
):
    problem = refused(await client.post(FRAME, params=query, json=job), 422, code)
    (fault,) = problem["errors"]
    assert (fault["pointer"], fault["code"]) == (place, code)
    assert named in fault["message"]


async def test_the_last_frame_is_shown_when_the_time_is_the_end_of_the_step(client, job):
    last = await client.post(FRAME, params={"step": "step-2", "at": STEP_MS}, json=job)
    before = await client.post(FRAME, params={"step": "step-2", "at": STEP_MS - 1}, json=job)
    assert size_of(last) == (320, 180)
    assert last.content == before.content


async def test_a_body_is_refused_as_by_the_other_routes_when_it_is_no_payload(client):
    ask = {"params": {"step": "step-1"}}
    refused(
        await client.post(FRAME, **ask, content=b"{", headers={"Content-Type": "application/json"}),
        400,
        "malformed-json",
    )
    refused(
        await client.post(FRAME, **ask, content=b"&a", headers={"Content-Type": "text/yaml"}), 400, "malformed-yaml"
    )
    refused(
        await client.post(FRAME, **ask, content=b"x", headers={"Content-Type": "text/plain"}),
        415,
        "unsupported-media-type",
    )
    invalid = await client.post(FRAME, **ask, json={"title": "Moon", "steps": [{"durationMs": 1}]})
    assert refused(invalid, 422, "invalid-payload")["errors"][0]["pointer"] == "/steps/0/durationMs"


async def test_a_fault_found_while_planning_has_its_place_in_the_body_when_that_is_a_bare_request(client):
    steps = [{"id": "a", "title": "A lake", "durationMs": 2000}]
    request = payload(steps=steps, options={"range": {"startMs": 5000}})["previewRequest"]
    problem = refused(await client.post(FRAME, params={"step": "a"}, json=request), 422, "invalid-payload")
    assert [fault["pointer"] for fault in problem["errors"]] == ["/options/range"]


async def test_a_step_is_unknown_when_it_lies_outside_the_range(client, job):
    job["previewRequest"]["options"]["range"] = {"fromStep": "step-2", "toStep": "step-3"}
    problem = refused(await client.post(FRAME, params={"step": "step-1"}, json=job), 422, "unknown-step")
    assert "it has step-2, step-3." in problem["detail"]
    assert (await client.post(FRAME, params={"step": "step-3"}, json=job)).status_code == 200


async def test_an_undecodable_picture_is_told_and_the_next_call_is_answered(client, service, job):
    board = service.places.assets("harbour") / "board.jpg"
    whole = board.read_bytes()
    board.write_bytes(whole[:900])
    problem = refused(await client.post(FRAME, params={"step": "step-2"}, json=job), 422, "asset-undecodable")
    assert "board" in problem["detail"]
    board.write_bytes(whole)
    assert size_of(await client.post(FRAME, params={"step": "step-2"}, json=job)) == (320, 180)


async def test_pictures_are_made_when_there_is_no_queue(tmp_path):
    async with serving("redis://127.0.0.1:1", tmp_path) as (service, client):
        job = illustrated(service.places.assets("harbour"), "harbour-1", project="harbour")
        assert size_of(await client.post(FRAME, params={"step": "step-2"}, json=job)) == (320, 180)
    assert list(service.places.work.iterdir()) == []


class Holding:
    """Takes pictures when it is told to."""

    def __init__(self):
        self.begun = asyncio.Semaphore(0)
        self.release = asyncio.Event()
        self.cancelled = asyncio.Event()

    async def take(self, _job, _identified, _wish):
        self.begun.release()
        try:
            await self.release.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return PICTURE


class Failing:
    """Fails as it is told to."""

    def __init__(self, error):
        self.error = error

    async def take(self, _job, _identified, _wish):
        raise self.error


async def test_one_picture_too_many_is_refused_at_once_when_all_slots_are_taken(service):
    source = Holding()
    ask = {"params": {"step": "step-1"}, "json": payload(steps=[{"title": "A lake"}])}
    async with calling(create_app(replace(service, frames=source))) as client:
        posts = [asyncio.create_task(client.post(FRAME, **ask)) for _ in range(AT_ONCE)]
        for _ in posts:
            await source.begun.acquire()
        busy = await client.post(FRAME, **ask)
        refused(busy, 429, "frames-busy")
        assert int(busy.headers["retry-after"]) >= 1
        source.release.set()
        assert [(await post).status_code for post in posts] == [200] * AT_ONCE
        assert (await client.post(FRAME, **ask)).content == PICTURE.content


@pytest.mark.parametrize("in_time", [True, False])
async def test_the_work_may_end_soon_and_is_cancelled_otherwise_when_the_caller_leaves(service, in_time):
    source = Holding()
    body = json.dumps(payload(steps=[{"title": "A lake"}])).encode()
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])
    sent, releasing = [], []

    async def release_later():
        for _ in range(10):  # turns of the loop: by then the caller's leaving has been noticed
            await asyncio.sleep(0)
        source.release.set()

    async def receive():
        if (message := next(messages, None)) is not None:
            return message
        await source.begun.acquire()
        if in_time:
            releasing.append(asyncio.create_task(release_later()))
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": FRAME,
        "query_string": b"step=step-1",
        "headers": [(b"content-type", b"application/json")],
    }
    await create_app(replace(service, frames=source))(scope, receive, send)
    assert source.cancelled.is_set() is not in_time
    assert sent[0]["status"] == 499


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (TimeoutError(), 504, "frame-timeout"),
        (RenderStuckError("It is silent."), 504, "frame-timeout"),
        (RenderCrashError("It died."), 503, "render-crash"),
    ],
)
async def test_a_problem_says_so_when_no_picture_comes(service, error, status, code):
    async with calling(create_app(replace(service, frames=Failing(error)))) as client:
        answer = await client.post(FRAME, params={"step": "step-1"}, json=payload(steps=[{"title": "A lake"}]))
    refused(answer, status, code)
    assert int(answer.headers["retry-after"]) >= 1
