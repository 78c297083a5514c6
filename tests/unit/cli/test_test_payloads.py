from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from preview_worker.cli import test_payloads as command

CORPUS = Path(__file__).parents[2] / "payloads"


def test_corpus_command_exits_0_when_every_payload_passes():
    result = CliRunner().invoke(command.test_payloads, [str(CORPUS)])
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1].endswith(" passed, 0 failed")


def test_corpus_command_exits_1_and_says_why_when_a_payload_fails(tmp_path):
    (tmp_path / "good").mkdir()
    (tmp_path / "bad").mkdir()
    (tmp_path / "good/a.json").write_text("5")
    result = CliRunner().invoke(command.test_payloads, [str(tmp_path)])
    assert result.exit_code == 1
    assert "Payload must be an object" in result.stdout
    assert result.stdout.splitlines()[-1] == "0 passed, 1 failed"


def test_corpus_command_exits_1_when_the_corpus_is_empty(tmp_path):
    (tmp_path / "good").mkdir()
    (tmp_path / "bad").mkdir()
    assert CliRunner().invoke(command.test_payloads, [str(tmp_path)]).exit_code == 1


def test_corpus_command_exits_3_when_there_is_no_corpus(tmp_path):
    assert CliRunner().invoke(command.test_payloads, [str(tmp_path / "nowhere")]).exit_code == 3
