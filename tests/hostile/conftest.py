"""One render process for the hostile files of a module, and the report of a full run."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from support.hostile.examiner import Examiner
from support.hostile.report import Tally

SEED = int(os.environ.get("HOSTILE_SEED", "1"))

if sys.platform != "linux":
    collect_ignore_glob = ["test_*.py"]  # what is measured is told by /proc


@pytest.fixture(scope="module")
def anyio_backend():
    """The render process is shared by a module's tests: its loop ends before other modules begin theirs."""
    return "asyncio"


@pytest.fixture(scope="module")
async def examiner(tmp_path_factory, anyio_backend):  # noqa: ARG001 - made before
    async with Examiner(tmp_path_factory.mktemp("examiner")) as shared:
        yield shared


@pytest.fixture(scope="session")
def seed():
    return SEED


@pytest.fixture(scope="session")
def tally():
    """What was counted; written down where HOSTILE_REPORT names a file."""
    counted = Tally(seed=SEED)
    yield counted
    if target := os.environ.get("HOSTILE_REPORT"):
        counted.write(Path(target))
