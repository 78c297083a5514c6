from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from preview_worker.render.child.drawing.fonts import FontSet
from preview_worker.render.child.drawing.planes import yuv_of_colour
from preview_worker.timeline.geometry import Box
from preview_worker.timeline.scene import Background, Scene, Source, Stack, TextRole
from preview_worker.timeline.time import FrameRange
from support.stage import ALWAYS, EMPTY, painted, picture_of, studio_of, text_of

Stored = tuple[Source, Path]
LONG = "Distribute the victory points among all players. Then begin with the youngest one. " * 3
BOX = Box(x=40, y=30, width=140, height=60)


def inked(scene: Scene, fonts: FontSet, frame: int = 30) -> np.ndarray:
    """Where letters are: bool, shape (height, width)."""
    plain = replace(scene, texts=(), stacks=())
    studio = studio_of(fonts)
    return painted(studio.painter(scene), frame).y != painted(studio.painter(plain), frame).y


@pytest.mark.parametrize("role", [TextRole.TITLE, TextRole.HEADING, TextRole.BODY, TextRole.REFERENCE])
@pytest.mark.parametrize("align", ["left", "center", "right"])
@pytest.mark.parametrize("anchor", ["top", "middle", "bottom"])
def test_letters_stay_in_their_box_when_the_text_is_too_long(
    fonts: FontSet, role: TextRole, align: str, anchor: str
) -> None:
    text = replace(text_of(role, LONG, BOX), align=align, anchor=anchor)
    rows, columns = np.nonzero(inked(replace(EMPTY, texts=(text,)), fonts))
    assert len(rows) > 50
    assert rows.min() >= BOX.y
    assert rows.max() < BOX.bottom
    assert columns.min() >= BOX.x
    assert columns.max() < BOX.right


def test_letters_stand_at_the_anchored_edge_when_the_box_is_high(fonts: FontSet) -> None:
    found = {}
    for anchor in ("top", "middle", "bottom"):
        text = replace(text_of(TextRole.HEADING, "Harbour", BOX), anchor=anchor)
        rows = np.nonzero(inked(replace(EMPTY, texts=(text,)), fonts))[0]
        found[anchor] = (int(rows.min()), int(rows.max()))
    assert found["top"][0] < BOX.y + 5
    assert found["bottom"][1] > BOX.bottom - 6
    assert found["top"][0] < found["middle"][0] < found["bottom"][0]


def test_text_is_absent_then_faint_and_low_then_at_rest_when_it_rises(fonts: FontSet) -> None:
    scene = replace(EMPTY, texts=(text_of(TextRole.HEADING, "Harbour", BOX, rise_start=10),))
    assert not inked(scene, fonts, 9).any()
    coming, resting = inked(scene, fonts, 10), inked(scene, fonts, 25)
    assert np.nonzero(coming)[0].max() > np.nonzero(resting)[0].max()
    painter = studio_of(fonts).painter(scene)
    brightness = [int(painted(painter, frame).y.max()) for frame in (10, 12, 25)]
    assert brightness[0] < brightness[1] < brightness[2]
    assert painter.is_still(FrameRange(start=22, end=60))


def test_caption_lies_on_a_dark_box_when_the_picture_is_bright(fonts: FontSet) -> None:
    text = replace(
        text_of(TextRole.CAPTION, "Place the board here.", Box(x=20, y=120, width=280, height=30)), align="center"
    )
    scene = replace(EMPTY, background=Background(colour="#FFFFFF"), texts=(replace(text, anchor="bottom"),))
    frame = painted(studio_of(fonts).painter(scene), 0)
    darkened = frame.y < 100
    rows, columns = np.nonzero(darkened)
    assert rows.max() < 150
    assert abs((columns.min() + columns.max()) / 2 - 160) < 2
    corner = frame.y[rows.min() + 3, columns.min() + 3]
    assert abs(int(corner) - (235 - 0.72 * 219)) < 6
    assert frame.y[5, 5] == 235


def test_badge_is_centred_in_its_pill_when_it_is_drawn(fonts: FontSet) -> None:
    scene = replace(EMPTY, texts=(text_of(TextRole.BADGE, "Step 3/8", Box(x=20, y=20, width=120, height=10)),))
    frame = painted(studio_of(fonts).painter(scene), 0)
    bright = np.nonzero(frame.y[20:30, 24:70] > 150)
    assert bright[0].min() >= 2
    assert bright[0].max() <= 8


def test_texts_of_a_stack_never_overlap_when_they_share_a_small_box(fonts: FontSet) -> None:
    box = Box(x=20, y=20, width=120, height=90)
    heading = replace(text_of(TextRole.HEADING, "Victory points", box), colour="#FF0000")
    body = replace(text_of(TextRole.BODY, LONG, box), max_lines=12)
    stack = Stack(box=box, anchor="middle", gap_px=4, rule=None, texts=(heading, body))
    both = replace(EMPTY, stacks=(stack,))
    studio = studio_of(fonts)
    red = painted(studio.painter(both), 30).v
    rows = np.nonzero(np.abs(red.astype(int) - int(red[0, 0])) > 20)[0]
    white = np.nonzero(painted(studio.painter(both), 30).y > 200)[0]
    assert rows.max() * 2 < white.min()
    ink = np.nonzero(inked(both, fonts))[0]
    assert ink.min() >= box.y
    assert ink.max() < box.bottom


def test_rule_stands_between_title_and_description_when_the_stack_has_one(fonts: FontSet) -> None:
    box = Box(x=20, y=20, width=240, height=120)
    texts = (text_of(TextRole.TITLE, "Islands", box), text_of(TextRole.DESCRIPTION, "A game of trade", box))
    stack = Stack(box=box, anchor="middle", gap_px=6, rule="#FFD54F", texts=texts)
    frame = painted(studio_of(fonts).painter(replace(EMPTY, stacks=(stack,))), 30)
    accent = yuv_of_colour("#FFD54F")
    rows = np.nonzero((frame.y[:, 24:32] == accent[0]).all(axis=1))[0]
    assert len(rows) == 1
    letters = np.nonzero(frame.y[:, 40:] > 170)[0]
    assert letters.min() < rows[0] < letters.max()


def test_contrast_is_noted_when_the_text_is_hard_to_read(fonts: FontSet) -> None:
    text = replace(text_of(TextRole.BODY, "Take a card", BOX), colour="#888888")
    scene = replace(EMPTY, background=Background(colour="#777777"), texts=(text,))
    noted = studio_of(fonts).painter(scene).warnings
    assert [(note.code, note.role) for note in noted] == [("contrast-low", "body")]
    assert float(noted[0].value) < 1.5


def test_nothing_is_noted_when_the_text_is_white_on_the_house_colours(fonts: FontSet) -> None:
    assert studio_of(fonts).painter(replace(EMPTY, texts=(text_of(TextRole.BODY, "Take", BOX),))).warnings == ()


def test_note_is_given_when_a_text_had_to_be_shortened(fonts: FontSet) -> None:
    scene = replace(EMPTY, texts=(text_of(TextRole.BODY, LONG, BOX),))
    codes = [note.code for note in studio_of(fonts).painter(scene).warnings]
    assert codes == ["text-shortened"]


def test_watermark_is_seen_on_white_and_on_black_when_it_is_drawn(fonts: FontSet, grey: Stored) -> None:
    mark = text_of(TextRole.WATERMARK, "DRAFT", Box(x=200, y=10, width=100, height=8))
    for colour in ("#FFFFFF", "#000000"):
        scene = replace(EMPTY, background=Background(colour=colour), texts=(replace(mark, shown=ALWAYS),))
        frame = painted(studio_of(fonts, grey).painter(scene), 0).y[8:20, 196:300].astype(int)
        assert frame.max() - frame.min() > 40


def test_heading_stays_bright_when_a_highlight_darkens_the_picture(fonts: FontSet, grey: Stored) -> None:
    scene = replace(EMPTY, pictures=(picture_of(grey[0]),), texts=(text_of(TextRole.HEADING, "Harbour", BOX),))
    assert painted(studio_of(fonts, grey).painter(scene), 30).y.max() > 225
