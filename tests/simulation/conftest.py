"""A folder in memory, since thousands of syncs to a disk would say nothing more; and the report of a full run."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from support.simulation_report import markdown

FASTEST = Path("/dev/shm")  # noqa: S108 - a folder of our own is made there


def pytest_terminal_summary(terminalreporter, config):
    """Write the report where SIMULATION_REPORT names a file."""
    if target := os.environ.get("SIMULATION_REPORT"):
        processes = getattr(config.option, "numprocesses", None) or 1
        Path(target).write_text(markdown(terminalreporter.stats, processes), encoding="utf-8")


@pytest.fixture
def tmp_path():
    with tempfile.TemporaryDirectory(prefix="pvw-test-", dir=FASTEST if FASTEST.is_dir() else None) as folder:
        yield Path(folder)
