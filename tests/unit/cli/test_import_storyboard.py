from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from preview_worker.cli.group import run
from preview_worker.cli.import_storyboard import import_storyboard

FIXTURES = Path(__file__).parents[2] / "fixtures" / "bridges"


@pytest.fixture
def invoke(capsys):
    def call(*arguments):
        code = run(["import-storyboard", *map(str, arguments)])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call


def test_import_writes_the_payload_on_stdout_and_the_report_on_stderr(invoke):
    code, out, err = invoke(FIXTURES / "renderer-configuration.json")
    assert (code, json.loads(out)["projectId"]) == (0, "gameplay-lanternes")
    lines = err.splitlines()
    assert lines[0].endswith("is read as a renderer configuration, language fr-CA: 3 steps, 4 assets.")
    assert any("dropped  line 35" in line and "/scenes/1/callouts/2" in line for line in lines)
    assert any("/scenes/*/overlays/*/position (7 ×)" in line for line in lines)


def test_import_says_that_everything_is_carried_over_when_nothing_is_lost(invoke):
    assert "Everything is carried over." in invoke(FIXTURES / "slide-list.json")[2]


def test_import_writes_payload_and_report_as_json_when_asked(invoke):
    code, out, err = invoke(FIXTURES / "chapter-steps.json", "--json", "--project", "lake", "--job-id", "lake-1")
    written = json.loads(out)
    assert (code, err, written["payload"]["jobId"]) == (0, "", "lake-1")
    assert written["report"]["format"] == "chapter-steps"
    lost = next(remark for remark in written["report"]["remarks"] if remark["pointer"] == "/assetMatches/s7")
    assert (lost["outcome"], lost["line"], lost["value"]) == ("dropped", 16, "a3")


def test_import_writes_a_file_with_the_request_alone_when_asked(invoke, tmp_path):
    target = tmp_path / "payload.json"
    code, out, _ = invoke(FIXTURES / "chapters-bilingual.json", "--bare", "-o", target, "--language", "fr-CA")
    assert (code, out) == (0, "")
    assert json.loads(target.read_text("utf-8"))["steps"][0]["text"] == "Placez le plateau."


def test_import_finds_pictures_beside_the_file(invoke, tmp_path):
    (tmp_path / "art" / ".hidden").mkdir(parents=True)
    (tmp_path / "art" / "c1.png").write_bytes(b"x")
    (tmp_path / "art" / ".hidden" / "c2.png").write_bytes(b"x")
    file = tmp_path / "storyboard.json"
    file.write_bytes((FIXTURES / "storyboard-1.1.json").read_bytes())
    _, out, _ = invoke(file)
    assert json.loads(out)["previewRequest"]["assets"] == [{"id": "c1", "uri": "art/c1.png"}, {"id": "c2"}]


def test_import_keeps_an_address_only_when_its_host_is_allowed(invoke, monkeypatch):
    _, out, err = invoke(FIXTURES / "storyboard-1.2.json")
    assert json.loads(out)["previewRequest"]["assets"][1] == {"id": "img-cards", "uri": "cards.png"}
    assert "/assets/1/previewUrl is on a host that isn't in PREVIEW_ASSET_HOSTS" in err
    monkeypatch.setenv("PREVIEW_ASSET_HOSTS", "files.example.org")
    _, out, err = invoke(FIXTURES / "storyboard-1.2.json")
    assert json.loads(out)["previewRequest"]["assets"][1]["uri"] == "https://files.example.org/cards.png"
    assert "PREVIEW_ASSET_HOSTS" not in err


def test_import_reads_standard_input_when_the_file_is_a_dash():
    content = (FIXTURES / "bare-steps.json").read_bytes()
    result = CliRunner().invoke(import_storyboard, ["-", "--language", "fr"], input=content)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["previewRequest"]["steps"][2]["text"] == "Allumez."


def test_import_exits_2_with_what_was_looked_for_when_the_file_is_of_no_format(invoke, tmp_path):
    file = tmp_path / "x.json"
    file.write_text('{"hello": []}')
    code, out, err = invoke(file)
    assert (code, out) == (2, "")
    assert "none of the formats" in err
    assert "--format: storyboard-1.1, storyboard-1.2" in err


def test_import_exits_3_when_the_file_is_unreadable(invoke, tmp_path):
    broken = tmp_path / "x.json"
    broken.write_text('{"scenes": [}')
    assert invoke(broken)[0] == 3
    assert invoke(tmp_path / "absent.json")[0] == 3


def test_import_exits_3_when_the_output_can_t_be_written(invoke, tmp_path):
    code, _, err = invoke(FIXTURES / "bare-steps.json", "-o", tmp_path / "absent" / "x.json")
    assert code == 3
    assert "can't be written" in err


@pytest.mark.parametrize(
    "option", [("--project", "a b"), ("--job-id", "7"), ("--language", "fr CA"), ("--format", "powerpoint")]
)
def test_import_exits_2_when_an_option_is_wrong(invoke, option):
    assert invoke(FIXTURES / "bare-steps.json", *option)[0] == 2
