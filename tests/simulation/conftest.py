"""A folder in memory: tens of thousands of syncs to a disk would say nothing more."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

FASTEST = Path("/dev/shm")  # noqa: S108 - a folder of our own is made there


@pytest.fixture
def tmp_path():
    with tempfile.TemporaryDirectory(prefix="pvw-test-", dir=FASTEST if FASTEST.is_dir() else None) as folder:
        yield Path(folder)
