"""A render process that is still starting dies with its worker too."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.processes import gone

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, and the kernel's parent-death signal")

WORKER = """
import os, subprocess, sys, time
child = subprocess.Popen([*sys.argv[1:], str(os.getpid()), "{}"], start_new_session=True)
print(child.pid, flush=True)
child.wait()
"""
SLOW_IMPORT = """
import pathlib, signal
pathlib.Path(__file__).with_suffix(".reached").touch()
signal.pause()
"""


def until(condition):
    give_up_at_s = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < give_up_at_s, "the condition never held"
        time.sleep(0.01)


def test_row_04_a_render_process_dies_with_its_worker_when_its_imports_have_not_ended(tmp_path):
    (tmp_path / "cv2.py").write_text(SLOW_IMPORT)  # as slow as a disk can be
    paths = [str(tmp_path), *(path for path in sys.path if path)]
    program = [sys.executable, "-P", "-m", "preview_worker.render.child", str(tmp_path)]
    with subprocess.Popen(
        [sys.executable, "-c", WORKER, *program],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        stdout=subprocess.PIPE,
    ) as worker:
        child = int(worker.stdout.readline())
        until(Path(tmp_path / "cv2.reached").exists)
        assert not gone(child)
        worker.kill()
    until(lambda: gone(child))
