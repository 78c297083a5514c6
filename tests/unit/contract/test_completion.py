from __future__ import annotations

import pytest

from preview_worker.contract import complete_request, is_bare_request, validate_job, validate_request
from preview_worker.contract.completion import job_id_from_title
from preview_worker.contract.identifiers import job_id_fault


def test_bare_request_becomes_a_valid_job_when_completed():
    completion = complete_request({"title": "Règles : 50 %", "steps": []}, project_id="p", dry_run=True)
    assert completion.bare
    assert validate_job(completion.payload).job is not None
    assert completion.filled == {
        "/jobId": "regles-50",
        "/projectId": "p",
        "/requestId": "regles-50",
        "/dryRun": True,
        "/previewRequest/assets": [],
        "/previewRequest/audio": {},
    }


@pytest.mark.parametrize("raw", [{}, [], None, {"jobId": "a"}, {"previewRequest": {}}, {"steps": [], "dryRun": True}])
def test_payload_is_returned_as_it_is_when_it_is_no_bare_request(raw):
    completion = complete_request(raw)
    assert not completion.bare
    assert completion.payload is raw
    assert not completion.filled
    assert not is_bare_request(raw)


def test_findings_point_into_the_bare_request_when_one_was_given():
    (error,) = validate_request({"steps": [{"durationMs": 1}]}).errors
    assert error.pointer == "/steps/0/durationMs"
    assert error.message.startswith("steps[0].durationMs ")


@pytest.mark.parametrize("title", ["Con", "Wait", "2025", "", None, "日本", "x" * 300, "-- --", "NUL"])
def test_job_id_is_valid_when_made_of_any_title(title):
    assert job_id_fault(job_id_from_title(title)) is None
