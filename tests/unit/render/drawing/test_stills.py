from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from preview_worker.render.child.drawing.fonts import FontSet
from preview_worker.render.child.drawing.planes import Planes
from preview_worker.render.child.drawing.stills import SheetEntry, contact_sheet, poster
from preview_worker.timeline.geometry import Box
from preview_worker.timeline.scene import TextRole
from support.stage import EMPTY, studio_of, text_of


def entry(number: int, *, size: tuple[int, int] = (320, 180), warns: bool = False) -> SheetEntry:
    planes = Planes.allocate(*size)
    planes.fill((60 + number, 128, 128))
    return SheetEntry(frame=planes, number=str(number), title=f"Step {number}", start="0:12", warns=warns)


def decoded(jpeg: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB")).astype(int)


@pytest.mark.parametrize(("size", "expected"), [((1280, 720), (1280, 720)), ((90, 160), (720, 1280))])
def test_poster_has_a_long_side_of_1280_when_the_scene_has_any_size(
    fonts: FontSet, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    scene = replace(EMPTY, width_px=size[0], height_px=size[1])
    with Image.open(io.BytesIO(poster(studio_of(fonts), scene))) as image:
        assert image.format == "JPEG"
        assert image.size == expected


def test_poster_shows_the_scene_at_rest_when_its_text_rises(fonts: FontSet) -> None:
    text = text_of(TextRole.TITLE, "Islands", Box(x=16, y=40, width=200, height=60), rise_start=20)
    moving, resting = (replace(EMPTY, texts=(replace(text, rise_start=start),)) for start in (20, None))
    assert poster(studio_of(fonts), moving) == poster(studio_of(fonts), resting)


def test_sheet_has_four_columns_when_the_frames_are_landscape(fonts: FontSet) -> None:
    page = decoded(contact_sheet([entry(number) for number in range(6)], fonts, heading="Islands"))
    dark = (page.max(axis=2) < 100) & (page.max(axis=2) > 40)
    row = dark[140 + 90]
    starts = np.nonzero(np.diff(row.astype(int)) == 1)[0]
    assert len(starts) == 4
    assert page.shape[1] == 4 * 320 + 3 * 24 + 2 * 48


def test_sheet_has_more_columns_when_the_frames_are_portrait(fonts: FontSet) -> None:
    portrait = [entry(number, size=(180, 320)) for number in range(6)]
    page = decoded(contact_sheet(portrait, fonts, heading="Islands"))
    assert page.shape[1] > 6 * 180
    assert page.shape[0] < 620


def test_dot_stands_on_the_sheet_only_when_a_step_warns(fonts: FontSet) -> None:
    def coloured(*, warns: bool) -> int:
        page = decoded(contact_sheet([entry(1, warns=warns)], fonts, heading="Islands", accent="#E0A100"))
        return int(((page[..., 0] - page[..., 2]) > 120).sum())

    assert coloured(warns=False) == 0
    assert coloured(warns=True) > 60


def test_sheet_is_the_same_bytes_when_it_is_made_twice(fonts: FontSet) -> None:
    entries = [entry(number, warns=number == 2) for number in range(3)]
    assert contact_sheet(entries, fonts, heading="Islands") == contact_sheet(entries, FontSet(), heading="Islands")


def test_sheet_is_a_page_with_its_heading_when_there_are_no_steps(fonts: FontSet) -> None:
    page = decoded(contact_sheet([], fonts, heading="Islands of Aurora", note="0 steps"))
    assert page[40:100, 40:400].min() < 80
    assert page[-40:].min() > 240
