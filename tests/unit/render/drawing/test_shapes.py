from __future__ import annotations

import numpy as np
import pytest

from preview_worker.render.child.drawing.shapes import (
    Edges,
    circle,
    convex,
    disc,
    rounded_frame,
    rounded_rectangle,
    segment,
    vertical_ramp,
)
from preview_worker.timeline.geometry import Box

AREA = Box(x=10, y=20, width=120, height=90)


@pytest.mark.parametrize("shift", [0.0, 0.25, 0.5, 0.75])
def test_rectangle_covers_its_exact_area_when_its_edges_lie_between_pixels(shift: float) -> None:
    edges = Edges(left=30 + shift, top=40 + shift, right=90.5 + shift, bottom=80.25 + shift)
    mask = rounded_rectangle(AREA, edges, 0)
    assert mask.sum() / 255 == pytest.approx(60.5 * 40.25, rel=0.004)


def test_disc_covers_pi_r_squared_when_it_lies_inside() -> None:
    assert disc(AREA, (70.3, 61.7), 25).sum() / 255 == pytest.approx(np.pi * 625, rel=0.004)


def test_ring_is_empty_in_its_middle_when_it_is_drawn() -> None:
    mask = circle(AREA, (70, 65), 30, 4)
    assert mask[65 - 20, 70 - 10] == 0
    assert mask[65 - 20, 70 + 30 - 10] > 200
    assert mask.sum() / 255 == pytest.approx(2 * np.pi * 30 * 4, rel=0.01)


def test_frame_of_a_large_rectangle_equals_the_difference_of_two_when_it_is_thick() -> None:
    edges = Edges(left=30, top=40, right=110, bottom=95)
    ring = rounded_frame(AREA, edges, 0, 4).astype(int)
    inner = rounded_rectangle(AREA, edges.grown(-2), 0).astype(int)
    outer = rounded_rectangle(AREA, edges.grown(2), 0).astype(int)
    # Outside its corners a stroke is round, a grown rectangle is not.
    assert np.abs(ring - (outer - inner))[30:70, 26:90].max() <= 1


def test_segment_covers_its_length_when_it_is_slanted() -> None:
    mask = segment(AREA, (40, 40), (100, 80), 6)
    length = np.hypot(60, 40)
    assert mask.sum() / 255 == pytest.approx(length * 6 + np.pi * 9, rel=0.02)


@pytest.mark.parametrize("turn", [1, -1])
def test_triangle_is_filled_when_its_corners_go_either_way(turn: int) -> None:
    corners = ((30.0, 30.0), (90.0, 30.0), (30.0, 90.0))[::turn]
    assert convex(AREA, corners).sum() / 255 == pytest.approx(1800, rel=0.02)


def test_ramp_never_falls_and_reaches_its_strength_when_it_goes_down() -> None:
    column = vertical_ramp(AREA, 0.8, 0.5)[:, 0].astype(int)
    assert (np.diff(column) >= 0).all()
    assert column[0] == 0
    assert column[45] == column[-1] == 204
