from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from preview_worker.contract import Code, Severity, validate_job

ROOT = Path(__file__).parents[3]


def job(**request) -> dict[str, Any]:
    return {
        "jobId": "a",
        "projectId": "b",
        "requestId": "c",
        "dryRun": False,
        "previewRequest": {"steps": [], "assets": [], "audio": {}, **request},
    }


@pytest.mark.parametrize("name", ["preview_payload_minimal.json", "preview_payload_full.json"])
@pytest.mark.parametrize("strict", [False, True])
def test_sample_is_valid_when_checked_either_way(name, strict):
    raw = json.loads((ROOT / name).read_text("utf-8"))
    verdict = validate_job(raw, strict=strict)
    assert verdict.job is not None
    assert verdict.errors == verdict.warnings == ()


def test_verdict_tells_all_faults_when_shape_and_meaning_are_wrong():
    raw = job(steps=[{"durationMs": 1, "visuals": [{"assetId": "x"}]}, {"id": "step-1"}])
    raw["jobId"] = "7"
    codes = {finding.code for finding in validate_job(raw).errors}
    assert codes == {Code.BAD_ID, Code.OUT_OF_RANGE, Code.UNKNOWN_ASSET, Code.DUPLICATE_ID}


def test_unknown_key_warns_with_a_guess_when_not_strict():
    verdict = validate_job(job(steps=[{"narraton": "x"}]))
    assert verdict.job is not None
    (warning,) = verdict.warnings
    assert (warning.code, warning.severity) == (Code.UNKNOWN_KEY, Severity.WARNING)
    assert warning.hint == 'did you mean "narration"?'


def test_unknown_key_is_an_error_when_strict():
    verdict = validate_job(job(steps=[{"narraton": "x"}]), strict=True)
    assert verdict.job is None
    assert [finding.pointer for finding in verdict.errors] == ["/previewRequest/steps/0/narraton"]


def test_snake_case_is_an_unknown_key_when_it_stands_on_the_wire():
    verdict = validate_job(job(steps=[{"duration_ms": 3000}]))
    assert verdict.job is not None
    assert verdict.job.preview_request.steps[0].duration_ms is None
    assert verdict.warnings[0].hint == 'did you mean "durationMs"?'


def test_pointer_names_the_string_when_a_string_visual_is_refused():
    (error,) = validate_job(job(steps=[{"visuals": ["/etc/a.png"]}])).errors
    assert error.pointer == "/previewRequest/steps/0/visuals/0"


def test_pointer_names_body_when_body_was_written():
    (error,) = validate_job(job(steps=[{"body": "x" * 9000}])).errors
    assert (error.pointer, error.code) == ("/previewRequest/steps/0/body", Code.TEXT_TOO_LONG)
    assert error.limit == 8000
    assert len(error.value) == 200


def test_newer_version_is_the_only_finding_when_the_rest_is_strange():
    (error,) = validate_job(job(version=2, steps=5)).errors
    assert error.code is Code.UNSUPPORTED_VERSION


def test_nesting_is_the_only_finding_when_it_is_too_deep():
    deep: Any = []
    for _ in range(10_000):
        deep = [deep]
    (error,) = validate_job(job(metadata=deep)).errors
    assert error.code is Code.NESTING_TOO_DEEP


def test_values_json_does_not_know_are_faults_when_a_caller_passes_them():
    verdict = validate_job(job(metadata={"n": float("nan"), "s": "\ud800", 5: 1}))
    assert {finding.code for finding in verdict.errors} >= {Code.BAD_NUMBER, Code.NOT_UTF8, Code.WRONG_TYPE}


def test_finding_leaves_out_what_it_does_not_know_when_written_as_json():
    (error,) = validate_job(job(steps=[{"durationMs": 1}])).errors
    assert error.as_json() == {
        "pointer": "/previewRequest/steps/0/durationMs",
        "code": "out-of-range",
        "message": "previewRequest.steps[0].durationMs must be at least 500",
        "value": 1,
        "limit": 500,
    }


def test_validation_leaves_the_payload_alone_when_it_normalises():
    raw = job(steps=[{"body": "a\u202e", "visuals": ["x.png"]}])
    before = json.dumps(raw)
    validate_job(raw, strict=True)
    assert json.dumps(raw) == before


def test_findings_are_bounded_when_a_hostile_payload_asks_for_thousands():
    assets = [{"id": f"asset-{number}"} for number in range(1000)]
    steps = [{"visuals": [{"assetId": f"aset-{number}"}] * 32, f"surplus{number}": 1} for number in range(500)]
    verdict = validate_job(job(assets=assets, steps=steps, **{f"k{number}": 1 for number in range(1000)}))
    assert len(verdict.errors) == 501
    assert verdict.errors[-1].code is Code.TOO_MANY
    assert len(verdict.warnings) == 500


def test_errors_are_found_when_warnings_have_filled_their_list():
    raw = job(**{f"k{number}": 1 for number in range(1000)}, webhook="x")
    verdict = validate_job(raw)
    assert verdict.job is None
    assert [finding.code for finding in verdict.errors] == [Code.UNSUPPORTED_FIELD]


def test_message_is_safe_to_print_when_a_key_holds_what_a_terminal_obeys():
    verdict = validate_job(job(**{"\x1b[31mtitel": 1, "\ud800": 2}))
    text = "".join(finding.message + finding.pointer for finding in (*verdict.errors, *verdict.warnings))
    assert "\\x1b[31mtitel" in verdict.warnings[0].message
    assert text.encode("utf-8")
