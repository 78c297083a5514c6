from __future__ import annotations

import pytest

from preview_worker.timeline.geometry import WHOLE, Box, Region
from preview_worker.timeline.time import FrameRange
from support.tutorials import plan, tutorial

TARGET = {"x": 0.4, "y": 0.4, "width": 0.2, "height": 0.2}
BOX = {"kind": "box", "target": TARGET}


def marked(*callouts, visuals=("board",), duration_ms=5000):
    """Callouts of the second of two steps, and what was noticed about them."""
    raw = {"id": "s", "durationMs": duration_ms, "visuals": list(visuals), "callouts": list(callouts)}
    timeline = plan(tutorial([{"durationMs": 2000}, raw]))
    notes = [note for note in timeline.notes if note.code in ("callout-offscreen", "timing-past-end")]
    return timeline.clips[1].scene.callouts, notes


def test_callout_lasts_as_long_as_its_picture_when_it_has_no_times():
    (mark,), notes = marked(BOX | {"visual": 1}, visuals=["board", {"assetId": "card", "startMs": 2000, "endMs": 4000}])
    assert mark.shown == FrameRange(start=60, end=120)
    assert mark.picture == 1
    assert notes == []


def test_callout_keeps_its_times_when_they_lie_within_its_picture():
    (mark,), _ = marked(BOX | {"startMs": 1000, "endMs": 90_000})
    assert mark.shown == FrameRange(start=30, end=150)
    assert mark.target == Region(x=0.4, y=0.4, width=0.2, height=0.2)


def test_callout_is_left_out_with_a_note_when_it_starts_after_the_end():
    marks, (note,) = marked(BOX | {"startMs": 6000})
    assert marks == ()
    assert (note.code, note.step_id) == ("timing-past-end", "s")


def test_callout_is_left_out_with_a_note_when_its_picture_is():
    marks, notes = marked(BOX | {"visual": 1}, visuals=["board", {"assetId": "card", "startMs": 6000}])
    assert marks == ()
    assert sorted(note.code for note in notes) == ["callout-offscreen", "timing-past-end"]


def test_note_gives_the_time_in_the_video_when_the_camera_leaves_the_target():
    moving = {
        "assetId": "board",
        "motion": {"type": "zoom_in", "to": {"x": 0.8, "y": 0.8, "width": 0.2, "height": 0.2}},
    }
    (mark,), (note,) = marked({"kind": "circle", "target": {"x": 0.1, "y": 0.3}}, visuals=[moving])
    assert mark.kind == "circle"
    assert note.code == "callout-offscreen"
    assert note.at_ms == 2000 + 4967


def test_markers_are_numbered_in_order_when_other_kinds_stand_between():
    marker = {"kind": "marker", "target": {"x": 0.5, "y": 0.5}}
    marks, _ = marked(marker, BOX, marker)
    assert [mark.number for mark in marks if mark.kind == "marker"] == [1, 2]


def test_callout_points_into_the_frame_when_it_says_so():
    (mark,), notes = marked(BOX | {"frame": True}, visuals=[])
    assert mark.picture is None
    assert mark.shown == FrameRange(start=0, end=150)
    assert notes == []


@pytest.mark.parametrize(
    ("placement", "expected"),
    [
        ({"x": 0.5, "y": 0.5, "width": 0.25, "height": 0.1}, Box(x=640, y=360, width=320, height=72)),
        ({"x": 0.0, "y": 0.95, "width": 0.25, "height": 0.05}, Box(x=64, y=648, width=320, height=36)),
    ],
)
def test_note_stands_in_its_box_inside_the_safe_margins_when_it_is_placed(placement, expected):
    (mark,), _ = marked({"kind": "note", "text": "Remember", "placement": placement})
    assert (mark.text, mark.placement, mark.picture, mark.target) == ("Remember", expected, None, WHOLE)


def test_notes_name_each_callout_by_its_number_when_two_are_out_of_sight():
    moving = {
        "assetId": "board",
        "motion": {"type": "zoom_in", "to": {"x": 0.8, "y": 0.8, "width": 0.2, "height": 0.2}},
    }
    away = {"kind": "circle", "target": {"x": 0.1, "y": 0.3}}
    _, notes = marked(away, {"kind": "box", "target": TARGET | {"x": 0.75, "y": 0.75}}, away, visuals=[moving])
    assert [note.message.split(" is ")[0] for note in notes] == [
        "Callout 1 (circle) of step s",
        "Callout 3 (circle) of step s",
    ]
