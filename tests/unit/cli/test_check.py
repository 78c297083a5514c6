"""`check` without a render process: what is invalid, unreadable or wrongly asked; and the shapes of its report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from preview_worker.cli.check_report import CheckReport, Entry
from preview_worker.cli.group import run
from preview_worker.cli.sarif import Result, Rule, sarif_log
from preview_worker.cli.warning_places import place_of
from preview_worker.contract import PreviewWarning, WarningCode, WarningSeverity, severity_of
from preview_worker.contract.warning import MEANINGS

ROOT = Path(__file__).parents[3]
REQUEST = {
    "steps": [
        {"title": "A", "text": "Words.", "narrationAssetId": "voice", "durationMs": 900},
        {"id": "b", "narration": "Words.", "visuals": ["board"], "callouts": []},
        {"id": "timed", "narrationTimings": "times"},
    ],
    "assets": [{"id": "voice"}, {"id": "board"}],
}


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    """Write a payload and check it: returns the exit code, and what was written to both streams."""
    monkeypatch.chdir(tmp_path)

    def checked(content, *options):
        (tmp_path / "tutorial.json").write_text(content if isinstance(content, str) else json.dumps(content, indent=1))
        code = run(["check", "tutorial.json", *options])
        return code, *capsys.readouterr()

    return checked


def warning(code, step_id=None, **members):
    return PreviewWarning(
        code=code, severity=severity_of(WarningCode(code)), step_id=step_id, message="It is so.", **members
    )


def entry(severity, code, **members):
    return Entry(severity=severity, code=code, message="It is so.", place=("/steps/0", 3, 5), **members)


def test_invalid_payload_is_told_by_line_with_exit_code_2(call):
    code, out, _ = call({"steps": [{"durationMs": "long"}], "titel": "A"})
    assert code == 2
    assert "  4:4: error: steps[0].durationMs must be a whole number [wrong-type]" in out.splitlines()
    assert "[unknown-key]" in out
    assert out.splitlines()[-1] == "1 error, 1 advice"


def test_invalid_payload_is_told_as_json_and_sarif(call):
    bad = {"steps": [{"durationMs": "long"}]}
    code, out, _ = call(bad, "--json")
    told = json.loads(out)
    assert (code, told["valid"], told["plan"]) == (2, False, None)
    assert [(error["pointer"], error["line"], error["column"]) for error in told["errors"]] == [
        ("/steps/0/durationMs", 4, 4)
    ]
    code, out, _ = call(bad, "--sarif")
    (result,) = json.loads(out)["runs"][0]["results"]
    assert (code, result["ruleId"], result["level"]) == (2, "wrong-type", "error")


def test_first_of_two_ids_is_named_without_the_request_when_the_payload_is_bare(call):
    _, out, _ = call({"steps": [{"id": "a", "text": "One."}, {"id": "a", "text": "Two."}]})
    assert "      the first is that of steps[0]" in out.splitlines()


@pytest.mark.parametrize(
    ("content", "code", "place"),
    [('{\n "steps": }', "malformed-json", (2, 11)), ("[" * 40 + "]" * 40, "nesting-too-deep", (1, 1))],
)
def test_broken_file_is_told_as_json_and_sarif_with_exit_code_3(call, content, code, place):
    exit_code, out, _ = call(content, "--json")
    told = json.loads(out)
    assert (exit_code, told["valid"], told["plan"], told["counts"]["error"]) == (3, False, None, 1)
    (error,) = told["errors"]
    assert (error["code"], (error["line"], error["column"])) == (code, place)
    assert error["message"]
    exit_code, out, _ = call(content, "--sarif")
    log = json.loads(out)
    (result,) = log["runs"][0]["results"]
    assert (exit_code, log["version"], result["ruleId"], result["level"]) == (3, "2.1.0", code, "error")
    region = {"startLine": place[0], "startColumn": place[1]}
    assert result["locations"][0]["physicalLocation"]["region"] == region


@pytest.mark.parametrize("option", ["--json", "--sarif"])
def test_absent_file_is_told_as_json_and_sarif_with_exit_code_3(option, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["check", "nowhere.json", option]) == 3
    told = json.loads(capsys.readouterr().out)
    if option == "--json":
        (message,) = [error["message"] for error in told["errors"] if error["code"] == "unreadable"]
    else:
        (message,) = [result["message"]["text"] for result in told["runs"][0]["results"]]
    assert message == "nowhere.json can't be read: No such file or directory."


@pytest.mark.parametrize("bare", [True, False])
def test_faults_stand_under_their_step_when_the_payload_is_invalid(call, bare):
    request_ = {
        "titel": "A",
        "steps": [{"durationMs": "long"}, {"id": "b", "txet": "x"}, {"id": "bad id", "kind": "?"}, {"id": 5}, "words"],
        "assets": [],
        "audio": {},
    }
    whole = {"jobId": "j", "projectId": "p", "requestId": "r", "dryRun": False, "previewRequest": request_}
    _, out, _ = call(request_ if bare else whole)
    headings = [line for line in out.splitlines()[:-1] if not line.startswith(" ")]
    assert headings == ["The whole", "Step step-1", "Step b", "Step bad id", "Step step-4", "Step step-5"]
    whole_part = out[: out.index("Step step-1")]
    assert ("titel" in whole_part, "steps[" in whole_part) == (True, False)
    _, out, _ = call(request_ if bare else whole, "--json")
    told = {error["pointer"].rpartition("/steps/")[2]: error.get("stepId") for error in json.loads(out)["errors"]}
    assert (told["0/durationMs"], told["2/kind"], told["3/id"]) == ("step-1", "bad id", "step-4")


def test_faults_are_told_once_when_two_steps_have_the_same_id(call):
    _, out, _ = call({"steps": [{"id": "a", "kind": "?"}, {"id": "a", "kind": "!"}]})
    assert out.count("Step a") == 1
    assert out.count("kind must be one of") == 2


def test_unreadable_file_exits_3_and_wrong_usage_2(call):
    code, out, err = call("{")
    assert (code, out) == (3, "")
    assert err.startswith("tutorial.json:1:")
    assert run(["check", "nowhere.json"]) == 3
    assert call({}, "--json", "--sarif")[0] == 2


@pytest.mark.parametrize(
    ("found", "place"),
    [
        (warning("step-lengthened", "step-1"), "/steps/0/durationMs"),
        (warning("narration-missing", "step-1"), "/steps/0/text"),
        (warning("caption-fast", "b"), "/steps/1/narration"),
        (warning("callout-overlaps", "b"), "/steps/1/callouts"),
        (warning("text-small", "b"), "/steps/1"),
        (warning("not-rendered", "timed"), "/steps/2/narrationTimings"),
        (warning("step-lengthened", "b"), "/steps/1"),
        (warning("asset-unused", value="board"), "/assets/1"),
        (warning("asset-missing", "b", value="board"), "/assets/1"),
        (warning("asset-missing", "b", value="a/board.png"), "/steps/1/visuals"),
        (warning("audio-silent"), "/audio/music"),
        (warning("contrast-low"), "/options/theme/text"),
        (warning("text-small", "nobody"), ""),
    ],
)
def test_warning_is_placed_at_the_member_it_is_about(found, place):
    assert place_of(found, REQUEST) == place


def test_every_warning_has_a_meaning():
    assert set(MEANINGS) == set(WarningCode)


def test_every_warning_is_documented_with_its_severity():
    rows = [line.split("|") for line in (ROOT / "docs/checks.md").read_text().splitlines() if line.startswith("| ")]
    told = {cells[1].strip(): cells[2].strip() for cells in rows[1:]}
    assert told == {code.value: severity_of(code).value for code in WarningCode}


def test_report_is_grouped_by_step_with_hints_and_counts():
    entries = (
        entry("advice", "text-small", step_id="b", at_ms=61_500, hint="Shorten it."),
        entry("advice", "asset-unused"),
        entry("error-like", "glyph-missing", step_id="a"),
    )
    report = CheckReport(entries=entries, plan={"steps": 2, "frames": 60, "durationMs": 2000})
    assert list(report.lines(["a", "b"])) == [
        "The whole",
        "  3:5: advice: It is so. [asset-unused]",
        "Step a",
        "  3:5: error-like: It is so. [glyph-missing]",
        "Step b (1:01)",
        "  3:5: advice: It is so. [text-small]",
        "      Shorten it.",
        "2 steps, 2.0 s: 1 error-like warning, 2 advice",
    ]
    assert list(CheckReport(entries=(), plan=report.plan).lines([])) == ["2 steps, 2.0 s: nothing to complain of"]


@pytest.mark.parametrize("severity", list(WarningSeverity))
def test_entry_tells_all_of_its_warning(severity):
    found = PreviewWarning(
        code="text-small", severity=severity, step_id="b", at_ms=5, message="It is so.", value=30, limit=40, hint="Do."
    )
    told = Entry.of_warning(found, ("/steps/1", 2, 3)).as_json()
    wire = found.model_dump(mode="json", by_alias=True)
    assert told == {**wire, "pointer": "/steps/1", "line": 2, "column": 3}


def test_sentence_ends_before_its_hint_when_sarif_shows_both():
    told = Entry(severity="error", code="bad", message='repeats the id "a"', place=("", 1, 1), hint="The first is x")
    assert told.as_result().message == 'repeats the id "a". The first is x'


def test_sarif_has_each_rule_once_and_every_place():
    rule = Rule(code="text-small", meaning="a reading text had to be set small", level="note")
    results = [Result(rule=rule, message="So.", line=line, column=2, properties={"stepId": "b"}) for line in (1, 7)]
    log = sarif_log(results, file="my games/a.yaml", version="1.2")
    assert log["version"] == "2.1.0"
    (run_,) = log["runs"]
    assert [known["id"] for known in run_["tool"]["driver"]["rules"]] == ["text-small"]
    assert run_["tool"]["driver"]["rules"][0]["defaultConfiguration"] == {"level": "note"}
    places = [result["locations"][0]["physicalLocation"] for result in run_["results"]]
    assert [place["region"] for place in places] == [{"startLine": line, "startColumn": 2} for line in (1, 7)]
    assert {place["artifactLocation"]["uri"] for place in places} == {"my%20games/a.yaml"}
    assert {result["ruleIndex"] for result in run_["results"]} == {0}
