"""Jobs that end otherwise than completed, and ones that complete with something missing."""

from __future__ import annotations

import time

import pytest

from support.illustrated import illustrated, long_to_draw
from support.processes import PREFIX
from support.videos import decoded, read_json

CANCELLED_WITHIN_S = 2


def test_a_job_fails_at_once_and_names_the_asset_when_a_picture_is_corrupt(service):
    job = illustrated(service.places.assets("corrupt"), "corrupt", project="corrupt")
    (service.places.assets("corrupt") / "token.png").write_bytes(b"\x89PNG\r\n\x1a\n and nothing that follows")
    status = service.ended(service.submit(job))
    assert (status["status"], status["attemptsMade"]) == ("failed", 1)
    assert status["error"] == {"code": "asset-undecodable", "retryable": False}
    assert "token" in status["failedReason"]
    assert nothing_published(service, "corrupt", "corrupt")


def test_a_job_fails_at_once_and_names_the_step_when_it_is_to_speak_a_picture(service):
    job = illustrated(service.places.assets("mixed"), "mixed", project="mixed")
    job["previewRequest"]["steps"][1]["narrationAssetId"] = "board"
    status = service.ended(service.submit(job))
    assert (status["status"], status["attemptsMade"]) == ("failed", 1)
    assert status["error"]["code"] == "asset-undecodable"
    assert "board can't be used: step step-2 speaks it" in status["failedReason"]


def test_a_picture_that_is_missing_is_drawn_as_a_box_with_a_warning(service):
    job = illustrated(service.places.assets("missing"), "missing", project="missing")
    (service.places.assets("missing") / "token.png").unlink()
    folder = service.completed(job)
    warnings = read_json(folder, "preview.json")["warnings"]
    [warning] = [warning for warning in warnings if warning["code"] == "asset-missing"]
    assert "token" in warning["message"]
    assert decoded(folder / "preview.mp4").frames == 72


def test_a_job_fails_when_a_picture_is_missing_and_may_not_be(service):
    job = illustrated(service.places.assets("strict"), "strict", project="strict", onMissingAsset="fail")
    (service.places.assets("strict") / "token.png").unlink()
    status = service.ended(service.submit(job))
    assert (status["status"], status["attemptsMade"]) == ("failed", 1)
    assert status["error"]["code"] == "asset-missing"
    assert "token" in status["failedReason"]
    assert nothing_published(service, "strict", "strict")
    assert service.http.get(f"{PREFIX}/job/strict/artifact").json()["code"] == "job-failed"


def test_a_job_ends_cancelled_within_two_seconds_and_leaves_nothing_when_it_is_cancelled(service):
    job_id = service.submit(long_to_draw(service.places.assets("cancel"), "cancelled", project="cancel", seconds=15))
    service.rendering(job_id)
    asked = service.http.post(f"{PREFIX}/job/{job_id}/cancel")
    assert (asked.status_code, asked.json()["status"]) == (202, "active")
    asked_at_s = time.monotonic()
    status = service.ended(job_id)
    assert time.monotonic() - asked_at_s < CANCELLED_WITHIN_S
    assert status["status"] == "cancelled", status
    assert nothing_published(service, "cancel", job_id)
    service.until(lambda: not [path for path in service.places.stage.glob("*/*") if job_id in path.name])
    assert service.http.get(f"{PREFIX}/job/{job_id}/live/poster.jpg").status_code == 410
    assert not [path for path in service.places.live("cancel", job_id).rglob("*") if path.is_file()]


@pytest.mark.parametrize("name", ["../cancelled", "cancelled.", "12345"])
def test_a_post_is_refused_when_its_job_id_is_no_name(service, name):
    job = illustrated(service.places.assets("names"), name, project="names")
    answer = service.http.post(f"{PREFIX}/job", json=job)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/jobId"


def nothing_published(service, project, job_id):
    return not service.places.preview(project, job_id).exists()
