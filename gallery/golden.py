"""Golden frames: small pictures kept in the repository, against which the drawing of today is compared."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from gallery.painting import Darkroom, Rgb, strip
from gallery.shot import LANDSCAPE, Shot
from gallery.shots import golden_shots
from gallery.similarity import Likeness, difference_picture, likeness

FOLDER = Path(__file__).parent.parent / "tests" / "golden"
SHORT_SIDE_PX = 360
"""What is painted; half of it is kept, so that letters can still be told apart."""
KEPT_LONG_SIDE_PX = 320
ENDING = ".webp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A golden frame beside today's.

    Attributes:
        name: The shot's.
        golden: The kept frame; None where there is none yet.
        now: The frame as it is painted now.
        likeness: What was measured of the two; None without a golden frame.
    """

    name: str
    golden: Rgb | None
    now: Rgb
    likeness: Likeness | None

    @property
    def alike(self) -> bool:
        """Whether there is a golden frame and today's is as good as it."""
        return self.likeness is not None and self.likeness.alike

    @property
    def same(self) -> bool:
        """Whether the two are equal to the last bit."""
        return self.golden is not None and np.array_equal(self.golden, self.now)


def golden_frame(darkroom: Darkroom, shot: Shot) -> Rgb:
    """A shot's landscape frame at the kept size; of several moments the middle one."""
    frames = darkroom.paint(shot, LANDSCAPE, long_side_px=KEPT_LONG_SIDE_PX).frames
    return frames[len(frames) // 2]


def comparisons(darkroom: Darkroom, folder: Path = FOLDER) -> Iterator[Comparison]:
    """Every golden shot beside what is kept of it."""
    for shot in golden_shots():
        yield compared(shot.name, golden_frame(darkroom, shot), folder)


def compared(name: str, now: Rgb, folder: Path = FOLDER) -> Comparison:
    """A frame beside the golden one of that name."""
    path = folder / f"{name}{ENDING}"
    if not path.exists():
        return Comparison(name=name, golden=None, now=now, likeness=None)
    with Image.open(path) as image:
        golden: Rgb = np.asarray(image.convert("RGB"))
    return Comparison(name=name, golden=golden, now=now, likeness=likeness(golden, now))


def write_golden(comparison: Comparison, folder: Path = FOLDER) -> None:
    """Keep today's frame as the golden one."""
    folder.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    Image.fromarray(comparison.now).save(buffer, "WEBP", lossless=True, quality=100, method=6)
    (folder / f"{comparison.name}{ENDING}").write_bytes(buffer.getvalue())


def stale_files(folder: Path = FOLDER) -> tuple[Path, ...]:
    """Golden frames that no shot makes any more."""
    names = {f"{shot.name}{ENDING}" for shot in golden_shots()}
    return tuple(path for path in sorted(folder.glob(f"*{ENDING}")) if path.name not in names)


def write_difference(comparison: Comparison, folder: Path) -> Path:
    """Write the golden frame, today's, and where they differ, side by side.

    Returns:
        The picture's file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    golden = comparison.golden if comparison.golden is not None else np.full_like(comparison.now, 255)
    comparable = golden.shape == comparison.now.shape
    parts = [golden, comparison.now, difference_picture(golden, comparison.now)] if comparable else [comparison.now]
    path = folder / f"{comparison.name}.png"
    Image.fromarray(strip(parts)).save(path)
    return path
