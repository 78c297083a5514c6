from __future__ import annotations

from fractions import Fraction

import pytest

from preview_worker.timeline.geometry import WHOLE, Box, Region
from preview_worker.timeline.motion import camera_of
from preview_worker.timeline.time import FrameRange
from support.tutorials import step

WIDE_BOX = Box(x=0, y=0, width=1600, height=800)
CLOSE = {"x": 0.2, "y": 0.2, "width": 0.4, "height": 0.4}


def camera(motion=None, *, picture_aspect=2.0, frames=150, start=0, callouts=(), cut_out=False):
    visual = {"assetId": "board"} | ({"motion": motion} if motion else {})
    given = step(visuals=[visual], callouts=list(callouts))
    return camera_of(
        given.visuals[0],
        given.callouts,
        box=WIDE_BOX,
        picture_aspect=picture_aspect,
        shown=FrameRange(start=start, end=start + frames),
        rate=Fraction(30),
        cut_out=cut_out,
    )


def test_camera_holds_when_a_cut_out_would_lose_its_edges():
    assert camera(cut_out=True).holds
    assert not camera({"type": "zoom_in"}, cut_out=True).holds


def test_camera_zooms_in_about_the_middle_when_nothing_is_said():
    found = camera()
    assert found.start == WHOLE
    assert found.end == Region(x=pytest.approx(0.04), y=pytest.approx(0.04), width=0.92, height=0.92)
    assert found.curve == "in_out_sine"


def test_camera_rests_for_400_ms_at_both_ends_when_it_moves():
    assert camera(start=30).moving == FrameRange(start=42, end=168)


def test_camera_rests_for_a_quarter_at_both_ends_when_the_picture_is_short():
    assert camera({"type": "zoom_in"}, frames=20).moving == FrameRange(start=5, end=15)


@pytest.mark.parametrize(("frames", "holds"), [(74, True), (75, False)])
def test_camera_holds_when_the_picture_is_seen_for_less_than_two_and_a_half_seconds(frames, holds):
    assert camera(frames=frames).holds is holds


def test_camera_holds_when_a_callout_points_at_the_picture():
    mark = {"kind": "box", "target": {"x": 0.5, "y": 0.5}}
    assert camera(callouts=[mark]).holds
    assert not camera({"type": "zoom_in"}, callouts=[mark]).holds


def test_camera_stays_at_the_first_rectangle_when_it_is_to_hold():
    found = camera({"type": "hold", "from": CLOSE, "to": {"x": 0, "y": 0, "width": 1, "height": 1}})
    assert found.holds
    assert found.start == Region(x=pytest.approx(0.2), y=pytest.approx(0.2), width=0.4, height=0.4)


def test_camera_goes_from_rectangle_to_rectangle_when_both_are_given():
    found = camera({"type": "ken_burns", "from": {"x": 0, "y": 0, "width": 1, "height": 1}, "to": CLOSE})
    assert (found.start, found.end.width) == (WHOLE, 0.4)
    assert found.end.center == pytest.approx((0.4, 0.4))


def test_rectangle_is_grown_to_the_boxs_aspect_when_it_is_narrower():
    found = camera({"type": "zoom_in", "to": {"x": 0.4, "y": 0.3, "width": 0.2, "height": 0.4}})
    assert (found.end.width, found.end.height) == pytest.approx((0.4, 0.4))
    assert found.end.center == pytest.approx((0.5, 0.5))


def test_zoom_out_is_the_inverse_of_the_zoom_in_when_no_rectangle_is_given():
    closer, out = camera({"type": "zoom_in"}), camera({"type": "zoom_out"})
    assert (out.start, out.end) == (closer.end, closer.start)


def test_zoom_out_widens_the_rectangle_as_far_as_the_picture_reaches_when_it_is_given():
    assert camera({"type": "zoom_out", "from": CLOSE}).end.width == pytest.approx(0.4 / 0.92)
    wide = {"x": 0.01, "y": 0.01, "width": 0.98, "height": 0.98}
    assert camera({"type": "zoom_out", "from": wide}).end == WHOLE


def test_pan_goes_from_left_to_right_when_the_picture_is_wider_than_the_box():
    found = camera({"type": "pan"}, picture_aspect=4.0)
    assert found.start.center == pytest.approx((0.485, 0.5))
    assert found.end.center == pytest.approx((0.515, 0.5))
    assert found.start.width == found.end.width == 0.5


def test_pan_goes_from_top_to_bottom_when_the_picture_is_taller_than_the_box():
    found = camera({"type": "pan"}, picture_aspect=1.0)
    assert found.start.center == pytest.approx((0.5, 0.485))
    assert found.end.center == pytest.approx((0.5, 0.515))


def test_pan_crosses_a_smaller_view_when_the_whole_picture_fills_the_box():
    found = camera({"type": "pan"})
    assert (found.start.x, found.start.width) == pytest.approx((0.0, 0.94))
    assert found.end.x + found.end.width == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("x", "y", "to_right", "to_bottom"),
    [(0.2, 0.2, 0.024, 0.0), (0.6, 0.2, -0.024, 0.0)],
)
def test_pan_starts_at_the_rectangle_and_goes_where_there_is_room_when_it_is_given(x, y, to_right, to_bottom):
    found = camera({"type": "pan", "from": {"x": x, "y": y, "width": 0.4, "height": 0.4}})
    assert found.start.x == pytest.approx(x)
    assert found.end.x - found.start.x == pytest.approx(to_right)
    assert found.end.y - found.start.y == pytest.approx(to_bottom)


def test_focus_moves_towards_the_callouts_target_when_there_is_one():
    mark = {"kind": "circle", "target": {"x": 0.9, "y": 0.1}}
    found = camera({"type": "focus"}, callouts=[mark])
    assert (found.end.x, found.end.y) == pytest.approx((0.08, 0.0))
    assert camera({"type": "focus"}).end == camera({"type": "zoom_in"}).end


def test_ken_burns_ends_off_the_middle_when_no_rectangle_is_given():
    found = camera({"type": "ken_burns"})
    assert found.end.center == pytest.approx((0.54, 0.46))


def test_easing_is_the_payloads_when_it_is_given():
    assert camera({"type": "zoom_in", "easing": "linear"}).curve == "linear"
