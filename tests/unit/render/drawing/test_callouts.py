from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from preview_worker.render.child.drawing.fonts import FontSet
from preview_worker.render.child.drawing.planes import yuv_of_colour
from preview_worker.timeline.geometry import Box, Region
from preview_worker.timeline.scene import Gradient, Scene, Source
from preview_worker.timeline.time import FrameRange
from support.stage import (
    EMPTY,
    FRAME,
    callout_of,
    luma_change,
    painted,
    picture_of,
    studio_of,
    with_callouts,
    zoom,
)

Stored = tuple[Source, Path]
TARGET = Region(x=0.25, y=0.25, width=0.25, height=0.4)  # 80…160 × 45…117 px
ACCENT = yuv_of_colour("#FFD54F")[0]


@pytest.fixture
def scene(grey: Stored) -> Scene:
    return replace(EMPTY, pictures=(picture_of(grey[0]),))


def test_box_has_its_stroke_around_the_target_when_it_has_arrived(fonts: FontSet, grey: Stored, scene: Scene) -> None:
    frame = painted(studio_of(fonts, grey).painter(with_callouts(scene, callout_of("box", TARGET))), 30)
    row = frame.y[80].astype(int)
    padding = 5 * 0.25
    assert abs(np.argmax(row[70:90]) + 70 + 0.5 - (80 - padding)) <= 1
    assert abs(np.argmax(row[150:170]) + 150 + 0.5 - (160 + padding)) <= 1
    assert row[70:90].max() > 150
    assert (row[84:156] == row[120]).all()
    # The dark outline stands on both sides of the stroke.
    assert row[75:79].min() < row[120] - 12
    assert row[79:83].min() < row[120] - 12


def test_circle_surrounds_the_target_when_it_is_drawn(fonts: FontSet, grey: Stored, scene: Scene) -> None:
    change = np.abs(luma_change(with_callouts(scene, callout_of("circle", TARGET)), scene, studio_of(fonts, grey), 30))
    rows, columns = np.nonzero(change > 20)
    assert abs((columns.min() + columns.max()) / 2 - 120) < 1.5
    assert abs((rows.min() + rows.max()) / 2 - 81) < 1.5
    assert abs((columns.max() - columns.min()) - (rows.max() - rows.min())) <= 2
    assert not change[78:84, 100:140].any()


def test_box_shrinks_to_its_size_and_becomes_opaque_when_it_appears(fonts: FontSet, grey: Stored, scene: Scene) -> None:
    callout = callout_of("box", TARGET, shown=FrameRange(start=10, end=60))
    painter = studio_of(fonts, grey).painter(with_callouts(scene, callout))
    frames = {frame: painted(painter, frame).y.astype(int) for frame in (9, 10, 12, 30)}
    still = int(frames[9][80, 120])
    assert (frames[9] == still).all()
    columns = {frame: np.nonzero(np.abs(image[80] - still) > 2)[0] for frame, image in frames.items() if frame > 9}
    assert columns[10].min() < columns[30].min()
    assert frames[10].max() < frames[12].max() < frames[30].max()
    assert painter.is_still(FrameRange(start=20, end=60))


def test_box_follows_the_picture_when_the_camera_zooms(fonts: FontSet, grey: Stored, scene: Scene) -> None:
    camera = zoom(Region(x=0.2, y=0.2, width=0.5, height=0.5))
    moving = replace(scene, pictures=(picture_of(grey[0], camera=camera),))
    painter = studio_of(fonts, grey).painter(with_callouts(moving, callout_of("box", TARGET)))
    for frame in (20, 40, 59):
        view = camera.region_at(frame)
        left = (TARGET.x - view.x) / view.width * 320 - 5 * 0.25
        middle = int((TARGET.y + TARGET.height / 2 - view.y) / view.height * 180)
        row = painted(painter, frame).y[middle].astype(int)
        near = round(left)
        assert abs(np.argmax(row[near - 8 : near + 8]) + near - 8 + 0.5 - left) <= 1


def test_highlight_darkens_all_but_its_target_when_it_has_arrived(fonts: FontSet, grey: Stored, scene: Scene) -> None:
    plain = painted(studio_of(fonts, grey).painter(scene), 30).y.astype(int)
    frame = painted(studio_of(fonts, grey).painter(with_callouts(scene, callout_of("highlight", TARGET))), 30).y.astype(
        int
    )
    assert (frame[50:112, 86:154] == plain[50:112, 86:154]).all()
    outside = frame[20, 20]
    assert abs((outside - 16) / (plain[20, 20] - 16) - 0.45) < 0.02
    assert (frame[:36] == outside).all()
    assert ((frame[80, 74:84] - outside) >= 0).all()


def test_targets_of_two_highlights_stay_bright_when_they_are_lit_together(
    fonts: FontSet, grey: Stored, scene: Scene
) -> None:
    other = Region(x=0.7, y=0.6, width=0.2, height=0.2)
    both = with_callouts(scene, callout_of("highlight", TARGET), callout_of("highlight", other))
    plain, frame = (painted(studio_of(fonts, grey).painter(each), 30).y for each in (scene, both))
    assert frame[80, 120] == plain[80, 120]
    assert frame[126, 256] == plain[126, 256]
    assert frame[20, 20] < plain[20, 20]


def test_arrow_ends_before_its_target_and_never_covers_it_when_it_is_drawn(
    fonts: FontSet, grey: Stored, scene: Scene
) -> None:
    change = np.abs(luma_change(with_callouts(scene, callout_of("arrow", TARGET)), scene, studio_of(fonts, grey), 30))
    assert change.max() > 40
    assert not change[45:117, 80:160].any()
    rows, columns = np.nonzero(change)
    # It comes from the side with most room: the right and, the target lying a little high, from below.
    assert columns.min() > 140
    assert rows.max() > 100


def test_marker_is_an_accent_disc_with_a_dark_number_when_the_target_is_a_point(
    fonts: FontSet, grey: Stored, scene: Scene
) -> None:
    point = Region(x=0.5, y=0.5, width=0, height=0)
    large = replace(with_callouts(scene, callout_of("marker", point)), unit_px=1.0)
    frame = painted(studio_of(fonts, grey).painter(large), 30).y
    assert (frame[84:96, 154:166] < 60).any()
    assert frame[90, 146] == ACCENT
    assert frame[90, 138] < frame[10, 10] - 20
    assert frame[90, 134] == frame[10, 10]


def test_number_and_outline_are_light_when_the_accent_is_dark(fonts: FontSet, grey: Stored, scene: Scene) -> None:
    point = Region(x=0.5, y=0.5, width=0, height=0)
    palette = replace(scene.palette, accent="#3B0A0A")
    large = replace(with_callouts(scene, callout_of("marker", point)), unit_px=1.0, palette=palette)
    frame = painted(studio_of(fonts, grey).painter(large), 30).y
    assert (frame[84:96, 154:166] > 220).any()
    assert frame[90, 146] == yuv_of_colour("#3B0A0A")[0]
    assert frame[90, 138] > frame[10, 10] + 20
    boxed = replace(with_callouts(scene, callout_of("box", TARGET)), palette=palette)
    row = painted(studio_of(fonts, grey).painter(boxed), 30).y[80].astype(int)
    assert row[75:79].max() > row[120] + 12


def test_label_leaves_its_target_free_when_it_has_a_text(fonts: FontSet, grey: Stored, scene: Scene) -> None:
    label = callout_of("label", TARGET, text="Harbour")
    change = np.abs(luma_change(with_callouts(scene, label), scene, studio_of(fonts, grey), 30))
    assert not change[45:117, 80:160].any()
    rows, columns = np.nonzero(change > 20)
    assert columns.min() >= 160
    assert columns.max() < 304  # inside the safe margin
    assert abs((rows.min() + rows.max()) / 2 - 81) < 3


def test_note_stands_in_its_placement_when_it_has_no_target(fonts: FontSet, grey: Stored, scene: Scene) -> None:
    placement = Box(x=40, y=100, width=120, height=40)
    note = replace(callout_of("note", FULL, text="Use each tile once."), picture=None, placement=placement)
    change = np.abs(luma_change(with_callouts(scene, note), scene, studio_of(fonts, grey), 30))
    rows, columns = np.nonzero(change > 10)
    assert rows.min() >= 100
    assert rows.max() < 140
    assert columns.min() >= 40
    assert columns.max() < 160


FULL = Region(x=0.0, y=0.0, width=1.0, height=1.0)


def test_pulse_beats_three_times_and_rests_when_it_is_asked_for(fonts: FontSet, grey: Stored, scene: Scene) -> None:
    callout = callout_of("circle", TARGET, pulse=True, shown=FrameRange(start=0, end=120))
    longer = replace(with_callouts(scene, callout), frames=120)
    longer = replace(longer, pictures=(replace(longer.pictures[0], shown=FrameRange(start=0, end=120)),))
    painter = studio_of(fonts, grey).painter(longer)
    background = int(painted(painter, 0).y[2, 2])
    widths = []
    for frame in range(8, 110):
        row = painted(painter, frame).y[81].astype(int)
        widths.append(np.nonzero(np.abs(row - background) > 8)[0].min())
    beats = sum(1 for before, after in pairwise(widths) if before == max(widths) > after)
    assert beats == 3
    assert painter.is_still(FrameRange(start=70, end=120))


def test_nothing_is_drawn_when_the_target_is_out_of_sight(fonts: FontSet, grey: Stored, scene: Scene) -> None:
    camera = zoom(Region(x=0.6, y=0.6, width=0.3, height=0.3))
    away = replace(scene, pictures=(picture_of(grey[0], camera=camera),))
    change = luma_change(with_callouts(away, callout_of("box", TARGET)), away, studio_of(fonts, grey), 59)
    assert not change.any()


def test_marks_stay_inside_the_pictures_slot_when_the_target_reaches_out(fonts: FontSet, grey: Stored) -> None:
    slot = Box(x=40, y=20, width=160, height=90)
    scene = replace(EMPTY, pictures=(picture_of(grey[0], slot),))
    callouts = (callout_of("box", Region(x=0.8, y=0.8, width=0.2, height=0.2)), callout_of("highlight", TARGET))
    change = luma_change(with_callouts(scene, *callouts), scene, studio_of(fonts, grey), 30)
    rows, columns = np.nonzero(change)
    assert rows.min() >= 20
    assert rows.max() < 110
    assert columns.min() >= 40
    assert columns.max() < 200


def test_callout_points_at_the_frame_when_it_names_no_picture(fonts: FontSet, grey: Stored) -> None:
    slot = Box(x=160, y=90, width=160, height=90)
    scene = replace(EMPTY, pictures=(picture_of(grey[0], slot),))
    callout = replace(callout_of("box", TARGET), picture=None)
    change = np.abs(luma_change(with_callouts(scene, callout), scene, studio_of(fonts, grey), 30))
    assert change[80, 76:82].max() > 40
    assert FRAME.width == change.shape[1]


def test_box_is_closed_when_its_target_reaches_the_rim(fonts: FontSet, grey: Stored) -> None:
    slot = Box(x=40, y=20, width=160, height=90)
    scene = replace(EMPTY, unit_px=1.0, pictures=(picture_of(grey[0], slot),))
    corner = callout_of("box", Region(x=0.7, y=0.4, width=0.3, height=0.6))
    lit = painted(studio_of(fonts, grey).painter(with_callouts(scene, corner)), 30).y
    assert lit[80, 194:198].min() > lit[80, 180] + 30
    assert lit[104:108, 180].min() > lit[80, 180] + 30


def test_note_without_a_placement_stands_above_words_when_there_is_a_lower_third(
    fonts: FontSet, grey: Stored, scene: Scene
) -> None:
    gradient = Gradient(box=Box(x=0, y=100, width=320, height=80), colour="#05070A", strength=0.86)
    dark = replace(scene, gradients=(gradient,))
    note = replace(callout_of("note", FULL, text="Use each tile once."), picture=None)
    for ground, floor in ((scene, 171), (dark, 120)):
        change = np.abs(luma_change(with_callouts(ground, note), ground, studio_of(fonts, grey), 30))
        rows, _ = np.nonzero(change > 10)
        assert floor - 12 < rows.max() < floor


def test_bar_of_a_note_stands_where_reading_begins_when_it_reads_leftwards(
    fonts: FontSet, grey: Stored, scene: Scene
) -> None:
    placement = Box(x=40, y=100, width=120, height=40)
    bars = []
    for text in ("Tile", "\u05d0\u05d1\u05d2"):
        note = replace(callout_of("note", FULL, text=text), picture=None, placement=placement)
        row = painted(studio_of(fonts, grey).painter(with_callouts(scene, note)), 30).y[110].astype(int)
        box = np.flatnonzero(np.abs(row - int(row[2])) > 20)
        bars.append((row[box[0] : box[0] + 2].max(), row[box[-1] - 1 : box[-1] + 1].max()))
    (left, right), (other_left, other_right) = bars
    assert left > right + 60
    assert other_right > other_left + 60
