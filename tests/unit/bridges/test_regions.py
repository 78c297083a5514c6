from __future__ import annotations

import pytest

from preview_worker.bridges.node import Reading
from preview_worker.bridges.regions import around, is_whole, point, rectangle


def read(reader, members, *arguments):
    reading = Reading("en")
    result = reader(reading.open(members, ("placement",)), *arguments)
    return result, [(remark.outcome.value, remark.reason) for remark in reading.ledger.remarks()]


def box(x, y, width, height):
    return {"x": x, "y": y, "width": width, "height": height}


def test_a_rectangle_is_kept_when_it_is_in_fractions():
    assert read(rectangle, box("0.1", 0.2, 0.3, 0.4)) == (box(0.1, 0.2, 0.3, 0.4), [])


def test_a_rectangle_is_taken_for_percents_when_its_numbers_are_small():
    assert read(rectangle, box(10, 20, 30, 40)) == (
        box(0.1, 0.2, 0.3, 0.4),
        [("changed", "is taken for percents")],
    )


def test_a_rectangle_is_taken_for_pixels_when_it_fits_the_frame():
    result, remarks = read(rectangle, box(192, 108, 960, 540), (1920, 1080))
    assert result == box(0.1, 0.1, 0.5, 0.5)
    assert remarks == [("changed", "is taken for pixels of 1920x1080")]


def test_a_rectangle_is_cut_at_the_frame_when_it_reaches_outside():
    result, remarks = read(rectangle, box(-0.1, 0.5, 0.5, 0.8))
    assert result == box(0.0, 0.5, 0.4, 0.5)
    assert remarks[0][0] == "changed"


@pytest.mark.parametrize(
    "members",
    [{}, {"x": 0, "y": 0}, box(2, 0, 0, 1), box(0, 0, 0, 1), box(1.2, 0, 0.1, 0.1), box(5000, 0, 5000, 9)],
    ids=repr,
)
def test_a_rectangle_is_dropped_when_nothing_of_it_can_be_seen(members):
    result, remarks = read(rectangle, members)
    assert result is None
    assert remarks[-1][0] == "dropped"


def test_a_target_is_a_point_or_with_a_size_a_rectangle():
    assert read(point, {"x": 0.25, "y": "0.5"}) == ({"x": 0.25, "y": 0.5}, [])
    assert read(point, box(0.1, 0.1, 0.2, 0.2))[0] == box(0.1, 0.1, 0.2, 0.2)
    assert read(point, {"x": 0.25})[1] == [("dropped", "carries no coordinates")]


def test_a_region_about_a_point_stays_inside():
    assert around(0.5, 0.5, 0.5) == box(0.25, 0.25, 0.5, 0.5)
    assert around(0.0, 1.0, 0.8) == box(0.0, 0.2, 0.8, 0.8)
    assert is_whole(around(0.3, 0.3, 1.0))
