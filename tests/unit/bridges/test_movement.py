from __future__ import annotations

import pytest

from preview_worker.bridges.movement import move_in_words, moves_of, pulse_or_drop
from preview_worker.bridges.node import Reading
from preview_worker.bridges.transitions import transition_of
from preview_worker.contract.kinds import MotionType


def read(members, reader=moves_of, *arguments, **options):
    reading = Reading("en")
    result = reader(reading.open(members, ()), *arguments, **options)
    return result, [(remark.pointer, remark.outcome.value) for remark in reading.ledger.remarks()]


def motion(value, **options):
    return read({"motion": value}, **options)[0].motion


def test_moves_are_named_anew_when_they_have_an_equal():
    named = {name: motion(name)["type"] for name in ("hold", "slow-zoom", "zoomOut", "Ken Burns", "focus_zoom", "pan")}
    assert list(named.values()) == ["hold", "zoom_in", "zoom_out", "ken_burns", "focus", "pan"]


def test_a_zoom_has_rectangles_when_it_has_scales():
    assert motion({"type": "slow-zoom", "startScale": 1, "endScale": 1.25}) == {
        "type": "zoom_in",
        "to": {"x": 0.1, "y": 0.1, "width": 0.8, "height": 0.8},
    }


def test_a_zoom_is_one_out_when_it_ends_wider():
    assert motion({"type": "zoom", "from": 1.25, "to": 1.0, "easing": "linear"}) == {
        "type": "zoom_out",
        "from": {"x": 0.1, "y": 0.1, "width": 0.8, "height": 0.8},
        "to": {"x": 0.0, "y": 0.0, "width": 1.0, "height": 1.0},
        "easing": "linear",
    }


def test_a_pan_goes_its_way_when_it_has_a_direction():
    right = motion({"type": "pan", "direction": "right"})
    assert right == motion("pan-right")
    assert (right["from"]["x"], right["to"]["x"]) == (0.0, 0.06)


def test_a_focus_goes_to_the_scene_s_focus_when_it_has_no_anchor():
    assert motion("focus-zoom", focus={"x": 0.5, "y": 0.5})["to"]["width"] == 0.92
    rect = {"x": 0.1, "y": 0.1, "width": 0.3, "height": 0.3}
    assert read({}, focus=rect)[0].motion == {"type": "focus", "to": rect}


def test_a_zoom_ends_at_the_scene_s_rectangle_when_it_has_no_scale_of_its_own():
    rect = {"x": 0.2, "y": 0.4, "width": 0.4, "height": 0.2}
    assert motion("slow-zoom", focus=rect) == {"type": "zoom_in", "to": rect}
    assert motion({"type": "slow-zoom", "endScale": 2}, focus=rect)["to"] == {
        "x": 0.15,
        "y": 0.25,
        "width": 0.5,
        "height": 0.5,
    }


def test_a_fade_in_is_an_entrance_and_a_fade_out_is_dropped():
    moves, remarks = read({"motions": [{"type": "fade", "startSec": 0}, {"type": "fade", "from": 1, "to": 0}]})
    assert moves.members() == {"enter": "fade"}
    assert remarks == [("/motions/1", "dropped")]


def test_the_first_move_counts_when_there_are_several():
    moves, remarks = read({"motions": ["zoom_in", "pan", "somersault", 5]})
    assert moves.motion == {"type": "zoom_in"}
    assert remarks == [("/motions/1", "dropped"), ("/motions/2", "dropped"), ("/motions/3", "dropped")]


def test_a_pulse_goes_to_the_callouts_when_there_are_some():
    reading = Reading("en")
    node = reading.open({"motion": "pulse"}, ())
    places, callouts = moves_of(node).pulses, [{"kind": "box"}]
    pulse_or_drop(node, places, callouts)
    pulse_or_drop(node, places, [])
    assert callouts == [{"kind": "box", "pulse": True}]
    assert [remark.outcome.value for remark in reading.ledger.remarks()] == ["changed", "dropped"]


def test_a_camera_instruction_is_a_move_when_it_names_one():
    assert move_in_words("Slow zoom in") is MotionType.ZOOM_IN
    assert move_in_words("from above, then closer") is None


@pytest.mark.parametrize(
    ("value", "transition", "outcomes"),
    [
        ("dissolve", {"type": "crossfade"}, []),
        ({"type": "fade-to-black", "durationSec": 0.8}, {"type": "fade", "durationMs": 800}, []),
        ({"type": "cut", "durationMs": 9000}, {"type": "cut", "durationMs": 2000}, ["changed"]),
        ("whip-pan", None, ["dropped"]),
        (7, None, ["dropped"]),
        ("", None, []),
    ],
)
def test_a_transition_is_one_of_four(value, transition, outcomes):
    result, remarks = read({"transition": value}, transition_of, "transition")
    assert (result, [outcome for _, outcome in remarks]) == (transition, outcomes)
