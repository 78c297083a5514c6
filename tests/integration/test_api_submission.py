"""`POST /api/preview/job` on a real queue."""

from __future__ import annotations

import asyncio
import json
import socket
import time

import pytest

from preview_worker.queue.bullmq_consumer import BullmqConsumer, ConsumerTiming
from preview_worker.queue.delivery import Completed
from preview_worker.queue.port import JobState
from support.queues import consuming, in_state, until
from support.service import PREFIX, payload, serving

pytestmark = pytest.mark.anyio

JOB = f"{PREFIX}/job"
PROBLEM = "application/problem+json"


def refused(answer, status, code):
    """The problem of an answer, after checking what every problem promises."""
    assert answer.headers["content-type"] == PROBLEM
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert problem["requestId"] == answer.headers["x-request-id"]
    assert problem["title"]
    assert problem["detail"]
    return problem


async def test_a_job_is_accepted_with_all_that_its_producer_needs_when_it_is_valid(client, service):
    answer = await client.post(JOB, json=payload("Moon-1", steps=[{"text": "Place the board."}, {"text": "Deal."}]))

    assert answer.status_code == 202
    body = answer.json()
    assert {"jobId": body["jobId"], "status": body["status"], "position": body["position"]} == {
        "jobId": "Moon-1",
        "status": "queued",
        "position": 1,
    }
    assert body["estimate"]["videoMs"] == 4000
    assert 0 < body["estimate"]["renderMs"] <= body["estimate"]["p90RenderMs"]
    assert body["estimate"]["bytes"] > 0
    assert len(body["digest"]) == 64
    assert [(warning["code"], warning["stepId"]) for warning in body["warnings"]] == [
        ("narration-missing", "step-1"),
        ("narration-missing", "step-2"),
    ]
    assert body["supersededJobs"] == []
    assert answer.headers["location"] == body["links"]["status"] == f"{JOB}/Moon-1/status"
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.headers["x-api-version"] == "v1"
    assert (await service.producer.job("Moon-1")).payload["jobId"] == "Moon-1"


async def test_a_job_is_queued_with_its_own_attempts_when_it_names_some(client, service):
    await client.post(JOB, json=payload("own") | {"attempts": 2})
    await client.post(JOB, json=payload("zero") | {"attempts": 0})
    assert (await service.producer.job("own")).attempts == 2
    assert (await service.producer.job("zero")).attempts == 5


async def test_warnings_come_with_the_answer_when_a_key_is_unknown(client):
    answer = await client.post(JOB, json=payload(tilte="x"))
    assert answer.status_code == 202
    assert [warning["code"] for warning in answer.json()["warnings"]] == ["unknown-key"]


async def test_an_unknown_key_is_refused_when_the_caller_prefers_strict_handling(client):
    answer = await client.post(JOB, json=payload(tilte="x"), headers={"Prefer": "respond-async, handling = Strict;x=1"})
    problem = refused(answer, 422, "invalid-payload")
    assert problem["errors"][0]["pointer"] == "/previewRequest/tilte"


async def test_an_absent_asset_is_refused_only_when_handling_is_strict(client):
    job = payload(steps=[{"visuals": ["board"]}]) | {}
    job["previewRequest"]["assets"] = [{"id": "board", "uri": "board.png"}]
    problem = refused(await client.post(JOB, json=job, headers={"Prefer": "handling=strict"}), 422, "asset-missing")
    assert "board" in problem["detail"]
    assert (await client.post(JOB, json=job)).status_code == 202


async def test_the_same_job_is_replayed_when_it_is_posted_again(client, service):
    first = await client.post(JOB, json=payload())
    second = await client.post(JOB, json=payload() | {"requestId": "another", "priority": "high"})
    assert "idempotency-replayed" not in first.headers
    assert (second.status_code, second.headers["idempotency-replayed"]) == (202, "true")
    assert second.json() == first.json()
    assert (await service.producer.counts()).backlog == 1


async def test_a_replay_answers_with_the_result_when_the_job_is_completed(client, service, queue_address):
    await client.post(JOB, json=payload())

    async def completing(_delivery):
        return Completed(result={"status": "completed", "artifactPath": "previews/x"})

    consumer = BullmqConsumer(queue_address, concurrency=1, timing=ConsumerTiming(wait_s=0.1))
    async with consuming(consumer, completing):
        await until(in_state(service.producer, "moon", JobState.COMPLETED))
    answer = await client.post(JOB, json=payload())
    assert (answer.status_code, answer.headers["idempotency-replayed"]) == (200, "true")
    body = answer.json()
    assert (body["status"], body["result"]["artifactPath"]) == ("completed", "previews/x")
    assert (await service.producer.counts()).backlog == 0


async def test_a_replay_tells_that_the_job_runs_when_a_worker_has_it(client, service, queue_address):
    await client.post(JOB, json=payload())
    release = asyncio.Event()

    async def holding(_delivery):
        await release.wait()
        return Completed(result={})

    consumer = BullmqConsumer(queue_address, concurrency=1, timing=ConsumerTiming(wait_s=0.1))
    async with consuming(consumer, holding):
        await until(in_state(service.producer, "moon", JobState.ACTIVE))
        answer = await client.post(JOB, json=payload())
        release.set()
    assert (answer.status_code, answer.json()["status"]) == (202, "active")
    assert int(answer.headers["retry-after"]) >= 1


async def test_a_changed_payload_is_a_conflict_when_the_id_is_taken(client):
    first = (await client.post(JOB, json=payload(project="one"))).json()
    answer = await client.post(JOB, json=payload(project="two", title="Sun"))
    problem = refused(answer, 409, "job-id-conflict")
    assert problem["existing"] == {
        "jobId": "moon",
        "projectId": "one",
        "digest": first["digest"],
        "state": "queued",
    }
    assert problem["differs"] == ["projectId", "digest"]


async def test_ids_that_differ_in_case_name_one_job_when_two_users_post_them(client):
    first = await client.post(JOB, json=payload("Intro"))
    same = await client.post(JOB, json=payload("intro"))
    other = await client.post(JOB, json=payload("INTRO", title="Another"))
    assert (same.status_code, same.headers["idempotency-replayed"]) == (202, "true")
    assert same.json() == first.json()
    assert refused(other, 409, "job-id-conflict")["existing"]["jobId"] == "Intro"


async def test_a_changed_asset_makes_another_digest_when_the_payload_is_the_same(client, service):
    folder = service.places.assets("board-games")
    folder.mkdir(parents=True)
    job = payload(steps=[{"visuals": ["board.png"]}])
    (folder / "board.png").write_bytes(b"one")
    first = (await client.post(JOB, json=job)).json()["digest"]
    (folder / "board.png").write_bytes(b"two")
    assert refused(await client.post(JOB, json=job), 409, "job-id-conflict")["existing"]["digest"] == first


async def test_all_errors_come_at_once_when_the_payload_is_invalid(client):
    answer = await client.post(JOB, json={"jobId": "con", "projectId": "p", "dryRun": "no", "previewRequest": {}})
    problem = refused(answer, 422, "invalid-payload")
    found = {error["pointer"]: error for error in problem["errors"]}
    assert {"/jobId", "/dryRun", "/requestId", "/previewRequest/steps"} <= found.keys()
    assert found["/dryRun"]["message"] == "dryRun must be boolean"
    assert found["/previewRequest/audio"]["message"] == "previewRequest.audio (object) required"
    assert str(len(problem["errors"])) in problem["detail"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"steps": [{"text": "x", "durationMs": 120_000}] * 20}, "too-long"),
        ({"version": 2}, "invalid-payload"),
    ],
)
async def test_a_job_is_refused_when_this_service_can_not_render_it(client, change, code):
    job = payload()
    job["previewRequest"] |= change
    refused(await client.post(JOB, json=job), 422, code)


def in_french(narration):
    """A job of one short step, and of that many words in French."""
    steps = [{"id": "board", "title": "Board", "text": "Place the board."}]
    words = {"board": {"title": "Plateau", "text": "Posez le plateau.", "narration": narration}}
    return payload("moon-fr", steps=steps, variants=[{"language": "fr", "steps": words}])


async def test_the_estimate_is_of_all_languages_when_a_job_has_variants(client):
    alone = (await client.post(JOB, json=in_french("Posez le plateau.") | {"jobId": "both"})).json()["estimate"]
    longer = (await client.post(JOB, json=in_french("Posez le plateau. " * 80))).json()["estimate"]
    assert longer["videoMs"] == alone["videoMs"]
    assert longer["renderMs"] > 2 * alone["renderMs"]
    assert longer["bytes"] > 2 * alone["bytes"]


async def test_warnings_of_a_variants_own_words_come_with_the_answer(client):
    job = in_french("Posez le plateau.")
    job["previewRequest"]["steps"][0]["narration"] = ""
    warnings = (await client.post(JOB, json=job)).json()["warnings"]
    assert [(warning["code"], warning["stepId"]) for warning in warnings] == [("narration-missing", "board")]


async def test_a_job_is_refused_when_one_of_its_languages_is_too_long(client):
    steps = [{"id": f"s{number}", "title": "Board"} for number in range(8)]
    words = {step["id"]: {"narration": "Posez le plateau au milieu. " * 250} for step in steps}
    job = payload(steps=steps, variants=[{"language": "fr", "steps": words}])
    problem = refused(await client.post(JOB, json=job), 422, "too-long")
    assert "In fr, the tutorial would last" in problem["detail"]
    assert [error["pointer"] for error in problem["errors"]] == ["/previewRequest/variants/0"]


async def test_a_wrong_hash_is_refused_when_the_file_is_another(client, service):
    folder = service.places.assets("board-games")
    folder.mkdir(parents=True)
    (folder / "board.png").write_bytes(b"x")
    job = payload(steps=[{"visuals": ["board"]}])
    job["previewRequest"]["assets"] = [{"id": "board", "uri": "board.png", "sha256": "0" * 64}]
    problem = refused(await client.post(JOB, json=job), 422, "asset-hash-mismatch")
    assert problem["errors"][0]["hint"]


async def test_a_payload_is_refused_when_an_asset_names_a_longer_file_than_any_disk_holds(client):
    job = payload(steps=[{"visuals": ["x" * 300 + ".png"]}])
    assert (await client.post(JOB, json=job)).status_code == 202


async def test_an_asset_of_the_net_is_refused_when_its_host_is_not_allowed(client):
    job = payload(steps=[{"visuals": ["board"]}])
    job["previewRequest"]["assets"] = [{"id": "board", "uri": "https://files.invalid/board.png"}]
    refused(await client.post(JOB, json=job), 422, "asset-refused")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "malformed-json"),
        (b'{"a": NaN}', "malformed-json"),
        (b"\xff", "not-utf8"),
        (b"[" * 99 + b"]" * 99, "nesting-too-deep"),
    ],
)
async def test_a_body_is_malformed_when_it_is_no_json_document(client, body, code):
    refused(await client.post(JOB, content=body, headers={"Content-Type": "application/json"}), 400, code)


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_a_body_is_refused_when_it_is_not_declared_as_json(client, media_type):
    answer = await client.post(JOB, content=json.dumps(payload()), headers={"Content-Type": media_type})
    refused(answer, 415, "unsupported-media-type")


async def test_a_body_is_accepted_when_its_type_has_parameters(client):
    content = json.dumps(payload())
    answer = await client.post(JOB, content=content, headers={"Content-Type": "application/json; charset=utf-8"})
    assert answer.status_code == 202


async def test_a_body_is_refused_while_it_streams_when_it_has_no_declared_length(client):
    sent = 0

    async def endless():
        nonlocal sent
        while sent < 64 * 1024 * 1024:
            sent += 64 * 1024
            yield b" " * 64 * 1024

    answer = await client.post(JOB, content=endless(), headers={"Content-Type": "application/json"})
    refused(answer, 413, "payload-too-large")
    assert sent <= 2 * 1024 * 1024 + 2 * 64 * 1024


async def test_a_body_is_refused_unread_when_its_declared_length_is_too_large(client):
    async def never():
        raise AssertionError("the body was read")
        yield b""

    headers = {"Content-Type": "application/json", "Content-Length": str(3 * 1024 * 1024)}
    refused(await client.post(JOB, content=never(), headers=headers), 413, "payload-too-large")


async def test_exactly_the_queues_limit_is_admitted_when_fifty_producers_race(queue_address, tmp_path):
    settings = {"PREVIEW_QUEUE_NAME": queue_address.queue_name, "PREVIEW_QUEUE_MAX": "7"}
    async with serving(queue_address.url, tmp_path, **settings) as (service, client):
        answers = await asyncio.gather(*(client.post(JOB, json=payload(f"job-{n}")) for n in range(50)))
        assert sorted(answer.status_code for answer in answers) == [202] * 7 + [429] * 43
        full = next(answer for answer in answers if answer.status_code == 429)
        refused(full, 429, "queue-full")
        assert "at most 7 may (PREVIEW_QUEUE_MAX)" in full.json()["detail"]
        assert int(full.headers["retry-after"]) >= 1
        assert sorted(a.json()["position"] for a in answers if a.status_code == 202) == list(range(1, 8))
        assert (await service.producer.counts()).backlog == 7
        metrics = (await client.get(f"{PREFIX}/queue/metrics")).json()
        assert (metrics["capacity"], metrics["free"], metrics["prioritized"]) == (7, 0, 7)


@pytest.mark.parametrize("outage", ["refused", "silent"])
async def test_row_13_the_api_says_unavailable_within_its_deadline_when_redis_is_down(tmp_path, outage):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        if outage == "refused":
            listener.close()
        async with serving(f"redis://user:hunter2@127.0.0.1:{port}", tmp_path) as (_, client):
            started_s = time.monotonic()
            answers = await asyncio.gather(
                client.post(JOB, json=payload()),
                client.get(f"{JOB}/moon/status"),
                client.get(f"{JOB}/moon/artifact"),
                client.get(f"{PREFIX}/queue/metrics"),
                client.get(f"{PREFIX}/worker/health"),
                client.get("/readyz"),
            )
            took_s = time.monotonic() - started_s
            live, metrics = await client.get("/livez"), await client.get("/metrics")
    assert took_s < 3.0  # the deadline is 2 s; six requests at once share one core
    assert [answer.status_code for answer in answers] == [503] * 6
    for answer in (*answers[:4], answers[5]):
        refused(answer, 503, "queue-unavailable")
        assert int(answer.headers["retry-after"]) >= 1
    health = answers[4].json()
    assert (health["status"], health["redis"]) == ("unhealthy", {"status": "down"})
    assert not any(secret in answer.text for answer in answers for secret in ("hunter2", str(port), "redis://"))
    assert (live.status_code, metrics.status_code) == (200, 200)


async def test_row_24_new_jobs_are_refused_when_the_disk_is_low_and_known_ones_answered(queue_address, tmp_path):
    name = {"PREVIEW_QUEUE_NAME": queue_address.queue_name}
    async with serving(queue_address.url, tmp_path, **name) as (_, client):
        assert (await client.post(f"{PREFIX}/job", json=payload("moon"))).status_code == 202
    async with serving(queue_address.url, tmp_path, PREVIEW_DISK_ADMISSION="1000000TiB", **name) as (service, client):
        refused = await client.post(f"{PREFIX}/job", json=payload("mars"))
        again = await client.post(f"{PREFIX}/job", json=payload("moon"))
        other = await client.post(f"{PREFIX}/job", json=payload("moon", title="Other"))
        waiting = (await service.producer.counts()).backlog
    body = refused.json()
    assert (refused.status_code, body["code"], body["title"]) == (507, "disk-low", "Disk low")
    assert 0 < body["free"] < body["needed"]
    assert "preview-worker clean" in body["remedy"]
    assert "MiB are wanted" in body["detail"]
    assert int(refused.headers["retry-after"]) > 0
    assert (again.status_code, again.headers["idempotency-replayed"]) == (202, "true")
    assert (other.status_code, waiting) == (409, 1)
