"""Laws of the camera: it never leaves the picture, never distorts it, and by default moves little and late."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preview_worker.timeline.motion import STILL_UNDER_MS
from preview_worker.timeline.time import frames_of_ms
from support.any_tutorial import ANY_TUTORIAL, steps, tutorials, visuals
from support.tutorials import picture, plan, tutorial


def pictures_of(timeline):
    return [shown for clip in timeline.clips for shown in clip.scene.pictures]


@ANY_TUTORIAL
@given(tutorials(fewest=1))
def test_camera_stays_inside_the_picture_without_distortion_when_it_moves_anyhow(request):
    for shown in pictures_of(plan(request)):
        wanted = shown.box.width / shown.box.height
        for frame in range(shown.shown.start, shown.shown.end, 7):
            region = shown.camera.region_at(frame)
            assert min(region.x, region.y) >= 0
            assert max(region.x + region.width, region.y + region.height) <= 1 + 1e-9
            seen = region.width * shown.source.width_px / (region.height * shown.source.height_px)
            assert seen == pytest.approx(wanted, rel=1e-6)


@ANY_TUTORIAL
@given(st.lists(steps(visuals=st.lists(visuals(moved=False), max_size=3)), min_size=1, max_size=4))
def test_camera_zooms_by_eight_per_cent_at_most_when_the_payload_says_nothing(raw):
    for shown in pictures_of(plan(tutorial(raw))):
        start, end = shown.camera.start, shown.camera.end
        assert end.width / start.width >= 0.92 - 1e-9
        assert end.width <= start.width


@ANY_TUTORIAL
@given(
    st.lists(steps(visuals=st.lists(visuals(moved=False), max_size=3)), min_size=1, max_size=4),
    st.sampled_from((12, 24, 30)),
)
def test_camera_holds_when_the_picture_is_a_cut_out_or_seen_for_less_than_two_and_a_half_seconds(raw, fps):
    timeline = plan(tutorial(raw, options={"fps": fps}))
    for shown in pictures_of(timeline):
        is_short = len(shown.shown) < frames_of_ms(STILL_UNDER_MS, timeline.rate)
        assert shown.camera.holds == (is_short or shown.source.has_alpha)


@ANY_TUTORIAL
@given(
    st.integers(200, 4000),
    st.integers(200, 4000),
    st.sampled_from(("cover", "contain")),
    st.sampled_from(("zoom_in", "zoom_out", "pan", "ken_burns", "focus")),
)
def test_camera_moves_by_eight_per_cent_of_the_view_at_most_when_no_rectangle_is_given(width, height, fit, kind):
    raw = {"durationMs": 5000, "visuals": [{"assetId": "board", "fit": fit, "motion": {"type": kind}}]}
    facts = {"board": picture(width_px=width, height_px=height)}
    camera = plan(tutorial([raw], assets=["board"]), facts).clips[0].scene.pictures[0].camera
    widths = sorted((camera.start.width, camera.end.width))
    assert widths[0] / widths[1] >= 0.92 - 1e-9
    assert not camera.holds
    moved_x = abs(camera.start.center[0] - camera.end.center[0])
    moved_y = abs(camera.start.center[1] - camera.end.center[1])
    assert moved_x <= 0.08 * widths[1] + 1e-9
    assert moved_y <= 0.08 * max(camera.start.height, camera.end.height) + 1e-9
    if kind == "pan":
        assert max(moved_x / camera.start.width, moved_y / camera.start.height) >= 0.06 - 1e-9
