from __future__ import annotations

import pytest

from preview_worker.timeline.camera import Camera, ease, still
from preview_worker.timeline.geometry import WHOLE, Region
from preview_worker.timeline.time import FrameRange

CLOSE = Region(x=0.25, y=0.25, width=0.5, height=0.5)


@pytest.mark.parametrize("curve", ["linear", "in_out_sine", "in_out_cubic"])
def test_ease_runs_from_zero_to_one_symmetrically_when_the_share_does(curve):
    assert ease(0, curve) == pytest.approx(0)
    assert ease(1, curve) == pytest.approx(1)
    assert ease(0.5, curve) == pytest.approx(0.5)
    assert ease(0.2, curve) + ease(0.8, curve) == pytest.approx(1)


def test_ease_starts_slowly_when_the_curve_is_soft():
    assert ease(0.1, "in_out_cubic") < ease(0.1, "in_out_sine") < ease(0.1, "linear")


def test_camera_rests_at_both_ends_when_it_moves_in_between():
    camera = Camera(start=WHOLE, end=CLOSE, curve="linear", moving=FrameRange(start=10, end=20))
    assert not camera.holds
    assert camera.region_at(0) == camera.region_at(10) == WHOLE
    assert camera.region_at(20) == camera.region_at(99) == CLOSE
    assert camera.region_at(15) == Region(x=0.125, y=0.125, width=0.75, height=0.75)


def test_camera_holds_when_both_ends_are_equal_or_no_time_is_left():
    assert still(CLOSE).holds
    assert still(CLOSE).region_at(7) == CLOSE
    assert Camera(start=WHOLE, end=CLOSE, curve="linear", moving=FrameRange(start=3, end=3)).region_at(9) == WHOLE
