"""What a user could pick instead: MoviePy and the FFmpeg command line, on the same pictures and sounds.

They make two of the eight steps, since they are slow, and less of each: no captions, no highlight, no sidecars. They
run in an environment of their own (`.bench-venv`), for MoviePy needs an older Pillow than ours.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from scenarios import Row

PEER_PYTHON = Path(__file__).parents[1] / ".bench-venv" / "bin" / "python"
_HERE = Path(__file__).parent
_RECIPES = (
    ("MoviePy 2", "peer_moviepy.py", ()),
    ("FFmpeg command line, zoompan", "peer_ffmpeg.py", ("1",)),
    ("FFmpeg command line, zoompan on four times the size (smooth)", "peer_ffmpeg.py", ("4",)),
)
STEPS, STEP_S = 2, 7.5


def peer_rows(material: Path, folder: Path) -> Iterator[Row]:
    """Time of each recipe for two steps, and its speed."""
    for label, script, arguments in _RECIPES:
        target = folder / "peer.mp4"
        command = [str(PEER_PYTHON), str(_HERE / script), str(material), str(target), *arguments]
        started_s = time.monotonic()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wall_s = time.monotonic() - started_s
        size_mb = target.stat().st_size / 1e6
        remark = f"{STEPS} of 8 steps, {size_mb:.1f} MB, no captions"
        yield Row(label=label, wall_ms=wall_s * 1000, real_time=STEPS * STEP_S / wall_s, remark=remark)
        target.unlink()
