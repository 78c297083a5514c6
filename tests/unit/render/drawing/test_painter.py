from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from preview_worker.errors import AssetError
from preview_worker.render.child.drawing.fonts import FontSet
from preview_worker.render.child.drawing.planes import Planes, yuv_of_colour
from preview_worker.timeline.geometry import Box, Region
from preview_worker.timeline.scene import Background, Gradient, Panel, Progress, Scene, Source, TextRole
from preview_worker.timeline.time import FrameRange
from support.stage import (
    EMPTY,
    FRAME,
    callout_of,
    fingerprint,
    painted,
    picture_of,
    studio_of,
    text_of,
    zoom,
)

Stored = tuple[Source, Path]
CLOSER = Region(x=0.05, y=0.05, width=0.85, height=0.85)
LOWER = Box(x=0, y=90, width=320, height=90)


def busy_scene(photo: Stored) -> Scene:
    """A zooming picture under a lower third, a highlight, a caption and a progress line."""
    caption = replace(
        text_of(TextRole.CAPTION, "The youngest player begins.", Box(x=20, y=140, width=280, height=30)),
        shown=FrameRange(start=10, end=50),
    )
    heading = text_of(TextRole.HEADING, "Choose", Box(x=16, y=104, width=200, height=20), rise_start=2)
    return replace(
        EMPTY,
        pictures=(picture_of(photo[0], camera=zoom(CLOSER, FrameRange(start=5, end=45))),),
        gradients=(Gradient(box=LOWER, colour="#05070A", strength=0.8),),
        texts=(heading, caption),
        callouts=(callout_of("highlight", Region(x=0.4, y=0.3, width=0.2, height=0.2)),),
        progress=Progress(box=Box(x=0, y=178, width=320, height=2), cells=4, filled=2),
    )


def test_every_sample_is_written_when_a_frame_is_painted(fonts: FontSet, photo: Stored) -> None:
    painter = studio_of(fonts, photo).painter(busy_scene(photo))
    for frame in (0, 12, 59):
        first, second = Planes.allocate(320, 180), Planes.allocate(320, 180)
        first.fill((16, 16, 16))
        second.fill((235, 240, 240))
        assert fingerprint(painter.paint(frame, first)) == fingerprint(painter.paint(frame, second))


def test_frames_are_the_same_when_they_are_painted_in_another_order(fonts: FontSet, photo: Stored) -> None:
    scene = busy_scene(photo)
    forwards, backwards = (studio_of(fonts, photo).painter(scene) for _ in range(2))
    expected = [fingerprint(painted(forwards, frame)) for frame in range(60)]
    assert [fingerprint(painted(backwards, frame)) for frame in reversed(range(60))][::-1] == expected


def test_frame_is_the_same_when_the_frames_around_it_are_others(fonts: FontSet, photo: Stored) -> None:
    """A segment is known by what its frames show: what happens elsewhere in the step must not change a byte."""
    scene = busy_scene(photo)
    fewer = replace(
        scene,
        callouts=(*scene.callouts, callout_of("circle", CLOSER, shown=FrameRange(start=55, end=60))),
        texts=(*scene.texts, replace(scene.texts[1], shown=FrameRange(start=52, end=60))),
    )
    studio = studio_of(fonts, photo)
    first, second = studio.painter(scene), studio.painter(fewer)
    for frame in (0, 3, 11, 30, 49):
        assert fingerprint(painted(first, frame)) == fingerprint(painted(second, frame))


def test_frames_are_painted_whole_when_planes_are_padded_views(fonts: FontSet, photo: Stored) -> None:
    painter = studio_of(fonts, photo).painter(busy_scene(photo))
    store = Planes.allocate(384, 200)
    view = store.part(FRAME)
    assert fingerprint(painter.paint(20, view)) == fingerprint(painted(painter, 20))


def test_picture_below_stays_whole_when_another_one_moves_above_it(fonts: FontSet, photo: Stored) -> None:
    below = picture_of(photo[0], camera=zoom(CLOSER))
    above = picture_of(photo[0], Box(x=200, y=100, width=100, height=60), zoom(CLOSER))
    studio = studio_of(fonts, photo)
    alone = painted(studio.painter(replace(EMPTY, pictures=(below,))), 20)
    both = painted(studio.painter(replace(EMPTY, pictures=(below, above))), 20)
    assert np.array_equal(alone.y[:100], both.y[:100])
    assert np.array_equal(alone.y[:, :200], both.y[:, :200])
    assert not np.array_equal(alone.y[100:160, 200:300], both.y[100:160, 200:300])


def test_range_is_still_only_when_nothing_changes_in_it(fonts: FontSet, photo: Stored) -> None:
    painter = studio_of(fonts, photo).painter(busy_scene(photo))
    assert painter.is_still(FrameRange(start=51, end=60))
    assert not painter.is_still(FrameRange(start=48, end=52))  # the caption goes
    assert not painter.is_still(FrameRange(start=20, end=22))  # the camera moves
    assert painter.is_still(FrameRange(start=20, end=21))
    same = {fingerprint(painted(painter, frame)) for frame in range(51, 60)}
    assert len(same) == 1


def test_corner_shows_what_lies_below_when_the_picture_is_rounded(fonts: FontSet, grey: Stored) -> None:
    box = Box(x=40, y=20, width=200, height=120)
    picture = replace(picture_of(grey[0], box), corner_px=12)
    frame = painted(studio_of(fonts, grey).painter(replace(EMPTY, pictures=(picture,))), 0)
    ground, inside = yuv_of_colour("#151A21")[0], yuv_of_colour("#969696")[0]
    assert abs(int(frame.y[20, 40]) - ground) <= 1
    assert frame.y[22, 60] == inside
    assert frame.y[80, 140] == inside


def test_shadow_darkens_the_ground_below_when_a_picture_has_one(fonts: FontSet, grey: Stored) -> None:
    box = Box(x=60, y=30, width=200, height=100)
    plain = replace(EMPTY, background=Background(colour="#808080"), pictures=(picture_of(grey[0], box),))
    shaded = replace(plain, pictures=(replace(plain.pictures[0], shadow=True),))
    studio = studio_of(fonts, grey)
    change = painted(studio.painter(shaded), 0).y.astype(int) - painted(studio.painter(plain), 0).y
    assert change[132:134, 160].max() < -10
    assert not change[40:120, 70:250].any()
    assert not change[150:].any()


def test_cut_out_shows_the_ground_when_it_is_transparent(fonts: FontSet, token: Stored) -> None:
    box = Box(x=100, y=40, width=100, height=100)
    scene = replace(EMPTY, background=Background(colour="#808080"), pictures=(picture_of(token[0], box),))
    frame = painted(studio_of(fonts, token).painter(scene), 0)
    assert frame.y[90, 150] == 235
    assert frame.y[45, 105] == yuv_of_colour("#808080")[0]
    shaded = replace(scene, pictures=(replace(scene.pictures[0], shadow=True),))
    below = painted(studio_of(fonts, token).painter(shaded), 0)
    assert below.y[117, 150] < frame.y[117, 150] - 10
    assert below.y[90, 150] == 235


def test_picture_is_half_there_when_its_opacity_is_half(fonts: FontSet, grey: Stored) -> None:
    scene = replace(EMPTY, pictures=(replace(picture_of(grey[0]), opacity=0.5),))
    frame = painted(studio_of(fonts, grey).painter(scene), 0)
    ground, full = yuv_of_colour("#151A21")[0], yuv_of_colour("#969696")[0]
    assert abs(int(frame.y[90, 160]) - (ground + full) / 2) <= 1


def test_picture_appears_little_by_little_when_it_fades_in(fonts: FontSet, grey: Stored) -> None:
    picture = replace(picture_of(grey[0]), shown=FrameRange(start=10, end=60), fade_frames=8)
    painter = studio_of(fonts, grey).painter(replace(EMPTY, pictures=(picture,)))
    levels = [int(painted(painter, frame).y[90, 160]) for frame in range(9, 20)]
    assert levels[0] == yuv_of_colour("#151A21")[0]
    assert levels[-1] == yuv_of_colour("#969696")[0]
    assert sorted(set(levels[:10])) == levels[:10]


def test_backdrop_is_dark_and_soft_when_the_picture_does_not_fill_its_slot(fonts: FontSet, photo: Stored) -> None:
    box = Box(x=110, y=0, width=100, height=180)
    region = Region(x=0.3, y=0.0, width=0.3125, height=1.0)
    picture = replace(picture_of(photo[0], box, zoom(region)), slot=FRAME, backdrop=True)
    picture = replace(picture, camera=replace(picture.camera, start=region))
    frame = painted(studio_of(fonts, photo).painter(replace(EMPTY, pictures=(picture,))), 0)
    beside, inside = frame.y[:, :100].astype(int), frame.y[:, 112:208].astype(int)
    assert beside.mean() < 0.65 * inside.mean()
    assert np.abs(np.diff(beside, axis=1)).max() <= 4


def test_placeholder_is_a_labelled_box_when_the_picture_is_missing(fonts: FontSet) -> None:
    missing = Source(asset_id="tile", sha256=None, label="tiles/front.png", width_px=4, height_px=3, has_alpha=False)
    box = Box(x=60, y=20, width=200, height=140)
    frame = painted(studio_of(fonts).painter(replace(EMPTY, pictures=(picture_of(missing, box),))), 0)
    ink = frame.y[100:130, 80:240].astype(int)
    assert ink.max() - ink.min() > 60
    assert frame.y[90, 66] > yuv_of_colour("#151A21")[0]
    assert (frame.y[:, :60] == yuv_of_colour("#151A21")[0]).all()


def test_gradient_falls_from_top_to_bottom_when_the_background_has_two_colours(fonts: FontSet) -> None:
    scene = replace(EMPTY, background=Background(colour="#203040", second_colour="#6080A0"))
    column = painted(studio_of(fonts).painter(scene), 0).y[:, 7].astype(int)
    assert (np.diff(column) >= 0).all()
    assert np.diff(column).max() <= 1
    assert (column[0], column[-1]) == (yuv_of_colour("#203040")[0], yuv_of_colour("#6080A0")[0])


def test_panel_has_its_colour_and_hairline_when_it_is_drawn(fonts: FontSet) -> None:
    panel = Panel(box=Box(x=40, y=20, width=100, height=100), colour="#1C232D", hairline="#FFFFFF", corner_px=8)
    frame = painted(studio_of(fonts).painter(replace(EMPTY, panels=(panel,))), 0)
    assert frame.y[70, 90] == yuv_of_colour("#1C232D")[0]
    assert frame.y[70, 40] > frame.y[70, 90] + 80
    assert frame.y[70, 39] == yuv_of_colour("#151A21")[0]


def test_progress_is_filled_up_to_its_cell_when_it_is_drawn(fonts: FontSet) -> None:
    scene = replace(EMPTY, progress=Progress(box=Box(x=0, y=176, width=320, height=4), cells=4, filled=2))
    row = painted(studio_of(fonts).painter(scene), 0).y[178].astype(int)
    primary = yuv_of_colour("#1F7AE0")[0]
    assert (row[:78] == primary).all()
    assert (row[82:158] == primary).all()
    assert (row[164:] < primary).all()


def test_error_names_the_asset_when_the_studio_has_no_file_of_it(fonts: FontSet, photo: Stored) -> None:
    with pytest.raises(AssetError, match="photo"):
        studio_of(fonts).painter(replace(EMPTY, pictures=(picture_of(photo[0]),)))
