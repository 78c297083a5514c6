"""The drawing of today beside the golden frames (`make golden` regenerates them)."""

from __future__ import annotations

from pathlib import Path

import pytest

from gallery.golden import SHORT_SIDE_PX, Comparison, compared, golden_frame, stale_files, write_difference
from gallery.painting import Darkroom
from gallery.shot import Shot
from gallery.shots import golden_shots

FAILED_FRAMES = Path("out") / "golden-failures"


@pytest.fixture(scope="module")
def darkroom() -> Darkroom:
    return Darkroom(SHORT_SIDE_PX)


def told(comparison: Comparison) -> str:
    """What went wrong, and where to look at it."""
    picture = write_difference(comparison, FAILED_FRAMES)
    if comparison.likeness is None:
        return f"There is no golden frame of {comparison.name}; `make golden` keeps one. Its frame: {picture.resolve()}"
    return (
        f"{comparison.name} looks different: {comparison.likeness}. Old, new and difference: {picture.resolve()}. "
        "If it is meant to, run `make golden` and look at what changed."
    )


@pytest.mark.parametrize("shot", golden_shots(), ids=lambda shot: shot.name)
def test_frame_looks_like_the_golden_one_when_it_is_painted(darkroom: Darkroom, shot: Shot) -> None:
    comparison = compared(shot.name, golden_frame(darkroom, shot))
    assert comparison.alike, told(comparison)


def test_every_golden_frame_has_a_shot_when_the_folder_is_listed() -> None:
    assert not stale_files()
