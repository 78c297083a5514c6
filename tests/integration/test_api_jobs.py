"""Status and files of jobs, as the queue, the record and the disk know them."""

from __future__ import annotations

import asyncio
import hashlib
import json

import pytest

from preview_worker.queue.bullmq_consumer import BullmqConsumer, ConsumerTiming
from preview_worker.queue.delivery import Completed, Failed
from preview_worker.queue.port import JobState
from preview_worker.state.records import RecordState
from support.publications import DIGEST, FILES, VIDEO, job_file, publish_preview
from support.queues import consuming, in_state, new_job, until
from support.service import PREFIX, payload, serving

pytestmark = pytest.mark.anyio

JOB = f"{PREFIX}/job"
TIMING = ConsumerTiming(wait_s=0.1)
SHA256 = hashlib.sha256(VIDEO).hexdigest()


@pytest.fixture
async def published(service):
    """A preview whose job the disk alone remembers."""
    publish_preview(service.places, job_id="Moon")
    service.job_files.write(job_file("Moon"))
    return f"{JOB}/Moon"


def code_of(answer):
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


async def test_redis_answers_for_a_job_whose_record_on_the_disk_can_not_be_read(client, service):
    publish_preview(service.places, job_id="moon")
    (service.places.jobs / "moon.json").mkdir(parents=True)
    assert code_of(await client.get(f"{JOB}/moon/status")) == (503, "storage")
    assert code_of(await client.get(f"{JOB}/moon/artifact")) == (503, "storage")
    assert code_of(await client.post(JOB, json=payload())) == (503, "storage")

    (service.places.jobs / "moon.json").rmdir()
    await client.post(JOB, json=payload())
    (service.places.jobs / "moon.json").mkdir()
    assert (await client.post(JOB, json=payload())).status_code == 202
    assert (await client.get(f"{JOB}/moon/status")).json()["status"] == "queued"


async def test_status_has_the_seeds_members_when_the_job_waits(client):
    await client.post(JOB, json=payload(chapterId="c-1") | {"priority": "high", "attempts": 3})
    answer = await client.get(f"{JOB}/moon/status")
    body = answer.json()
    assert answer.status_code == 200
    assert int(answer.headers["retry-after"]) >= 1
    expected = {
        "jobId": "moon",
        "projectId": "board-games",
        "chapterId": "c-1",
        "requestId": "request-1",
        "status": "queued",
        "progress": 0,
        "attemptsMade": 0,
        "attempts": 3,
        "priority": "high",
        "position": 1,
        "generation": 1,
        "processedOn": None,
        "finishedOn": None,
        "failedReason": None,
        "cancelReason": None,
        "supersededBy": None,
        "error": None,
        "warnings": {"count": 0},
        "live": {},
        "links": {
            "status": f"{JOB}/moon/status",
            "artifact": f"{JOB}/moon/artifact",
            "cancel": f"{JOB}/moon/cancel",
            "live": f"{JOB}/moon/live/",
        },
    }
    assert {name: body[name] for name in expected} == expected
    assert body["createdAt"] > 1_600_000_000_000


async def test_status_follows_the_job_when_a_worker_runs_it(client, service, queue_address):
    await client.post(JOB, json=payload())
    release = asyncio.Event()

    async def working(delivery):
        await delivery.report(
            {"percent": 42.5, "stage": "render", "framesDone": 51, "framesTotal": 120, "etaMs": 900, "stepId": "step-2"}
            | {"live": {"poster": f"{JOB}/moon/live/poster.jpg", "playlist": 7, "unknown": "/elsewhere"}}
        )
        await release.wait()
        return Completed(result={"status": "completed", "warningCount": 3})

    async with consuming(BullmqConsumer(queue_address, concurrency=1, timing=TIMING), working):

        async def reported():
            body = (await client.get(f"{JOB}/moon/status")).json()
            return body if body["stage"] else None

        active = await until(reported)
        artifact = await client.get(f"{JOB}/moon/artifact")
        release.set()
        await until(in_state(service.producer, "moon", JobState.COMPLETED))
    wanted = ("status", "progress", "stage", "framesDone", "framesTotal", "etaMs", "stepId", "attemptsMade")
    assert [active[name] for name in wanted] == ["active", 42.5, "render", 51, 120, 900, "step-2", 0]
    assert active["live"] == {"poster": f"{JOB}/moon/live/poster.jpg"}
    assert active["processedOn"] >= active["createdAt"]
    assert code_of(artifact) == (409, "not-ready")
    assert int(artifact.headers["retry-after"]) >= 1
    completed = await client.get(f"{JOB}/MOON/status")
    body = completed.json()
    assert (body["jobId"], body["status"], body["progress"], body["warnings"]) == (
        "moon",
        "completed",
        100,
        {"count": 3},
    )
    assert body["finishedOn"] >= body["processedOn"]
    assert (body["etaMs"], "retry-after" in completed.headers) == (None, False)


async def test_status_tells_why_when_the_job_failed(client, service, queue_address):
    await client.post(JOB, json=payload())

    async def failing(_delivery):
        return Failed(code="asset-missing", sentence="The board is gone.", retryable=False)

    async with consuming(BullmqConsumer(queue_address, concurrency=1, timing=TIMING), failing):
        await until(in_state(service.producer, "moon", JobState.FAILED))
    body = (await client.get(f"{JOB}/moon/status")).json()
    assert (body["status"], body["failedReason"], body["error"]["code"], body["attemptsMade"]) == (
        "failed",
        "The board is gone.",
        "asset-missing",
        1,
    )
    assert code_of(await client.get(f"{JOB}/moon/artifact")) == (409, "job-failed")


async def test_status_says_delayed_when_the_job_waits_for_its_next_run(client, service, queue_address):
    await client.post(JOB, json=payload())

    async def failing(_delivery):
        return Failed(code="storage", sentence="Later.", retryable=True)

    consumer = BullmqConsumer(queue_address, concurrency=1, timing=TIMING, backoff=lambda _failures: 60_000)
    async with consuming(consumer, failing):
        await until(in_state(service.producer, "moon", JobState.DELAYED))
    body = (await client.get(f"{JOB}/moon/status")).json()
    assert (body["status"], body["attemptsMade"], body["attempts"]) == ("delayed", 1, 5)


async def test_status_says_cancelled_when_the_record_does(client, service):
    await client.post(JOB, json=payload())
    assert await service.records.finish("moon", RecordState.CANCELLED, ttl_s=3600)
    assert (await client.get(f"{JOB}/moon/status")).json()["status"] == "cancelled"
    assert code_of(await client.get(f"{JOB}/moon/artifact")) == (409, "job-failed")
    replay = await client.post(JOB, json=payload())
    assert (replay.status_code, replay.json()["status"]) == (200, "cancelled")


async def test_status_is_304_when_nothing_changed_since(client, service):
    await client.post(JOB, json=payload())
    first = await client.get(f"{JOB}/moon/status")
    tag = first.headers["etag"]
    same = await client.get(f"{JOB}/moon/status", headers={"If-None-Match": f'"x", {tag}'})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    await service.records.finish("moon", RecordState.CANCELLED, ttl_s=3600)
    changed = await client.get(f"{JOB}/moon/status", headers={"If-None-Match": tag})
    assert (changed.status_code, changed.headers["etag"] != tag) == (200, True)


@pytest.mark.parametrize("job_id", ["nobody", "con", "..", "%2e%2e%2fx", "a%00b", "é", "x" * 200, "a b", "-"])
async def test_a_job_is_not_found_when_nothing_knows_it(client, job_id):
    for route in ("status", "artifact", "files/preview.mp4"):
        answer = await client.get(f"{JOB}/{job_id}/{route}")
        assert code_of(answer)[0] == 404


async def test_status_comes_from_the_record_when_the_queue_has_forgotten_the_job(client, service):
    await service.records.create(job_id="Old", digest=DIGEST, project_id="p", request_id="r", ttl_s=3600)
    waiting = (await client.get(f"{JOB}/old/status")).json()
    await service.records.transition("Old", RecordState.ACTIVE)
    active = (await client.get(f"{JOB}/old/status")).json()
    await service.records.finish(
        "Old", RecordState.FAILED, ttl_s=3600, failed_code="too-long", failed_reason="Too long."
    )
    failed = (await client.get(f"{JOB}/old/status")).json()
    assert [body["status"] for body in (waiting, active, failed)] == ["queued", "active", "failed"]
    assert (failed["jobId"], failed["failedReason"], failed["error"]["code"]) == ("Old", "Too long.", "too-long")
    assert failed["finishedOn"] is not None


async def test_status_survives_what_a_foreign_producer_wrote(client, service):
    odd = {
        "projectId": "../../etc",
        "priority": ["high"],
        "previewRequest": {"chapterId": "\ud800"},
        "requestId": [],
    }
    await service.producer.admit(new_job("foreign", project="../../etc"), service.gate)
    await service.producer._client.hset(
        service.producer._address.key("foreign"), mapping={"data": json.dumps(odd), "progress": '{"percent": 1e999}'}
    )
    await service.producer._client.delete(service.producer._address.record_key("foreign"))
    body = (await client.get(f"{JOB}/foreign/status")).json()
    assert (body["projectId"], body["priority"], body["progress"], body["chapterId"]) == ("../../etc", "normal", 0, "?")


async def test_status_survives_data_that_hold_what_json_cannot_say(client, service):
    await service.producer.admit(new_job("foreign"), service.gate)
    data = json.dumps({"projectId": "moon", "priority": float("nan")})
    await service.producer._client.hset(service.producer._address.key("foreign"), "data", data)
    body = (await client.get(f"{JOB}/foreign/status")).json()
    assert (body["status"], body["priority"], body["chapterId"]) == ("queued", "normal", None)


async def test_a_foreign_project_id_never_becomes_a_path_when_files_are_asked_for(client, service):
    publish_preview(service.places, job_id="foreign", project="p")
    outside = service.places.preview("p", "foreign")
    await service.producer.admit(new_job("foreign", project="x", payload={"projectId": "../previews/p"}), service.gate)
    await service.producer._client.delete(service.producer._address.record_key("foreign"))
    assert (
        service.places.preview("../previews/p", "foreign") / "container.json"
    ).resolve() == outside / "container.json"
    assert code_of(await client.get(f"{JOB}/foreign/artifact")) == (409, "not-ready")


async def test_the_artifact_lists_every_file_when_the_preview_is_published(client, published):
    answer = await client.get(f"{published}/artifact")
    body = answer.json()
    assert answer.status_code == 200
    assert body["url"] == f"{published}/files/preview.mp4"
    assert body["expiresAt"] > 1_600_000_000_000
    files = {file["name"]: file for file in body["files"]}
    assert files.keys() == {*FILES.keys(), "container.json"}
    video = files["preview.mp4"]
    assert (video["mediaType"], video["size"], video["sha256"]) == ("video/mp4", len(VIDEO), SHA256)
    for file in body["files"]:
        content = (await client.get(file["url"])).content
        assert hashlib.sha256(content).hexdigest() == file["sha256"]


async def test_the_artifact_is_found_when_the_id_is_spelt_in_another_case(client, published):
    answer = await client.get(f"{JOB}/mOON/artifact")
    assert answer.json()["url"] == f"{published}/files/preview.mp4"


async def test_the_artifact_is_the_video_itself_when_the_caller_asks_for_video(client, published):
    answer = await client.get(f"{published}/artifact", headers={"Accept": "video/*"})
    assert (answer.content == VIDEO, answer.headers["content-type"]) == (True, "video/mp4")


async def test_the_artifact_of_a_dry_run_is_its_plan(client, service):
    publish_preview(service.places, job_id="plan", kind="plan", files={"preview.json": ("application/json", b"{}")})
    service.job_files.write(job_file("plan", dry_run=True))
    body = (await client.get(f"{JOB}/plan/artifact")).json()
    assert body["url"] == f"{JOB}/plan/files/preview.json"
    status = (await client.get(f"{JOB}/plan/status")).json()
    assert (status["status"], status["dryRun"]) == ("completed", True)


async def test_a_file_is_gone_when_its_time_is_over(client, service):
    service.job_files.write(job_file("old", expires_in_s=-1))
    for route in ("status", "artifact", "files/preview.mp4"):
        assert code_of(await client.get(f"{JOB}/old/{route}")) == (410, "job-expired")


async def test_a_completed_job_is_gone_when_its_folder_is(client, service):
    service.job_files.write(job_file("lost"))
    assert code_of(await client.get(f"{JOB}/lost/artifact")) == (410, "job-expired")


async def test_a_job_is_unknown_when_its_publication_was_announced_and_never_came(client, service):
    service.job_files.write(job_file("half", state="publishing"))
    assert code_of(await client.get(f"{JOB}/half/status")) == (404, "job-not-found")
    publish_preview(service.places, job_id="half")
    assert (await client.get(f"{JOB}/half/status")).json()["status"] == "completed"


async def test_a_damaged_manifest_is_a_problem_and_no_crash(client, service, published):
    (service.places.preview("board-games", "Moon") / "container.json").write_text("{")
    assert code_of(await client.get(f"{published}/artifact")) == (503, "storage")


async def test_a_file_answers_with_its_hash_as_tag_and_304_when_the_caller_has_it(client, published):
    whole = await client.get(f"{published}/files/preview.mp4")
    tag = whole.headers["etag"]
    assert (whole.content, tag, whole.headers["accept-ranges"]) == (VIDEO, f'"sha256-{SHA256}"', "bytes")
    for held in (tag, f"W/{tag}", f'"a", {tag}', "*"):
        again = await client.get(f"{published}/files/preview.mp4", headers={"If-None-Match": held})
        assert (again.status_code, again.content) == (304, b"")
    other = await client.get(f"{published}/files/preview.mp4", headers={"If-None-Match": '"sha256-0"'})
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("asked", "first", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=100-199", 100, 200),
        ("bytes=10000-", 10000, 10240),
        ("bytes=-5", 10235, 10240),
        ("bytes=10230-99999", 10230, 10240),
        ("bytes=-99999", 0, 10240),
        ("BYTES= 1-2", 1, 3),
    ],
)
async def test_a_part_of_a_file_is_sent_when_a_range_is_asked_for(client, published, asked, first, end):
    answer = await client.get(f"{published}/files/preview.mp4", headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.content == VIDEO[first:end]
    assert answer.headers["content-range"] == f"bytes {first}-{end - 1}/{len(VIDEO)}"


@pytest.mark.parametrize("asked", ["bytes=5-1", "bytes=", "bytes=a-b", "frames=0-1", "bytes", "bytes=-", "bytes=--5"])
async def test_the_whole_file_is_sent_when_the_range_is_not_understood(client, published, asked):
    answer = await client.get(f"{published}/files/preview.mp4", headers={"Range": asked})
    assert (answer.status_code, answer.content) == (200, VIDEO)


@pytest.mark.parametrize("asked", ["bytes=10240-", "bytes=99999-100000", "bytes=-0", "bytes=0-1,20000-"])
async def test_a_range_is_refused_when_it_lies_outside_the_file(client, published, asked):
    answer = await client.get(f"{published}/files/preview.mp4", headers={"Range": asked})
    assert code_of(answer) == (416, "range-not-satisfiable")
    assert answer.headers["content-range"] == f"bytes */{len(VIDEO)}"


async def test_several_ranges_come_as_parts_when_asked_for(client, published):
    answer = await client.get(f"{published}/files/preview.mp4", headers={"Range": "bytes=0-1,100-101"})
    assert answer.status_code == 206
    assert answer.headers["content-type"].startswith("multipart/byteranges")
    assert answer.content.count(b"Content-Range") == 2


async def test_ranges_of_another_version_bring_the_whole_file(client, published):
    url, asked = f"{published}/files/preview.mp4", {"Range": "bytes=0-0"}
    tag = (await client.head(url)).headers["etag"]
    assert (await client.get(url, headers={**asked, "If-Range": tag})).status_code == 206
    assert (await client.get(url, headers={**asked, "If-Range": '"sha256-0"'})).content == VIDEO


async def test_head_answers_as_get_without_a_body_when_get_works(client, published):
    for route in ("status", "artifact", "files/preview.mp4", "files/container.json"):
        get, head = await client.get(f"{published}/{route}"), await client.head(f"{published}/{route}")
        assert (head.status_code, head.content) == (200, b"")
        for name in ("content-type", "content-length", "etag"):
            assert head.headers.get(name) == get.headers.get(name)


async def test_the_manifest_is_served_beside_the_files_it_lists(client, service, published):
    answer = await client.get(f"{published}/files/container.json")
    folder = service.places.preview("board-games", "Moon")
    assert answer.content == (folder / "container.json").read_bytes()
    assert answer.headers["etag"] == f'"sha256-{hashlib.sha256(answer.content).hexdigest()}"'


@pytest.mark.parametrize(
    "name",
    [
        "secret.txt",
        "../secret.txt",
        "..%2fsecret.txt",
        "%2e%2e/secret.txt",
        "..%5csecret.txt",
        "%2fetc%2fpasswd",
        ".",
        "..",
        "preview.mp4%00",
        "preview.mp4/",
        "PREVIEW.MP4",
        "unlisted.log",
        "",
    ],
)
async def test_a_file_is_not_found_when_its_name_is_not_in_the_manifest(client, service, published, name):
    folder = service.places.preview("board-games", "Moon")
    (folder / "unlisted.log").write_text("secret")
    (folder.parent / "secret.txt").write_text("secret")
    answer = await client.get(f"{published}/files/{name}")
    assert code_of(answer)[0] == 404
    assert "secret" not in answer.text.replace("secret.txt", "")


async def test_a_file_is_not_found_when_it_was_removed_from_its_folder(client, service, published):
    (service.places.preview("board-games", "Moon") / "preview.mp4").unlink()
    assert code_of(await client.get(f"{published}/files/preview.mp4")) == (404, "file-not-found")


async def test_row_13_files_are_served_from_the_disk_when_redis_is_down(tmp_path):
    async with serving("redis://127.0.0.1:1", tmp_path) as (service, client):
        publish_preview(service.places, job_id="moon")
        service.job_files.write(job_file("moon"))
        service.job_files.write(job_file("old", expires_in_s=-1))
        status = await client.get(f"{JOB}/moon/status")
        video = await client.get(f"{JOB}/moon/files/preview.mp4")
        expired = await client.get(f"{JOB}/old/status")
        listed = await client.get(f"{JOB}/moon/artifact")
        manifest = await client.get(f"{JOB}/moon/files/container.json")
        approved = await client.post(f"{JOB}/films/approve")
    assert (status.json()["status"], video.content) == ("completed", VIDEO)
    assert code_of(expired) == (410, "job-expired")
    assert listed.json()["url"].endswith("preview.mp4")
    assert manifest.json()["jobId"] == "moon"
    assert approved.status_code == 503  # a job that the disk doesn't know may wait in Redis
