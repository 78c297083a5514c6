"""The route that approves: completed previews alone, the same answer however often it is asked."""

from __future__ import annotations

import json

import pytest

from preview_worker.contract import Build, Format, Quality, Report, VideoFacts
from preview_worker.storage.history import Edition, History
from support.publications import DIGEST, job_file, publish_preview
from support.service import PREFIX, payload

pytestmark = pytest.mark.anyio

APPROVE = f"{PREFIX}/job/Moon/approve"
REPORT = Report(
    job_id="Moon",
    project_id="board-games",
    request_id="r",
    chapter_id="c-1",
    language="fr",
    digest=DIGEST,
    build=Build(version="test"),
    video=VideoFacts(
        format=Format.MP4, quality=Quality.STANDARD, width_px=320, height_px=180, fps=30, frames=30, duration_ms=1000
    ),
)


def publish(service, kind="preview", report=None):
    content = report if report is not None else REPORT.model_dump_json(by_alias=True).encode()
    publish_preview(service.places, job_id="Moon", kind=kind, files={"preview.json": ("application/json", content)})
    service.job_files.write(job_file("Moon", dry_run=kind == "plan"))


def code_of(answer):
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


async def test_a_completed_preview_is_approved_with_who_when_and_note(client, service):
    publish(service)
    answer = await client.post(APPROVE, json={"note": "Ship it", "by": "Ada"})
    body = answer.json()
    assert answer.status_code == 200
    assert body.pop("approvedAtMs") > 1_600_000_000_000
    expected = {"jobId": "Moon", "by": "Ada", "note": "Ship it"}
    names = {"projectId": "board-games", "chapterId": "c-1", "language": "fr", "languages": ["fr"]}
    assert body == expected | names
    remembered = History(service.places).approved(Edition.of(REPORT))
    assert remembered == REPORT


async def test_the_answer_is_the_same_when_a_preview_is_approved_again(client, service):
    publish(service)
    first = await client.post(APPROVE, json={"note": "Ship it"})
    for again in ({"content": b""}, {"json": {}}, {"json": {"note": None}}, {"json": {"note": "Ship it"}}):
        assert (await client.post(APPROVE, **again)).json() == first.json()


async def test_a_part_of_a_tutorial_is_refused_when_it_is_to_be_approved(client, service):
    publish(service, report=REPORT.model_copy(update={"part": True}).model_dump_json(by_alias=True).encode())
    assert code_of(await client.post(APPROVE)) == (409, "is-part")
    assert History(service.places).approved(Edition.of(REPORT)) is None


async def test_status_tells_nothing_new_when_a_preview_is_approved(client, service):
    publish(service)
    before = (await client.get(f"{PREFIX}/job/Moon/status")).json()
    await client.post(APPROVE)
    assert (await client.get(f"{PREFIX}/job/Moon/status")).json() == before


async def test_a_job_is_not_approved_when_it_has_no_preview(client, service):
    assert code_of(await client.post(APPROVE)) == (404, "job-not-found")
    await client.post(f"{PREFIX}/job", json=payload())
    assert code_of(await client.post(f"{PREFIX}/job/moon/approve")) == (409, "not-ready")
    assert not service.places.history("board-games").exists()


@pytest.mark.parametrize(("kind", "report"), [("plan", None), ("preview", b"{}")])
async def test_a_job_is_not_approved_when_it_only_planned_or_has_no_report(client, service, kind, report):
    publish(service, kind, report)
    assert code_of(await client.post(APPROVE)) == (409, "not-ready")


@pytest.mark.parametrize(
    ("body", "status", "code", "pointer"),
    [
        (b"{", 400, "malformed-json", None),
        (b"[]", 422, "invalid-payload", ""),
        (b'{"note": 1}', 422, "invalid-payload", "/note"),
        (b'{"who": "Ada"}', 422, "invalid-payload", "/who"),
        (b'{"note": "%s"}' % (b"x" * 2001), 422, "invalid-payload", "/note"),
    ],
)
async def test_what_is_wrong_is_told_when_the_body_is_no_approval(client, service, body, status, code, pointer):
    publish(service)
    answer = await client.post(APPROVE, content=body, headers={"Content-Type": "application/json"})
    assert code_of(answer) == (status, code)
    assert [error["pointer"] for error in answer.json().get("errors", [])] == ([] if pointer is None else [pointer])


async def test_another_kind_of_body_is_refused_when_approving(client, service):
    publish(service)
    answer = await client.post(APPROVE, content=b"good", headers={"Content-Type": "text/plain"})
    assert code_of(answer) == (415, "unsupported-media-type")


async def test_the_description_tells_why_a_preview_is_not_approved(client):
    description = (await client.get("/openapi.json")).json()
    conflict = description["paths"][f"{PREFIX}/job/{{job_id}}/approve"]["post"]["responses"]["409"]
    for code in ("not-ready", "job-failed", "is-part"):
        assert f"`{code}`" in conflict["description"]
    schema = conflict["content"]["application/problem+json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/Problem"}


def publish_languages(service):
    variants = [{"language": "en-GB", "folder": "en-GB", "durationMs": 1000, "warningCount": 0}]
    own = REPORT.model_dump(mode="json", by_alias=True) | {"variants": variants}
    other = REPORT.model_copy(update={"language": "en-GB", "folder": "en-GB"}).model_dump_json(by_alias=True)
    reports = {"preview.json": json.dumps(own), "en-GB/preview.json": other}
    files = {name: ("application/json", content.encode()) for name, content in reports.items()}
    publish_preview(service.places, job_id="Moon", files=files)
    service.job_files.write(job_file("Moon"))


@pytest.mark.parametrize(
    ("said", "languages"), [({}, ["fr", "en-GB"]), ({"language": "EN-gb"}, ["en-GB"]), ({"language": "fr"}, ["fr"])]
)
async def test_all_languages_of_a_job_are_approved_or_the_one_that_is_named(client, service, said, languages):
    publish_languages(service)
    body = (await client.post(APPROVE, json=said)).json()
    assert (body["language"], body["languages"]) == (languages[0], languages)
    history = History(service.places)
    editions = {tag: Edition(project_id="board-games", chapter_id="c-1", language=tag) for tag in ("fr", "en-GB")}
    approved = {tag: history.approved(edition) for tag, edition in editions.items()}
    assert {tag: report.language for tag, report in approved.items() if report is not None} == {
        tag: tag for tag in languages
    }


async def test_a_language_is_refused_when_the_job_is_not_in_it(client, service):
    publish_languages(service)
    answer = await client.post(APPROVE, json={"language": "de"})
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["pointer"], error["limit"]) == (422, "/language", "fr, en-GB")
