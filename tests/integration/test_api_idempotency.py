"""`Idempotency-Key`: the same request again brings the same job, and no other."""

from __future__ import annotations

import asyncio

import pytest

from preview_worker.queue.idempotency import KEY_TTL_S
from support.service import PREFIX, payload

pytestmark = pytest.mark.anyio

JOB = f"{PREFIX}/job"


def unnamed(**request):
    job = payload(**request)
    del job["jobId"]
    return job


async def post(client, job, key="press-1"):
    return await client.post(JOB, json=job, headers={"Idempotency-Key": key})


async def test_the_first_answer_comes_again_when_key_and_payload_are_the_same(client, service):
    first = await post(client, payload())
    second = await post(client, payload() | {"requestId": "second-try", "priority": "high"})

    assert "idempotency-replayed" not in first.headers
    assert (second.status_code, second.headers["idempotency-replayed"]) == (202, "true")
    assert second.json() == first.json()
    assert (await service.producer.counts()).backlog == 1


async def test_a_job_without_an_id_gets_one_by_its_title_and_keeps_it(client, service):
    first = await post(client, unnamed(title="Moonlit Harbour"))
    second = await post(client, unnamed(title="Moonlit Harbour"))

    job_id = first.json()["jobId"]
    assert job_id.startswith("moonlit-harbour-")
    assert second.json()["jobId"] == job_id
    assert (await service.producer.job(job_id)).payload["jobId"] == job_id
    assert (await service.producer.counts()).backlog == 1
    assert (await client.get(f"{JOB}/{job_id}/status")).json()["status"] == "queued"


async def test_a_job_without_an_id_and_a_key_is_refused(client):
    answer = await client.post(JOB, json=unnamed())
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/jobId")


@pytest.mark.parametrize("other", [unnamed(title="Another"), payload("other-name"), unnamed(dry_run=True)])
async def test_another_payload_is_refused_when_the_key_is_the_same(client, service, other):
    first = (await post(client, unnamed())).json()["jobId"]

    answer = await post(client, other)

    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["jobId"]) == (422, "idempotency-key-reused", first)
    assert first in problem["detail"]
    assert (await service.producer.counts()).backlog == 1


async def test_the_same_request_is_answered_when_a_file_has_changed_meanwhile(client, service):
    folder = service.places.assets("board-games")
    folder.mkdir(parents=True)
    (folder / "board.png").write_bytes(b"one")
    job = unnamed(steps=[{"visuals": ["board.png"]}])
    first = (await post(client, job)).json()
    (folder / "board.png").write_bytes(b"two")

    again = await post(client, job)

    assert again.headers["idempotency-replayed"] == "true"
    assert (again.json()["jobId"], again.json()["digest"]) == (first["jobId"], first["digest"])


async def test_jobs_are_apart_when_their_keys_are(client, service):
    answers = [await post(client, unnamed(), key) for key in ("press-1", "press-2", 'press "3" ~')]
    assert len({answer.json()["jobId"] for answer in answers}) == 3
    assert (await service.producer.counts()).backlog == 3


@pytest.mark.parametrize(
    ("key", "fault"), [("", "has 0"), ("x" * 256, "has 256"), ("é", "not printable ASCII"), ("a\tb", "not printable")]
)
async def test_a_key_is_refused_when_it_is_none(client, service, key, fault):
    answer = await client.post(JOB, json=payload(), headers=[(b"Idempotency-Key", key.encode())])
    assert (answer.status_code, answer.json()["code"]) == (400, "bad-idempotency-key")
    assert fault in answer.json()["detail"]
    assert (await service.producer.counts()).total == 0


@pytest.mark.parametrize("keys", [("press-1", "press-2"), ("press-1", "press-1"), ("", "press-1")])
async def test_a_request_with_two_keys_is_refused_with_what_came_and_what_to_do(client, service, keys):
    answer = await client.post(JOB, json=unnamed(), headers=[(b"Idempotency-Key", key.encode()) for key in keys])
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (400, "bad-idempotency-key")
    assert (problem["header"], problem["value"]) == ("Idempotency-Key", list(keys))
    assert problem["remedy"] in problem["detail"]
    assert "2 Idempotency-Key headers" in problem["detail"]
    assert (await service.producer.counts()).total == 0


async def test_a_key_is_remembered_for_a_day_and_not_by_its_text(client, queue_address, redis):
    await post(client, payload(), "a-secret-of-the-producer")

    keys = [key async for key in redis.scan_iter(queue_address.key("pvw:key:*"))]
    assert len(keys) == 1
    assert KEY_TTL_S - 60 < await redis.ttl(keys[0]) <= KEY_TTL_S
    assert not [key async for key in redis.scan_iter("*secret*")]


async def test_row_42_the_requests_of_one_key_bring_one_job_however_many_race(client, service):
    answers = await asyncio.gather(*(post(client, unnamed(title=f"Key {n % 5}"), f"key-{n % 5}") for n in range(100)))

    assert {answer.status_code for answer in answers} == {202}
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 5
    assert len({answer.json()["jobId"] for answer in answers}) == 5
    assert (await service.producer.counts()).total == 5
