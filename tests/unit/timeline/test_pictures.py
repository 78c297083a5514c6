from __future__ import annotations

from fractions import Fraction

import pytest

from preview_worker.timeline.geometry import WHOLE, Box, Region
from preview_worker.timeline.pictures import (
    is_sequence,
    moved,
    place,
    pointing_at,
    sharpness_notes,
    shown_ranges,
    visual_index_of,
)
from preview_worker.timeline.time import FrameRange
from support.tutorials import FACTS, brief, picture, step

RATE = Fraction(30)
SLOT = Box(x=100, y=40, width=800, height=400)


def placed(visuals, *, frames=150, fills=False, bleeds=False, facts=FACTS, callouts=()):
    given = brief([{"id": "s", "visuals": visuals, "callouts": list(callouts)}], facts=facts)
    only = given.request.steps[0]
    shown, _ = shown_ranges(only, frames, RATE)
    slots = {index: SLOT for index, visual in enumerate(only.visuals) if visual.placement is None}
    return place(given, only, slots, shown, fills=fills, bleeds=bleeds)


def ranges(*visuals, frames=150):
    return shown_ranges(step(visuals=list(visuals)), frames, RATE)


def test_visual_is_seen_throughout_when_it_has_no_times():
    assert ranges("board", "card") == ({0: FrameRange(start=0, end=150), 1: FrameRange(start=0, end=150)}, ())


def test_earlier_visual_stays_until_the_next_when_both_are_timed():
    shown, notes = ranges({"assetId": "board", "endMs": 1000}, {"assetId": "card", "startMs": 3000})
    assert shown == {0: FrameRange(start=0, end=90), 1: FrameRange(start=90, end=150)}
    assert notes == ()


def test_placed_visual_keeps_its_times_when_others_follow_one_another():
    rect = {"x": 0, "y": 0, "width": 0.2, "height": 0.2}
    shown, _ = ranges("board", {"assetId": "token", "placement": rect}, {"assetId": "card", "startMs": 3000})
    assert shown[1] == FrameRange(start=0, end=150)


def test_visual_is_left_out_with_a_note_when_it_starts_after_the_steps_end():
    shown, (note,) = ranges("board", {"assetId": "card", "startMs": 5000})
    assert shown == {0: FrameRange(start=0, end=150)}
    assert (note.code, note.value, note.limit) == ("timing-past-end", 5000, 5000)


def test_end_is_clamped_when_it_lies_after_the_steps_end():
    assert ranges({"assetId": "board", "endMs": 90_000})[0] == {0: FrameRange(start=0, end=150)}


def test_visuals_are_a_sequence_when_a_laid_out_one_starts_later():
    assert is_sequence(step(visuals=["board", {"assetId": "card", "startMs": 1}]))
    assert not is_sequence(step(visuals=["board", "card"]))
    assert not is_sequence(step(visuals=[{"assetId": "board", "startMs": 500}]))


def test_picture_is_contained_on_its_blurred_copy_when_the_layout_gives_it_a_part():
    (item,) = placed(["board"])
    assert item.picture.box == Box(x=234, y=40, width=532, height=400)
    assert item.picture.backdrop
    assert item.picture.shadow
    assert item.picture.corner_px == 12


def test_picture_covers_its_slot_without_corners_when_it_fills_the_frame():
    (item,) = placed(["board"], fills=True, bleeds=True)
    assert (item.picture.box, item.picture.backdrop, item.picture.corner_px) == (SLOT, False, 0)
    assert not item.picture.shadow


def test_cut_out_gets_air_and_a_shadow_and_no_box_when_it_is_transparent():
    (item,) = placed(["token"], fills=True, bleeds=True)
    assert item.picture.box == Box(x=326, y=66, width=350, height=350)
    assert (item.picture.backdrop, item.picture.corner_px, item.picture.shadow) == (False, 0, True)


@pytest.mark.parametrize(
    ("fit", "backdrop", "fills_slot"), [("contain", True, False), ("cover", False, True), ("blur_fill", True, False)]
)
def test_fit_is_the_payloads_when_it_is_given(fit, backdrop, fills_slot):
    (item,) = placed([{"assetId": "board", "fit": fit}])
    assert (item.picture.backdrop, item.picture.box == SLOT) == (backdrop, fills_slot)


def test_missing_picture_has_a_label_instead_of_pixels_when_it_is_placed():
    (item,) = placed(["lost"])
    assert (item.picture.source.sha256, item.picture.source.label) == (None, "lost.png")
    assert not item.picture.backdrop


def test_pictures_are_ordered_by_layer_and_then_by_place_when_they_overlap():
    items = placed([{"assetId": "board", "layer": 1}, "card", {"assetId": "token", "layer": -1}])
    assert [item.visual_index for item in items] == [2, 1, 0]


def test_placement_takes_a_picture_out_of_the_layout_when_it_is_given():
    (item,) = placed([{"assetId": "board", "placement": {"x": 0.5, "y": 0.5, "width": 0.25, "height": 0.25}}])
    assert item.picture.slot == Box(x=640, y=360, width=320, height=180)


def test_placement_stays_inside_the_frame_when_it_is_a_sliver_at_the_edge():
    sliver = {"x": 0.9999, "y": 0.9999, "width": 0.0001, "height": 0.0001}
    (item,) = placed([{"assetId": "board", "placement": sliver}])
    assert (item.picture.slot.right, item.picture.slot.bottom) == (1280, 720)


def test_picture_fades_in_no_longer_than_it_is_seen_when_it_enters():
    (long,) = placed([{"assetId": "board", "enter": "fade"}])
    (short,) = placed([{"assetId": "board", "enter": "fade", "endMs": 200}])
    assert (long.picture.fade_frames, short.picture.fade_frames) == (11, 6)


@pytest.mark.parametrize(
    ("callout", "index"),
    [
        ({}, 0),
        ({"visual": 1}, 1),
        ({"visual": "named"}, 2),
        ({"assetId": "card"}, 1),
        ({"frame": True}, None),
        ({"visual": 7}, None),
        ({"visual": "unknown"}, None),
    ],
)
def test_callout_points_at_the_visual_it_names_when_it_does(callout, index):
    given = step(
        visuals=["board", "card", {"assetId": "token", "id": "named"}],
        callouts=[{"kind": "box", "target": {"x": 0, "y": 0}} | callout],
    )
    assert visual_index_of(given, given.callouts[0]) == index
    assert [bool(pointing_at(given, i)) for i in range(3)] == [i == index for i in range(3)]


def test_note_says_how_much_a_picture_is_enlarged_when_it_is_small():
    items = placed(["board"], facts={"board": picture(width_px=300, height_px=225)})
    (note,) = sharpness_notes(step(), items)
    # 532 px show 0.92 of a picture 300 px wide at the end of the zoom.
    assert (note.code, note.value, note.limit) == ("picture-upscaled", 1.93, 1.5)
    assert sharpness_notes(step(), placed(["board"])) == ()
    assert sharpness_notes(step(), placed(["lost"])) == ()


def test_region_lies_where_the_camera_sees_it_when_the_camera_is_close():
    (item,) = placed(
        [{"assetId": "board", "motion": {"type": "hold", "from": {"x": 0.25, "y": 0.25, "width": 0.5, "height": 0.5}}}]
    )
    at = moved(Region(x=0.5, y=0.5, width=0.0, height=0.0), item.picture, 0)
    assert (at.x, at.y) == pytest.approx((0.5, 0.5), abs=1e-3)
    assert moved(WHOLE, item.picture, 0).width == pytest.approx(2, abs=0.01)
