from __future__ import annotations

from dataclasses import replace

import pytest

from preview_worker.render.child.drawing.aims import side_of_most_room
from preview_worker.render.child.drawing.shapes import Edges
from preview_worker.timeline.areas import Area, piece_area, target_area
from preview_worker.timeline.camera import still
from preview_worker.timeline.geometry import WHOLE, Box, Region
from preview_worker.timeline.layout import Frame
from preview_worker.timeline.pills import MOST_ARRANGED, arranged, hidden
from preview_worker.timeline.scene import Callout, Picture, Source
from preview_worker.timeline.time import FrameRange
from support.tutorials import plan, tutorial

FRAME = Frame(width_px=1280, height_px=720)
SOURCE = Source(asset_id="board", sha256="1" * 64, label="", width_px=1280, height_px=720, has_alpha=False)
PICTURE = Picture(
    source=SOURCE,
    slot=FRAME.whole,
    box=FRAME.whole,
    backdrop=False,
    corner_px=0,
    shadow=False,
    camera=still(WHOLE),
    opacity=1.0,
    shown=FrameRange(start=0, end=120),
    fade_frames=0,
)
PLACE = {"x": 0.4, "y": 0.4}


def label(x, y, text="A lamp of your colour", *, kind="label", shown=(0, 120), placement=None):
    return Callout(
        kind=kind,
        picture=0,
        target=Region(x=x, y=y, width=0.0, height=0.0),
        text=text,
        number=1,
        placement=placement,
        shown=FrameRange(start=shown[0], end=shown[1]),
        pulse=False,
    )


def settled(*callouts, taken=()):
    return arranged(callouts, [PICTURE], FRAME, taken)


def notes_of(*callouts):
    raw = {"id": "s", "layout": "full", "durationMs": 5000, "visuals": ["board"], "callouts": list(callouts)}
    timeline = plan(tutorial([{"durationMs": 2000}, raw]))
    return [note for note in timeline.notes if note.code == "callout-overlaps"]


def test_text_stands_where_most_room_is_when_nothing_is_in_its_way():
    assert settled(label(0.4, 0.5))[0].side is None


def test_second_text_stands_elsewhere_when_it_would_hide_the_first():
    first, second = settled(label(0.4, 0.5), label(0.42, 0.52))
    assert first.side is None
    assert second.side is not None
    assert hidden((first, second), [PICTURE], FRAME) == ()


def test_texts_stand_where_they_like_when_they_are_seen_one_after_the_other():
    assert [each.side for each in settled(label(0.4, 0.5, shown=(0, 60)), label(0.42, 0.52, shown=(60, 120)))] == [
        None,
        None,
    ]


def test_text_gives_way_when_the_badge_stands_there():
    badge = Area(left=600, top=330, right=900, bottom=390)
    (mark,) = settled(label(0.4, 0.5), taken=[badge])
    assert mark.side not in (None, (1.0, 0.0))


def test_text_does_not_stand_on_another_target_when_there_is_room_elsewhere():
    (mark, _) = settled(label(0.4, 0.5), label(0.5, 0.5, text="", kind="marker"))
    assert mark.side is not None


def test_arrow_turns_to_another_corner_when_its_text_would_hide_something():
    arrow = label(0.4, 0.4, text="New lamp", kind="arrow")
    blocked = Area(left=600, top=350, right=800, bottom=500)
    assert settled(arrow)[0].side is None
    (turned,) = settled(arrow, taken=[blocked])
    assert turned.side in {(-0.8, 0.6), (0.8, -0.6), (-0.8, -0.6)}


def test_text_stands_beside_a_cut_out_when_its_slot_leaves_room():
    slot, box = Box(x=300, y=0, width=680, height=720), Box(x=480, y=40, width=320, height=640)
    card = replace(PICTURE, source=replace(SOURCE, has_alpha=True), slot=slot, box=box)
    names = replace(label(0.1, 0.04, "Islands"), target=Region(x=0.1, y=0.04, width=0.8, height=0.09))
    (on_photo,) = arranged([names], [replace(card, source=SOURCE)], FRAME, ())
    (beside,) = arranged([names], [card], FRAME, ())
    assert on_photo.side is None
    assert beside.side in {(-1.0, 0.0), (1.0, 0.0)}


def test_texts_stay_where_they_like_when_a_step_is_crowded():
    crowd = [label(0.4, 0.5)] * (MOST_ARRANGED + 1)
    assert {each.side for each in settled(*crowd)} == {None}
    assert {each.side for each in settled(*crowd[1:])} != {None}


def test_pair_is_hidden_when_neither_text_can_go_elsewhere():
    placement = Box(x=600, y=300, width=200, height=60)
    (pair,) = hidden([label(0.1, 0.1, placement=placement), label(0.9, 0.9, placement=placement)], [PICTURE], FRAME)
    assert (pair.first, pair.second, pair.share) == (0, 1, pytest.approx(1.0))


def test_point_stands_for_a_tokens_size_when_it_is_a_target():
    point, area = Region(x=0.5, y=0.5, width=0, height=0), Region(x=0.25, y=0.5, width=0.5, height=0.25)
    assert piece_area(point, 0, [PICTURE], FRAME) == Area(left=624, top=344, right=656, bottom=376)
    assert piece_area(area, 0, [PICTURE], FRAME) == target_area(area, 0, [PICTURE], FRAME)
    assert target_area(area, None, [], FRAME) == Area(left=320, top=360, right=960, bottom=540)


def test_target_lies_in_the_middle_of_the_cameras_way_when_it_moves():
    camera = replace(still(WHOLE), end=Region(x=0.5, y=0.5, width=0.5, height=0.5), moving=FrameRange(start=0, end=99))
    moving = replace(PICTURE, camera=camera)
    target = target_area(Region(x=0.625, y=0.625, width=0, height=0), 0, [moving], FRAME)
    assert target.center == (pytest.approx(640), pytest.approx(360))


@pytest.mark.parametrize(("x", "y"), [(0.2, 0.5), (0.8, 0.5), (0.5, 0.1), (0.45, 0.95), (0.05, 0.05)])
def test_first_side_is_the_renderers_own_when_room_differs(x, y):
    target = target_area(Region(x=x, y=y, width=0, height=0), 0, [PICTURE], FRAME)
    edges = Edges(left=target.left, top=target.top, right=target.right, bottom=target.bottom)
    side = side_of_most_room(edges, FRAME.whole)
    # Everything around the target is taken but that side: then there is no reason to turn.
    reach = 400
    wall = [
        Area(left=target.left - reach, top=target.top - reach, right=target.left + reach, bottom=target.top - 30),
        Area(left=target.left - reach, top=target.top + 30, right=target.left + reach, bottom=target.top + reach),
        Area(left=target.left - reach, top=target.top - 30, right=target.left - 40, bottom=target.top + 30),
        Area(left=target.left + 40, top=target.top - 30, right=target.left + reach, bottom=target.top + 30),
    ]
    free = {(0.0, -1.0): 0, (0.0, 1.0): 1, (-1.0, 0.0): 2, (1.0, 0.0): 3}[side]
    (mark,) = settled(label(x, y, text="Lamp"), taken=[area for place, area in enumerate(wall) if place != free])
    assert mark.side is None


def test_note_names_both_callouts_when_one_hides_the_other():
    marker = {"kind": "marker", "target": PLACE}
    (note,) = notes_of(marker, marker | {"startMs": 1000})
    assert (note.step_id, note.at_ms, note.value) == ("s", 3000, 1.0)
    assert "Callout 1 (marker)" in note.message
    assert "callout 2 (marker)" in note.message


def test_nothing_is_noted_when_callouts_stand_apart_or_follow_each_other():
    marker = {"kind": "marker", "target": PLACE}
    assert notes_of(marker, {"kind": "marker", "target": {"x": 0.6, "y": 0.6}}) == []
    assert notes_of(marker | {"endMs": 1000}, marker | {"startMs": 1000}) == []
    assert notes_of({"kind": "box", "target": PLACE | {"width": 0.2, "height": 0.2}}, marker) == []


def test_text_stands_beside_its_target_when_the_frame_is_tall():
    tall = Frame(width_px=720, height_px=1280)
    picture = replace(PICTURE, slot=tall.whole, box=tall.whole)
    lone = label(0.3, 0.2, "Lamp")
    badge = Area(left=0, top=0, right=1, bottom=1)
    assert arranged([lone], [picture], tall, [badge])[0].side is None
    assert side_of_most_room(Edges(left=216, top=256, right=216, bottom=256), tall.whole) == (1.0, 0.0)


def test_first_text_gives_way_when_a_later_one_can_stand_nowhere_else():
    below = replace(label(0.45, 0.9, "Moon track", kind="box"), target=Region(x=0.45, y=0.85, width=0.1, height=0.15))
    first, last = settled(label(0.3, 0.94, "Bottom row"), below)
    assert not hidden([first, last], [PICTURE], FRAME)


def test_arrow_comes_from_a_corner_where_it_is_seen_when_its_text_has_to_give_way():
    arrow = replace(label(0.5, 0.1, "Lamp", kind="arrow"), target=Region(x=0.48, y=0.05, width=0.04, height=0.06))
    below = Area(left=0, top=150, right=1280, bottom=720)
    (turned,) = settled(arrow, taken=[below])
    assert turned.side is None or turned.side[1] > 0
