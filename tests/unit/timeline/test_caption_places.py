"""Captions of a player keep off callouts."""

from __future__ import annotations

import pytest

from preview_worker.timeline.caption_places import caption_lines
from support.tutorials import plan, tutorial

LOW = {"x": 0.2, "y": 0.8, "width": 0.6, "height": 0.15}
HIGH = {"x": 0.2, "y": 0.02, "width": 0.6, "height": 0.2}
TEXT = "Take two cards from the deck. Put one of them on the table. Keep the other one hidden."


def lines(*callouts, **fields):
    return caption_lines(plan(tutorial([{"text": TEXT, "callouts": list(callouts), **fields}])))


def note(placement, **fields):
    return {"kind": "note", "text": "x", "placement": placement, **fields}


def test_captions_are_low_when_no_callout_is_there():
    assert lines() == (85, 85, 85)


def test_captions_are_at_the_top_when_a_note_lies_low():
    assert lines(note(LOW)) == (5, 5, 5)


def test_captions_are_inside_the_picture_when_notes_lie_low_and_high():
    assert lines(note(LOW), note(HIGH)) == (68, 68, 68)


def test_only_captions_shown_with_the_callout_move_when_it_has_times():
    assert lines(note(LOW, at="Put", until="on")) == (85, 5, 85)


@pytest.mark.parametrize("y", [0.1, 0.5])
def test_captions_stay_low_when_the_callout_is_elsewhere(y):
    assert lines(note({"x": 0.2, "y": y, "width": 0.6, "height": 0.1})) == (85, 85, 85)


def test_captions_keep_off_what_a_callout_points_at_when_that_lies_low():
    target = {"x": 0.4, "y": 0.85, "width": 0.2, "height": 0.1}
    assert lines({"kind": "box", "frame": True, "target": target}) == (5, 5, 5)


def test_captions_follow_the_part_when_a_range_is_rendered():
    steps = [{"id": "a", "text": TEXT}, {"id": "b", "text": TEXT, "callouts": [note(LOW, at="Put", until="on")]}]
    part = tutorial(steps, options={"range": {"fromStep": "b"}})
    assert caption_lines(plan(part)) == (85, 5, 85)
