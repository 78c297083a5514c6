from __future__ import annotations

import json

import click
import pytest
import structlog

from preview_worker import errors
from preview_worker.cli.exits import exit_code_of
from preview_worker.cli.group import COMMANDS, LazyGroup, run
from preview_worker.contract import job_id_fault
from preview_worker.contract.completion import fresh_job_id

NOWHERE = "http://127.0.0.1:1"
GOOD = {"title": "Moon", "steps": [{"text": "Place the board."}]}


@pytest.fixture(autouse=True)
def _logs_of_this_test_alone():
    """A service command configures logging for its process, on a stderr that ends with the test."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def payload(tmp_path):
    path = tmp_path / "tutorial.json"
    path.write_text(json.dumps(GOOD))
    return path


@pytest.mark.parametrize("name", COMMANDS)
def test_every_listed_command_is_there_and_explains_itself(name, capsys):
    assert isinstance(LazyGroup().get_command(click.Context(click.Command("x")), name), click.Command)
    assert run([name, "--help"]) == 0
    assert "Usage: preview-worker" in capsys.readouterr().out


def test_the_overview_lists_every_command(capsys):
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(line in shown for _, _, line in COMMANDS.values())


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["status"], ["status", "a", "b"], ["submit", "x", "--priority", "y"]]
)
def test_wrong_usage_exits_2(arguments, capsys):
    assert run(arguments) == 2
    assert "Error" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["status", "moon"], ["follow", "moon"], ["artifact", "moon"], ["health"]])
def test_a_command_exits_69_with_a_hint_when_no_service_answers(arguments, capsys):
    assert run([*arguments, "--url", NOWHERE]) == 69
    shown = capsys.readouterr()
    assert "Hint: Start it with `preview-worker up`." in shown.err
    assert shown.out == ""


def test_submit_exits_69_when_the_payload_is_good_and_no_service_answers(payload):
    assert run(["submit", str(payload), "--url", NOWHERE]) == 69


def test_submit_tells_every_error_with_its_place_when_the_payload_is_invalid(payload, capsys):
    payload.write_text('{"title": 1,\n "steps": [{"kind": "x"}]}')
    assert run(["submit", str(payload), "--url", NOWHERE]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "INVALID PAYLOAD:"
    assert {line.split(": ")[0] for line in lines[1:]} == {" - 1:2", " - 2:13"}


@pytest.mark.parametrize("content", [b"{", b"\xff", None])
def test_submit_exits_3_when_the_payload_is_unreadable(payload, content):
    if content is None:
        payload.unlink()
    else:
        payload.write_bytes(content)
    assert run(["submit", str(payload), "--url", NOWHERE]) == 3


def test_settings_lists_each_with_its_default(capsys):
    assert run(["settings"]) == 0
    assert "PREVIEW_QUEUE_MAX = 20 jobs\n" in capsys.readouterr().out


def test_a_command_exits_78_and_names_every_wrong_setting(monkeypatch, capsys):
    monkeypatch.setenv("PREVIEW_QUEUE_MAX", "x")
    monkeypatch.setenv("PREVIEW_PORT", "x")
    assert run(["serve"]) == 78
    shown = capsys.readouterr().err
    assert "PREVIEW_QUEUE_MAX" in shown
    assert "PREVIEW_PORT" in shown


def test_serve_exits_78_when_it_would_serve_other_machines(monkeypatch, capsys):
    monkeypatch.setenv("PREVIEW_HOST", "0.0.0.0")  # noqa: S104 - this is what is refused
    assert run(["serve"]) == 78
    assert "without access keys" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.ConfigurationError("x"), 78),
        (errors.QueueUnavailableError("x"), 69),
        (errors.UnreadablePayloadError("x"), 3),
        (errors.InvalidPayloadError("x"), 2),
        (errors.TooLongError("x"), 2),
        (errors.AssetError("x"), 1),
        (errors.StorageError("x"), 1),
    ],
)
def test_an_error_ends_the_command_with_its_code(error, code):
    assert exit_code_of(error) == code


@pytest.mark.parametrize("base", ["moon", "x" * 128, "7", "a" * 118 + "." + "b" * 9])
def test_a_fresh_job_id_is_valid_and_new_at_each_press(base):
    first, second = fresh_job_id(base), fresh_job_id(base)
    assert first != second
    assert (job_id_fault(first), job_id_fault(second)) == (None, None)
    assert first.startswith(base[:110])
