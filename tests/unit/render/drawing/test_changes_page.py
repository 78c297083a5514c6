"""The page of changes: pairs side by side, as wide as the contact sheet at most."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from preview_worker.render.child.drawing.changes_page import PAIRS_MAX, Pair, Side, changes_page, fitted
from preview_worker.render.child.drawing.fonts import FontSet
from preview_worker.render.child.drawing.planes import Planes
from preview_worker.render.child.drawing.stills import SheetEntry, contact_sheet, sheet_layout
from preview_worker.timeline.geometry import Box


def pair(*, size: tuple[int, int] = (320, 180), luma: tuple[int, int] | None = (70, 140)) -> Pair:
    sides = []
    for level in luma or (None, None):
        frame = None
        if level is not None:
            frame = Planes.allocate(*size)
            frame.fill((level, 128, 128))
        sides.append(Side(frame=frame, absence="", start="0:12"))
    return Pair(before=sides[0], after=sides[1], number="3", title="A step", words="changed: picture")


def page(pairs: list[Pair], fonts: FontSet, *, size: tuple[int, int] = (320, 180), more: int = 0) -> np.ndarray:
    drawn = changes_page(pairs, fonts, frame_size_px=size, heading="Islands", note="before and after", more=more)
    return np.asarray(Image.open(io.BytesIO(drawn)).convert("L")).astype(int)


def test_before_stands_left_of_after_when_a_step_changed(fonts: FontSet) -> None:
    drawn = page([pair()], fonts)
    assert drawn.shape[1] < 900
    row = drawn[124 + 90]
    before, after = row[48 + 160], row[48 + 336 + 160]
    assert before < after < 200
    assert row[48 + 320 + 8] > 250


@pytest.mark.parametrize(("size", "columns"), [((320, 180), 2), ((180, 320), 3)])
def test_page_is_no_wider_than_the_contact_sheet_when_many_steps_changed(
    fonts: FontSet, size: tuple[int, int], columns: int
) -> None:
    many = page([pair(size=size)] * PAIRS_MAX, fonts, size=size)
    assert many.shape[1] <= 4 * 320 + 3 * 24 + 2 * 48
    rows = PAIRS_MAX // columns
    assert many.shape[0] == pytest.approx(rows * (size[1] + 62 + 24), abs=250)


def test_earlier_frame_keeps_its_aspect_when_the_video_has_another(fonts: FontSet) -> None:
    turned = Pair(before=pair().before, after=pair(size=(180, 320)).after, number="", title="", words="")
    column = page([turned], fonts, size=(180, 320))[124 : 124 + 320, 48 + 90]
    assert np.flatnonzero(column[4:-4] < 120).size == pytest.approx(180 * 180 / 320, abs=4)
    assert column[20:90].min() > 240
    assert column[230:300].min() > 240


@pytest.mark.parametrize(
    ("frame_px", "expected"),
    [
        ((640, 360), Box(x=10, y=20, width=320, height=180)),
        ((638, 362), Box(x=10, y=20, width=320, height=180)),
        ((180, 320), Box(x=120, y=20, width=102, height=180)),
        ((400, 400), Box(x=80, y=20, width=180, height=180)),
        ((6400, 100), Box(x=10, y=108, width=320, height=6)),
    ],
)
def test_frame_fills_its_box_or_stands_in_the_middle_when_its_aspect_is_another(
    frame_px: tuple[int, int], expected: Box
) -> None:
    assert fitted(Box(x=10, y=20, width=320, height=180), *frame_px) == expected


def test_more_is_written_below_when_not_all_steps_have_room(fonts: FontSet) -> None:
    some, more = page([pair()], fonts), page([pair()], fonts, more=7)
    assert more.shape[0] > some.shape[0]
    assert more[some.shape[0] - 30 :].min() < 160


def test_heading_ends_before_the_note_when_the_page_is_narrow(fonts: FontSet) -> None:
    def head(heading: str, note: str) -> np.ndarray:
        drawn = changes_page([pair()], fonts, frame_size_px=(320, 180), heading=heading, note=note, more=0)
        return np.asarray(Image.open(io.BytesIO(drawn)).convert("L"))[40:80].min(axis=0) < 200

    heading, note = "Islands in the mist " * 10, "before and after " + "moon-" * 25
    both, note_alone = head(heading, note), head("", note)
    first = int(np.flatnonzero(note_alone)[0])
    assert not both[first - 16 : first - 2].any()
    assert both[: first - 16].any()


def test_box_is_empty_when_there_is_no_picture(fonts: FontSet) -> None:
    drawn = page([pair(luma=None)], fonts)
    assert drawn[130:300, 52:360].min() > 240


@pytest.mark.parametrize("count", [1, 5, 12])
@pytest.mark.parametrize("size", [(320, 180), (180, 320), (240, 180)])
def test_frames_stand_where_the_layout_says_when_a_sheet_is_drawn(
    fonts: FontSet, size: tuple[int, int], count: int
) -> None:
    frame = Planes.allocate(*size)
    frame.fill((60, 128, 128))
    entries = [SheetEntry(frame=frame, number="", title="", start="", warns=False)] * count
    layout = sheet_layout(size, count)
    drawn = np.asarray(Image.open(io.BytesIO(contact_sheet(entries, fonts, heading=""))).convert("L"))
    assert drawn.shape == (layout.height_px, layout.width_px)
    inside = np.zeros(drawn.shape, bool)
    for box in layout.boxes:
        inside[box.y : box.bottom, box.x : box.right] = True
        assert drawn[box.y + 4 : box.bottom - 4, box.x + 4 : box.right - 4].max() < 100
    assert len(layout.boxes) == count
    assert np.median(drawn[~inside]) > 250
