"""What every route keeps: problems, request ids, health, the description; and what the whole does with odd requests."""

from __future__ import annotations

import json
import time

import jsonschema
import pytest
import structlog
from structlog.testing import capture_logs

from preview_worker.api.app import create_app
from preview_worker.bootstrap.api import open_service
from preview_worker.config.settings import load_settings
from preview_worker.contract.schema import JOB_SCHEMA, schemas
from preview_worker.queue.bullmq_connections import connect
from preview_worker.state.workers import Heartbeat, RunningJob
from support.service import PREFIX, calling, payload, serving
from support.valkey import ServerProcess

pytestmark = pytest.mark.anyio


def heartbeat(**members):
    fields = {
        "worker_id": "w-1",
        "host": "tower",
        "pid": 7,
        "started_at_ms": 1,
        "slots": 2,
        "sandbox": "limits",
        "jobs": (RunningJob(job_id="moon", stage="render"),),
    }
    return Heartbeat(**(fields | members))


async def test_queue_metrics_count_jobs_and_workers(client, service):
    await client.post(f"{PREFIX}/job", json=payload("one"))
    await client.post(f"{PREFIX}/job", json=payload("two"))
    await service.workers.beat(heartbeat())
    body = (await client.get(f"{PREFIX}/queue/metrics")).json()
    seed = ("waiting", "active", "completed", "failed", "delayed", "total")
    assert [body[name] for name in seed] == [0, 0, 0, 0, 0, 2]
    assert (body["prioritized"], body["capacity"], body["free"], body["paused"]) == (2, 20, 18, False)
    assert body["workers"] == {"live": 1, "slots": 2, "busy": 1}


async def test_health_is_degraded_and_says_why_when_jobs_could_be_lost_or_wait_for_ever(client, queue_address):
    answer = await client.get(f"{PREFIX}/worker/health")
    body = answer.json()
    assert (answer.status_code, body["status"], body["redis"]["status"]) == (200, "degraded", "up")
    assert {"no worker is running", "Redis keeps no append-only file: a restart loses jobs"} <= set(body["reasons"])
    assert body["redis"]["policy"] == "noeviction"
    assert body["redis"]["pingMs"] > 0
    assert body["queue"]["name"] == queue_address.queue_name
    assert abs(body["timestamp"] - time.time() * 1000) < 60_000
    assert body["disk"]["freeBytes"] <= body["disk"]["totalBytes"]
    assert queue_address.url not in answer.text
    assert "valkey.sock" not in answer.text


async def test_health_has_no_complaint_but_the_disk_when_redis_is_durable_and_a_worker_lives(
    own_valkey_server: ServerProcess, tmp_path
):
    async with serving(own_valkey_server.url, tmp_path) as (service, client):
        await service.workers.beat(heartbeat())
        body = (await client.get(f"{PREFIX}/worker/health")).json()
    complaints = [reason for reason in body["reasons"] if "disk space" in reason] if body["disk"]["low"] else []
    assert body["reasons"] == complaints
    assert body["status"] == ("degraded" if complaints else "healthy")
    (worker,) = body["workers"]
    assert (worker["id"], worker["slots"], worker["jobs"]) == ("w-1", 2, [{"jobId": "moon", "stage": "render"}])


@pytest.mark.parametrize(("level", "is_told"), [("full", False), ("partial", True), ("", True), ("of-tomorrow", True)])
async def test_health_names_the_worker_whose_sandbox_is_less_than_wanted(queue_address, tmp_path, level, is_told):
    settings = {"PREVIEW_QUEUE_NAME": queue_address.queue_name, "PREVIEW_SANDBOX": "full"}
    async with serving(queue_address.url, tmp_path, **settings) as (service, client):
        await service.workers.beat(heartbeat(sandbox=level))
        body = (await client.get(f"{PREFIX}/worker/health")).json()
    complaints = [reason for reason in body["reasons"] if "worker w-1" in reason]
    assert len(complaints) == is_told
    assert all("PREVIEW_SANDBOX asks for full" in complaint for complaint in complaints)
    assert body["workers"][0]["sandbox"] == level


@pytest.mark.parametrize(("assumed", "policy"), [("nothing", "unknown"), ("noeviction", "noeviction")])
async def test_health_takes_the_operators_word_when_the_server_hides_its_policy(
    own_valkey_server: ServerProcess, tmp_path, assumed, policy
):
    async with connect(own_valkey_server.url, socket_timeout_s=2.0) as client:
        await client.execute_command("ACL", "SETUSER", "blind", "on", ">word", "~*", "&*", "+@all", "-config", "-info")
    url = own_valkey_server.url.replace("unix://", "unix://blind:word@")
    async with serving(url, tmp_path, PREVIEW_REDIS_ASSUME=assumed) as (service, client):
        await service.workers.beat(heartbeat())
        body = (await client.get(f"{PREFIX}/worker/health")).json()
    assert (body["redis"]["policy"], body["redis"]["policyAssumed"]) == (policy, assumed == policy)
    complaints = [reason for reason in body["reasons"] if "can't be read" in reason]
    assert len(complaints) == (assumed != policy)
    assert all("PREVIEW_REDIS_ASSUME" in complaint for complaint in complaints)


async def test_health_tells_that_jobs_are_refused_and_that_workers_wait_when_the_disk_is_low(queue_address, tmp_path):
    settings = {"PREVIEW_QUEUE_NAME": queue_address.queue_name, "PREVIEW_DISK_ADMISSION": "1000000TiB"}
    async with serving(queue_address.url, tmp_path, **settings) as (service, client):
        await service.workers.beat(heartbeat(holding="disk"))
        body = (await client.get(f"{PREFIX}/worker/health")).json()
        measured = (await client.get("/metrics")).text
    assert (body["status"], body["disk"]["state"], body["disk"]["low"]) == ("degraded", "refusing", True)
    assert body["workers"][0]["holding"] == "disk"
    assert {
        "little disk space is left: new jobs are refused",
        "a worker starts no jobs: it waits for disk space",
    } <= set(body["reasons"])
    (free,) = [line.split()[1] for line in measured.splitlines() if line.startswith("preview_worker_disk_free_bytes ")]
    assert float(free) > 0


@pytest.mark.parametrize(
    ("holding", "told"),
    [
        (["disk", ""], ["it waits for disk space"]),
        (["render-start"], ["it can't start a render process"]),
        (["render-start", "disk", "disk"], ["it waits for disk space", "it can't start a render process"]),
        (["of-tomorrow"], ["it holds for 'of-tomorrow'"]),
        (["", ""], []),
    ],
)
async def test_health_says_what_workers_hold_for(client, service, holding, told):
    for number, word in enumerate(holding):
        await service.workers.beat(heartbeat(worker_id=f"w-{number}", holding=word))
    body = (await client.get(f"{PREFIX}/worker/health")).json()
    held = [reason for reason in body["reasons"] if "starts no jobs" in reason]
    assert held == [f"a worker starts no jobs: {what}" for what in told]


async def test_probes_and_metrics_answer_when_all_is_well(client):
    await client.post(f"{PREFIX}/job", json=payload())
    for probe in ("/livez", "/readyz"):
        assert (await client.get(probe)).text == "ok\n"
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    lines = answer.text.splitlines()
    assert 'preview_worker_admissions_total{answer="admitted"} 1.0' in lines
    assert 'preview_worker_queue_jobs{state="prioritized"} 1.0' in lines
    assert "preview_worker_queue_capacity 20.0" in lines


async def test_the_root_points_to_the_description(client):
    answer = await client.get("/")
    assert answer.json()["description"] == "/openapi.json"
    assert (await client.get(answer.json()["description"])).status_code == 200


async def test_head_is_answered_without_a_body_when_get_works(client):
    for path in ("/", "/livez", "/readyz", "/metrics", f"{PREFIX}/queue/metrics", f"{PREFIX}/worker/health"):
        answer = await client.head(path)
        assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("sane", ["abc", "0f8fad5b-d9cb-469f-a165-70867728950e", "x" * 128])
async def test_a_request_id_is_echoed_when_it_is_sane(client, sane):
    for path in (f"{PREFIX}/queue/metrics", "/nowhere", f"{PREFIX}/job/none/status"):
        answer = await client.get(path, headers={"X-Request-ID": sane})
        assert answer.headers["x-request-id"] == sane


@pytest.mark.parametrize("insane", ["", "a b", "x" * 129, b"\xe9", b"a\tb", b"\x7f"])
async def test_a_request_id_is_replaced_when_it_is_not_sane(client, insane):
    answer = await client.get("/livez", headers={"X-Request-ID": insane})
    replaced = answer.headers["x-request-id"]
    assert replaced.encode("latin-1") != (insane if isinstance(insane, bytes) else insane.encode())
    assert len(replaced) == 24
    assert (await client.get("/livez")).headers["x-request-id"] != replaced


async def test_requests_are_logged_with_their_id_but_probes_are_not(client):
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logged:
        await client.get("/nowhere", headers={"X-Request-ID": "r-1"})
        await client.get("/livez")
    (entry,) = logged
    assert (entry["event"], entry["path"], entry["status"], entry["request_id"]) == ("request", "/nowhere", 404, "r-1")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not-found"),
        ("GET", f"{PREFIX}/queue/metrics/", 404, "not-found"),
        ("POST", f"{PREFIX}/queue/metrics", 405, "method-not-allowed"),
        ("GET", f"{PREFIX}/job", 405, "method-not-allowed"),
        ("DELETE", "/livez", 405, "method-not-allowed"),
        ("BREW", "/", 405, "method-not-allowed"),
    ],
)
async def test_an_unknown_route_or_method_is_a_problem(client, method, path, status, code):
    answer = await client.request(method, path)
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code)
    assert body["requestId"] == answer.headers["x-request-id"]


async def test_a_bug_is_an_answer_without_details_when_a_part_of_the_service_breaks(queue_address, tmp_path):
    environment = {"REDIS_URL": queue_address.url, "DATA_DIR": str(tmp_path)}
    async with open_service(load_settings(environment)[0]) as service:
        app = create_app(service)

        @app.get("/broken")
        async def broken():
            raise RuntimeError("password=hunter2 at line 7")

        async with calling(app) as client:
            with capture_logs() as logged:
                answer = await client.get("/broken", headers={"X-Request-ID": "r-1"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.headers["x-request-id"]) == (500, "r-1")
    body = answer.json()
    assert (body["code"], body["requestId"]) == ("internal", "r-1")
    assert "hunter2" not in answer.text
    assert "RuntimeError" not in answer.text
    failure = next(entry for entry in logged if entry["event"] == "request-failed")
    assert isinstance(failure["exc_info"], RuntimeError)


async def test_the_description_carries_the_contract_and_every_route(client):
    description = (await client.get("/openapi.json")).json()
    routes = {(path, method) for path, methods in description["paths"].items() for method in methods}
    assert routes == {
        (f"{PREFIX}/job", "post"),
        (f"{PREFIX}/job/{{job_id}}/status", "get"),
        (f"{PREFIX}/job/{{job_id}}/artifact", "get"),
        (f"{PREFIX}/job/{{job_id}}/cancel", "post"),
        (f"{PREFIX}/job/{{job_id}}/approve", "post"),
        (f"{PREFIX}/job/{{job_id}}/files/{{name}}", "get"),
        (f"{PREFIX}/job/{{job_id}}/live/{{name}}", "get"),
        (f"{PREFIX}/frame", "post"),
        (f"{PREFIX}/queue/metrics", "get"),
        (f"{PREFIX}/queue/pause", "post"),
        (f"{PREFIX}/queue/resume", "post"),
        (f"{PREFIX}/worker/health", "get"),
    }
    components = description["components"]["schemas"]
    job = schemas()[JOB_SCHEMA]
    assert components["PreviewJob"]["properties"].keys() == job["properties"].keys()
    for reference in _references(description):
        assert reference.removeprefix("#/components/schemas/") in components
    for operations in description["paths"].values():
        for operation in operations.values():
            assert {"4XX", "5XX"} <= operation["responses"].keys()


def _references(value):
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for member in value.values():
            yield from _references(member)
    if isinstance(value, list):
        for member in value:
            yield from _references(member)


async def test_every_problem_fits_its_published_schema(client):
    validator = jsonschema.Draft202012Validator(schemas()["problem.schema.json"])
    answers = [
        await client.get("/nowhere"),
        await client.post(f"{PREFIX}/job", json={}),
        await client.post(f"{PREFIX}/job", content=b"{", headers={"Content-Type": "application/json"}),
        await client.get(f"{PREFIX}/job/none/status"),
    ]
    for answer in answers:
        assert not list(validator.iter_errors(json.loads(answer.content)))
