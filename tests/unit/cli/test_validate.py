from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from preview_worker.cli.validate import validate

ROOT = Path(__file__).parents[3]
GOOD = {
    "jobId": "a",
    "projectId": "b",
    "requestId": "c",
    "dryRun": False,
    "previewRequest": {"steps": [], "assets": [], "audio": {}},
}


@pytest.fixture
def run(tmp_path):
    def invoke(content, *options, name="payload.json"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content, indent=1).encode())
        return CliRunner().invoke(validate, [str(path), *options])

    return invoke


@pytest.mark.parametrize("name", ["preview_payload_minimal.json", "preview_payload_full.json"])
def test_validate_says_ok_when_the_sample_is_checked(name):
    result = CliRunner().invoke(validate, [str(ROOT / name)])
    assert (result.exit_code, result.stdout, result.stderr) == (0, "OK: payload is valid\n", "")


def test_validate_lists_every_error_with_its_place_when_the_payload_is_invalid(run):
    result = run({**GOOD, "dryRun": "x", "previewRequest": {**GOOD["previewRequest"], "steps": {}}})
    assert result.exit_code == 2
    assert result.stdout.splitlines() == [
        "INVALID PAYLOAD:",
        " - 5:2: dryRun must be boolean [wrong-type]",
        " - 7:3: previewRequest.steps (array) required [wrong-type]",
    ]


def test_validate_lists_errors_from_top_to_bottom_when_there_are_several():
    result = CliRunner().invoke(validate, [str(ROOT / "tests/payloads/bad/everything-at-once.json")])
    lines = [int(line.split(":")[0].removeprefix(" - ")) for line in result.stdout.splitlines()[1:]]
    assert len(lines) == 5
    assert lines == sorted(lines)


def test_validate_warns_on_standard_error_when_a_key_is_unknown(run):
    payload = {**GOOD, "previewRequest": {**GOOD["previewRequest"], "tilte": "x"}}
    result = run(payload)
    assert (result.exit_code, result.stdout) == (0, "OK: payload is valid\n")
    assert 'did you mean "title"?' in result.stderr
    assert run(payload, "--strict").exit_code == 2


def test_validate_exits_3_when_the_file_is_absent():
    result = CliRunner().invoke(validate, ["nowhere/payload.json"])
    assert result.exit_code == 3
    assert "can't be read" in result.stderr


def test_validate_exits_3_with_the_place_when_the_file_is_no_json(run):
    result = run(b'{\n "a": }')
    assert result.exit_code == 3
    assert "payload.json:2:7: Not JSON" in result.stderr


def test_validate_writes_json_when_asked(run):
    result = run({**GOOD, "jobId": "1"}, "--json")
    verdict = json.loads(result.stdout)
    assert result.exit_code == 2
    assert verdict["valid"] is False
    (error,) = verdict["errors"]
    assert (error["pointer"], error["code"], error["line"], error["column"]) == ("/jobId", "bad-id", 2, 2)


def test_validate_writes_json_when_the_file_is_unreadable(run):
    result = run(b"{", "--json")
    assert result.exit_code == 3
    assert json.loads(result.stdout)["errors"][0]["code"] == "malformed-json"


def test_validate_explains_what_is_filled_in_when_the_request_is_bare(run):
    result = run(b"title: Moon\nsteps:\n  - text: A\n", "--explain", name="bare.yaml")
    assert result.exit_code == 0
    assert '/jobId = "moon"' in result.stdout
    assert "/previewRequest/assets = []" in result.stdout


def test_validate_points_into_the_bare_request_when_it_is_invalid(run):
    result = run(b"title: Moon\nsteps:\n  - kind: x\n", name="bare.yaml")
    assert result.exit_code == 2
    assert " - 3:5: steps[0].kind must be one of" in result.stdout


@pytest.mark.parametrize("content", [json.dumps(GOOD), "title: Moon\nsteps: []\n"])
def test_validate_reads_standard_input_when_given_a_dash(content):
    result = CliRunner().invoke(validate, ["-"], input=content)
    assert result.stdout == "OK: payload is valid\n"


def test_validate_says_so_when_there_is_nothing_to_explain(run):
    assert "Nothing was filled in" in run(GOOD, "--explain").stdout
    assert json.loads(run(GOOD, "--explain", "--json").stdout)["filledIn"] == {}


def test_validate_points_at_the_variant_that_is_too_long(run):
    steps = [{"id": f"s{number}", "title": "Board"} for number in range(8)]
    words = {step["id"]: {"narration": "Posez le plateau au milieu. " * 250} for step in steps}
    request = {**GOOD["previewRequest"], "steps": steps, "variants": [{"language": "fr", "steps": words}]}
    result = run({**GOOD, "previewRequest": request}, "--json")
    (error,) = json.loads(result.stdout)["errors"]
    assert (result.exit_code, error["code"]) == (2, "too-long")
    assert error["pointer"] == "/previewRequest/variants/0"
    assert error["message"].startswith("In fr, the tutorial would last")


def test_validate_refuses_what_the_service_would_when_the_tutorial_is_too_long(run, monkeypatch):
    monkeypatch.setenv("PREVIEW_MAX_DURATION_S", "5")
    steps = [{"durationMs": 3000}, {"durationMs": 3000}]
    result = run({**GOOD, "previewRequest": {**GOOD["previewRequest"], "steps": steps}})
    assert result.exit_code == 2
    assert "6.0 s" in result.stdout
    assert result.stdout.rstrip().endswith("[too-long]")
