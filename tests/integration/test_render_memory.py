"""A render process is small again after a large job, so that the next job of its project finds it warm."""

from __future__ import annotations

import subprocess
import sys

import pytest

# Blocks below malloc's limit for mappings of their own, the last of which stays and keeps the heap from shrinking.
GROW_AND_FREE = """
from preview_worker.render.child.limits import _resident_bytes, give_back_memory
blocks = [b"x" * (100_000 + n % 2) for n in range(3000)]
last = blocks[-1]
del blocks
before = _resident_bytes()
give_back_memory()
print(before, _resident_bytes(), len(last))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc keeps freed memory so")
def test_freed_memory_goes_back_to_the_system():
    done = subprocess.run([sys.executable, "-c", GROW_AND_FREE], capture_output=True, text=True, timeout=60, check=True)
    before, after, kept = map(int, done.stdout.split())
    assert before > 300_000_000
    assert after < 100_000_000
    assert kept == 100_001
