from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]
SCRIPT = Path(__file__).with_name("fingerprints.py")
MASKED = "AVX512-SKX,AVX2,FP16,AVX,SSE4.2,SSE4.1,SSSE3"
NUMPY_MASKED = "X86_V3 X86_V4 AVX512_ICL AVX512_SPR"


def fingerprints(folder: Path, environment: dict[str, str]) -> tuple[list[str], str]:
    """Fingerprints of painted frames and whether OpenCV sees AVX2, from a process of its own."""
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(SCRIPT), str(folder)],
        env={**os.environ, "PYTHONPATH": str(TESTS), **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    *found, has_avx2 = done.stdout.split()
    return found, has_avx2


def test_frames_are_the_same_bytes_when_the_processor_has_fewer_features(tmp_path: Path) -> None:
    plain, _ = fingerprints(tmp_path / "plain", {})
    masked, has_avx2 = fingerprints(
        tmp_path / "masked", {"OPENCV_CPU_DISABLE": MASKED, "NPY_DISABLE_CPU_FEATURES": NUMPY_MASKED}
    )
    assert has_avx2 == "False"
    assert len(set(plain)) == 5
    assert plain == masked
