from __future__ import annotations

import socket

import pytest
import structlog

from preview_worker.cli.group import run


@pytest.fixture(autouse=True)
def _logs_of_this_test_alone():
    yield
    structlog.reset_defaults()


@pytest.fixture
def payload(tmp_path):
    path = tmp_path / "tutorial.yaml"
    path.write_text("title: Moon\n")
    return str(path)


@pytest.mark.parametrize("name", ["absent.yaml", "."])
def test_dev_exits_3_when_the_file_cant_be_read(tmp_path, name, capsys):
    assert run(["dev", str(tmp_path / name)]) == 3
    assert "can't be read" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["-"], [], ["--port", "70000"], ["--assets", "/nowhere/at/all"]])
def test_dev_exits_2_when_it_is_called_wrongly(payload, arguments):
    assert run(["dev", *arguments, *([payload] if arguments and arguments[0] != "-" else [])]) == 2


def test_dev_exits_78_with_a_hint_when_the_port_is_taken(payload, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run(["dev", payload, "--port", str(port)]) == 78
    shown = capsys.readouterr()
    assert f"Port {port}" in shown.err
    assert "Hint: Name another one with --port" in shown.err
    assert shown.out == ""
    assert not (tmp_path / "data").exists()


def test_dev_exits_78_when_a_setting_is_wrong(payload, monkeypatch):
    monkeypatch.setenv("PREVIEW_CACHE_BYTES", "x")
    assert run(["dev", payload]) == 78
