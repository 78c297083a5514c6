from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from preview_worker.render.child.drawing.fonts import FontSet
from preview_worker.render.child.drawing.typeset import words_of
from preview_worker.timeline.geometry import Box
from preview_worker.timeline.scene import Background, Scene, Stack, TextRole
from support.stage import EMPTY, text_of

NARROW = Box(x=8, y=8, width=100, height=150)
LONG_HEADING = "Deal three routes to everybody and lay four more face up"
BODY = "Each route names two islands. Light both to score it."


def stacked(font_scale: float, heading: str, body: str, box: Box = NARROW) -> Scene:
    texts = (text_of(TextRole.HEADING, heading, box), replace(text_of(TextRole.BODY, body, box), max_lines=12))
    stack = Stack(box=box, anchor="middle", gap_px=4, rule=None, texts=texts)
    return replace(EMPTY, font_scale=font_scale, stacks=(stack,))


def letter_heights(scene: Scene, fonts: FontSet) -> list[float]:
    """Height of a line of each text, as measured: rows with ink between rows without, the mean of the tallest."""
    heights = []
    for words in words_of(scene, fonts, 30.0):
        rows = (words.mask.max(axis=1) > 40).astype(int)
        starts, ends = (np.flatnonzero(np.diff(rows, prepend=0, append=0) == step) for step in (1, -1))
        heights.append(float(max(ends - starts)))
    return heights


@pytest.mark.parametrize("font_scale", [1.0, 1.35, 2.0])
def test_body_stays_smaller_than_its_heading_when_letters_are_enlarged(fonts: FontSet, font_scale: float) -> None:
    heading, body = letter_heights(stacked(font_scale, LONG_HEADING, BODY), fonts)
    assert body < heading


def test_heading_does_not_dwarf_its_text_when_both_are_enlarged(fonts: FontSet) -> None:
    wide = Box(x=8, y=8, width=160, height=52)
    heading, body = letter_heights(stacked(2.0, LONG_HEADING, BODY, wide), fonts)
    assert body > 0.5 * heading


def test_letters_are_enlarged_as_asked_when_there_is_room(fonts: FontSet) -> None:
    wide = Box(x=8, y=8, width=300, height=160)
    plain, large = (letter_heights(stacked(scale, "Row on", "One oil.", wide), fonts) for scale in (1.0, 2.0))
    assert large[0] == pytest.approx(2 * plain[0], abs=1)
    assert large[1] == pytest.approx(2 * plain[1], abs=1)


def test_texts_and_rule_stand_at_the_right_when_they_read_leftwards(fonts: FontSet) -> None:
    wide = Box(x=8, y=8, width=300, height=160)
    scene = stacked(1.0, "\u05d0\u05d1\u05d2", "\u05d0\u05d1")
    stack = replace(scene.stacks[0], box=wide, rule="#FFD54F")
    stack = replace(stack, texts=tuple(replace(text, box=wide) for text in stack.texts))
    words = words_of(replace(scene, stacks=(stack,)), fonts, 30.0)
    assert [word.role for word in words] == ["heading", "rule", "body"]
    assert all(abs(word.x + word.mask.shape[1] - wide.right) <= 1 for word in words)


def test_enlarged_texts_end_at_one_size_when_the_room_allows_no_more(fonts: FontSet) -> None:
    panel = Box(x=8, y=8, width=104, height=130)
    some, most = (letter_heights(stacked(scale, LONG_HEADING, BODY, panel), fonts) for scale in (1.35, 2.0))
    assert most[0] >= some[0]
    assert most[1] >= some[1]


def test_description_is_not_dwarfed_when_a_card_is_enlarged(fonts: FontSet) -> None:
    box = Box(x=8, y=8, width=200, height=150)
    texts = (
        replace(text_of(TextRole.TITLE, "Brumelac: rowing the misty lake", box), max_lines=3),
        replace(text_of(TextRole.DESCRIPTION, "2 to 4 lamplighters, 30 minutes, from 8 years", box), max_lines=4),
    )
    stack = Stack(box=box, anchor="middle", gap_px=5, rule=None, texts=texts)
    title, description = letter_heights(replace(EMPTY, font_scale=2.0, stacks=(stack,)), fonts)
    assert description > 0.38 * title


@pytest.mark.parametrize(("font_scale", "expected"), [(0.5, 0.8), (1.2, 1.2), (2.0, 1.4)])
def test_furniture_follows_the_scale_within_bounds_when_letters_change(
    fonts: FontSet, font_scale: float, expected: float
) -> None:
    reference = text_of(TextRole.REFERENCE, "Hill", Box(x=8, y=8, width=200, height=40))
    plain, scaled = (
        words_of(replace(EMPTY, font_scale=scale, texts=(reference,)), fonts, 30.0)[0].mask.shape[1]
        for scale in (1.0, font_scale)
    )
    assert scaled == pytest.approx(expected * plain, abs=1.5)


def test_captions_of_pictures_have_one_size_when_one_of_them_is_long(fonts: FontSet) -> None:
    boxes = (Box(x=8, y=8, width=80, height=20), Box(x=96, y=8, width=80, height=20))
    texts = tuple(
        text_of(TextRole.PICTURE_CAPTION, text, box)
        for text, box in zip(("Hill", "Hillside tiles, 24"), boxes, strict=True)
    )
    alone, beside = (words_of(replace(EMPTY, font_scale=2.0, texts=some), fonts, 30.0) for some in (texts[:1], texts))
    assert beside[0].mask.shape[0] == beside[1].mask.shape[0] < alone[0].mask.shape[0]
    assert beside[0].mask.shape[1] < alone[0].mask.shape[1]


def test_watermark_is_read_when_the_picture_behind_it_is_white(fonts: FontSet) -> None:
    mark = text_of(TextRole.WATERMARK, "DRAFT", Box(x=8, y=8, width=200, height=40))
    white = replace(EMPTY, unit_px=1.0, background=Background(colour="#FFFFFF"), texts=(mark,))
    (words,) = words_of(white, fonts, 30.0)
    assert words.behind[0].luma.max() > 0.5 * 256
