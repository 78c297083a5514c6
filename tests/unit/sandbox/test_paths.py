from __future__ import annotations

import sys
from pathlib import Path

import PIL

import preview_worker
from preview_worker.sandbox.paths import code_paths


def covers(path):
    """Whether a path stands below one of those that are read."""
    return any(Path(path).is_relative_to(allowed) for allowed in code_paths())


def test_python_libraries_and_the_package_are_read():
    for module in (sys.modules["json"], PIL, preview_worker):
        assert covers(module.__file__)


def test_an_entry_of_the_search_path_is_read_when_packages_are_installed_in_it(tmp_path, monkeypatch):
    installed, checkout = tmp_path / "installed", tmp_path / "checkout"
    (installed / "tool-1.0.dist-info").mkdir(parents=True)
    (checkout / "data").mkdir(parents=True)
    for folder in (installed, checkout):
        monkeypatch.syspath_prepend(folder)
    assert covers(installed / "tool.py")
    assert not covers(checkout / "data")


def test_folders_that_may_hold_secrets_are_not_read():
    for path in ("/", "/etc/passwd", "/home", "/proc/1/environ", Path.home(), Path.cwd()):
        assert not covers(path)
