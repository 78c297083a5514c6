from __future__ import annotations

import pytest

from preview_worker.timeline.geometry import (
    WHOLE,
    Box,
    Region,
    clamp,
    contain,
    cover,
    even,
    even_box,
    grow_to_aspect,
    scale,
)


@pytest.mark.parametrize(("value", "expected"), [(0, 0), (0.9, 0), (1, 2), (2.9, 2), (3, 4)])
def test_even_goes_to_the_nearest_even_number_when_between_two(value, expected):
    assert even(value) == expected


def test_even_box_moves_edges_rather_than_sizes_when_they_are_odd():
    assert even_box(1, 1, 4, 4) == Box(x=2, y=2, width=4, height=4)
    assert even_box(10.4, 0, 0.1, 0.1) == Box(x=10, y=0, width=2, height=2)


def test_inset_keeps_two_pixels_when_the_margins_meet():
    box = Box(x=0, y=0, width=10, height=20)
    assert box.inset(2, 4) == Box(x=2, y=4, width=6, height=12)
    assert (box.inset(8, 4).width, box.inset(8, 4).height) == (2, 12)


@pytest.mark.parametrize(
    ("aspect", "expected"), [(2.0, Box(x=0, y=50, width=200, height=100)), (0.5, Box(x=50, y=0, width=100, height=200))]
)
def test_contain_is_the_largest_centred_box_when_the_aspect_differs(aspect, expected):
    assert contain(Box(x=0, y=0, width=200, height=200), aspect) == expected


def test_cover_cuts_the_longer_side_when_the_aspects_differ():
    assert cover(2.0, 1.0) == Region(x=0.25, y=0.0, width=0.5, height=1.0)
    assert cover(1.0, 2.0) == Region(x=0.0, y=0.25, width=1.0, height=0.5)
    assert cover(1.5, 1.5) == WHOLE


def test_region_grows_about_its_centre_when_its_aspect_is_another():
    grown = grow_to_aspect(Region(x=0.4, y=0.4, width=0.2, height=0.1), 1.0, 1.0)
    assert grown.center == pytest.approx((0.5, 0.45))
    assert (grown.width, grown.height) == pytest.approx((0.2, 0.2))


def test_region_is_moved_inside_when_growing_pushes_it_over_the_edge():
    grown = grow_to_aspect(Region(x=0.0, y=0.0, width=0.4, height=0.1), 1.0, 1.0)
    assert (grown.x, grown.y) == (0.0, 0.0)
    assert grown.height == pytest.approx(0.4)


def test_region_is_the_largest_possible_when_the_picture_is_too_small_for_it():
    assert grow_to_aspect(WHOLE, 2.0, 1.0) == Region(x=0.25, y=0.0, width=0.5, height=1.0)


def test_scale_stays_within_the_region_when_the_point_is_at_its_edge():
    assert scale(WHOLE, 0.5) == Region(x=0.25, y=0.25, width=0.5, height=0.5)
    assert scale(WHOLE, 0.5, toward=(1.0, 0.0)) == Region(x=0.5, y=0.0, width=0.5, height=0.5)
    view = Region(x=0.2, y=0.2, width=0.4, height=0.4)
    closer = scale(view, 0.5, toward=(0.0, 0.0))
    assert (closer.x, closer.y) == (0.2, 0.2)


def test_scale_is_clamped_when_it_enlarges_beyond_the_picture():
    assert scale(Region(x=0.0, y=0.0, width=0.6, height=0.6), 2.0) == WHOLE


def test_clamp_moves_without_resizing_when_a_region_hangs_over():
    assert clamp(Region(x=0.9, y=-0.1, width=0.2, height=0.2)) == Region(x=0.8, y=0.0, width=0.2, height=0.2)
