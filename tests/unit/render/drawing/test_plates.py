from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from preview_worker.render.child.drawing.planes import Planes, planes_of_rgb
from preview_worker.render.child.drawing.plates import plate_of
from preview_worker.render.child.drawing.workspace import Workspace
from preview_worker.timeline.camera import Camera, still
from preview_worker.timeline.geometry import WHOLE, Box, Region
from preview_worker.timeline.scene import Source
from preview_worker.timeline.time import FrameRange
from support.stage import FRAME, stored, texture, zoom

Stored = tuple[Source, Path]


def shown(picture: Stored, camera: Camera, frame: int, box: Box = FRAME) -> Planes:
    plate = plate_of(picture[1], picture[0].asset_id, camera, box)
    out = Planes.allocate(box.width, box.height)
    plate.show(camera.region_at(frame), out, Workspace())
    return out


def test_view_is_the_scaled_picture_when_the_camera_is_still(photo: Stored) -> None:
    out = shown(photo, still(WHOLE), 0)
    expected = Image.open(photo[1]).resize((320, 180), Image.Resampling.HAMMING)
    assert (out.y == planes_of_rgb(np.asarray(expected)).y).all()


def test_moving_view_agrees_with_a_still_one_when_they_show_the_same_region(photo: Stored) -> None:
    camera = zoom(Region(x=0.1, y=0.2, width=0.7, height=0.7))
    for frame in (0, 17, 40, 59):
        moving = shown(photo, camera, frame).y.astype(int)
        fixed = shown(photo, still(camera.region_at(frame)), 0).y.astype(int)
        assert np.abs(moving - fixed).mean() < 2.0
        (offset_x, offset_y), _ = cv2.phaseCorrelate(moving.astype(np.float32), fixed.astype(np.float32))
        assert abs(offset_x) < 0.12
        assert abs(offset_y) < 0.12


CAMERAS = (still(WHOLE), zoom(Region(x=0.1, y=0.2, width=0.7, height=0.7)))


@pytest.mark.parametrize("camera", CAMERAS, ids=("still", "moving"))
def test_view_is_the_same_when_it_is_shown_in_a_part_of_a_frame(photo: Stored, camera: Camera) -> None:
    box = Box(x=34, y=18, width=160, height=90)
    frame = Planes.allocate(320, 180)
    frame.fill((16, 128, 128))
    plate_of(photo[1], "photo", camera, box).show(camera.region_at(21), frame.part(box), Workspace())
    alone, part = shown(photo, camera, 21, box), frame.part(box)
    assert (part.y == alone.y).all()
    assert (part.u == alone.u).all()
    assert (part.v == alone.v).all()
    assert alone.u.std() > 1
    assert alone.v.std() > 1
    assert (alone.u != alone.v).any()


def test_movement_is_smooth_when_the_camera_zooms_slowly(tmp_path: Path) -> None:
    """Offsets between neighbouring frames, measured by phase correlation, stay within 0.20 px rms of the camera's."""
    picture = stored(tmp_path, "wide", Image.fromarray(texture(960, 540, seed=9)))
    box = Box(x=0, y=0, width=480, height=270)
    camera = zoom(Region(x=0.06, y=0.0, width=0.92, height=0.92), FrameRange(start=0, end=90))
    plate = plate_of(picture[1], "wide", camera, box)
    workspace, errors = Workspace(), []
    window = (slice(90, 180), slice(180, 300))
    hanning = cv2.createHanningWindow((120, 90), cv2.CV_32F)
    before: np.ndarray | None = None
    for frame in range(20, 60):
        out = Planes.allocate(box.width, box.height)
        plate.show(camera.region_at(frame), out, workspace)
        now = out.y[window].astype(np.float32)
        if before is not None:
            measured, _ = cv2.phaseCorrelate(before, now, hanning)
            first, second = camera.region_at(frame - 1), camera.region_at(frame)
            # Where the middle of the window was, and where the same spot of the picture is now.
            spot = first.x + first.width * 240 / 480, first.y + first.height * 135 / 270
            expected = (spot[0] - second.x) / second.width * 480 - 240, (spot[1] - second.y) / second.height * 270 - 135
            errors.append((measured[0] - expected[0], measured[1] - expected[1]))
        before = now
    assert np.sqrt((np.array(errors) ** 2).mean()) <= 0.20


def test_coarser_level_is_shown_when_the_camera_sees_much_more_than_at_its_closest(photo: Stored) -> None:
    camera = zoom(Region(x=0.4, y=0.4, width=0.2, height=0.2))
    plate = plate_of(photo[1], "photo", camera, FRAME)
    assert [level.width_px for level in plate.levels][1] * 2 == pytest.approx(plate.levels[0].width_px, abs=4)
    wide, fixed = shown(photo, camera, 0).y.astype(int), shown(photo, still(WHOLE), 0).y.astype(int)
    assert np.abs(wide - fixed).mean() < 2.5


def test_picture_is_enlarged_when_it_is_smaller_than_its_box(tmp_path: Path) -> None:
    small = stored(tmp_path, "small", Image.fromarray(texture(80, 45)))
    out = shown(small, zoom(Region(x=0.04, y=0.04, width=0.92, height=0.92)), 30)
    assert out.y.std() > 10


def test_opacity_is_kept_when_the_picture_has_transparent_places(token: Stored) -> None:
    box = Box(x=0, y=0, width=100, height=100)
    plate = plate_of(token[1], "token", still(WHOLE), box)
    planes, luma, chroma = plate.show_alpha(WHOLE, Planes.allocate(100, 100), Workspace())
    assert luma[50, 50] == 255
    assert luma[5, 5] == 0
    assert chroma[25, 25] == 255
    assert planes.y[50, 50] == 235
    assert planes.y[5, 5] == 0
