from __future__ import annotations

import numpy as np
import pytest

from preview_worker.render.child.drawing.fonts import FontSet
from preview_worker.render.child.drawing.lettering import Room, lettering
from preview_worker.timeline.scene import TextRole

LONG = "Place the board in the middle of the table. Each player takes five cubes. " * 6


def room(width: float, height: float, lines: int = 3, *, font_scale: float = 1.0) -> Room:
    return Room(width_px=width, height_px=height, max_lines=lines, unit_px=1.0, font_scale=font_scale)


def test_text_has_its_full_size_when_there_is_room(fonts: FontSet) -> None:
    assert lettering("Islands", TextRole.TITLE, room(800, 300), fonts).size_px == 60


def test_text_becomes_smaller_when_the_room_is_narrow(fonts: FontSet) -> None:
    set_text = lettering("Distribute the victory points", TextRole.TITLE, room(300, 170), fonts)
    assert 40 <= set_text.size_px < 60
    assert not set_text.notes


@pytest.mark.parametrize("word", ["Punktezählungsübersicht", "Décompte"])
def test_text_becomes_smaller_rather_than_a_word_is_cut_when_the_word_is_wider_than_the_room(
    fonts: FontSet, word: str
) -> None:
    width_em = lettering(word, TextRole.HEADING, room(2000, 300), fonts).width_px / 40
    set_text = lettering(f"{word} am Ende", TextRole.HEADING, room(width_em * 34, 300), fonts)
    assert any(word in line for line in set_text.lines)
    assert 30 < set_text.size_px < 40
    assert not set_text.notes


def test_word_is_cut_when_even_the_smallest_size_is_too_wide(fonts: FontSet) -> None:
    set_text = lettering("Punktezählungsübersicht", TextRole.HEADING, room(200, 300), fonts)
    assert set_text.size_px == 30
    first, second = set_text.lines
    assert first.endswith("-")
    assert first[:-1] + second == "Punktezählungsübersicht"
    assert set_text.width_px <= 200


@pytest.mark.parametrize("role", [TextRole.BODY, TextRole.HEADING, TextRole.CAPTION, TextRole.NOTE])
def test_text_stays_in_its_room_when_it_is_far_too_long(fonts: FontSet, role: TextRole) -> None:
    set_text = lettering(LONG, role, room(340, 120), fonts)
    assert set_text.width_px <= 340
    assert set_text.height_px <= 120
    assert len(set_text.lines) <= 3
    assert [note.code for note in set_text.notes] == ["text-shortened"]
    assert set_text.lines[-1].endswith("…")


def test_mask_holds_all_letters_when_it_is_drawn(fonts: FontSet) -> None:
    set_text = lettering("Épée ÅỂ gjpqy", TextRole.HEADING, room(500, 200), fonts)
    mask = set_text.mask(fonts, align="left")
    assert mask.shape == (set_text.height_px + 2 * set_text.overshoot_px, int(np.ceil(set_text.width_px)))
    assert mask.max() == 255
    assert not mask[0].any()
    assert not mask[-1].any()


def test_lines_are_centred_when_they_are_set_so(fonts: FontSet) -> None:
    set_text = lettering("a long line of letters\nshort", TextRole.CAPTION, room(500, 200), fonts)
    mask = set_text.mask(fonts, align="center")
    columns = np.nonzero(mask[mask.shape[0] // 2 + 4 :])[1]
    assert abs((columns.min() + columns.max()) / 2 - mask.shape[1] / 2) < 2


def test_note_says_small_when_the_font_scale_makes_reading_text_small(fonts: FontSet) -> None:
    notes = lettering("Take a card", TextRole.BODY, room(400, 100, font_scale=0.8), fonts).notes
    assert [(note.code, note.value) for note in notes] == [("text-small", "33.6")]


def test_note_names_the_letters_when_no_font_has_them(fonts: FontSet) -> None:
    notes = lettering("漢字", TextRole.BODY, room(400, 100), fonts).notes
    assert [(note.code, note.role, note.value) for note in notes] == [("glyph-missing", "body", "漢字")]


def test_percent_sign_is_a_letter_when_it_stands_in_a_text(fonts: FontSet) -> None:
    assert lettering("100 % %s {0}", TextRole.BODY, room(400, 100), fonts).lines == ("100 % %s {0}",)


def test_mask_reaches_deeper_when_letters_are_not_of_a_simple_script(fonts: FontSet) -> None:
    simple, deep = (lettering(text, TextRole.BODY, room(400, 80), fonts) for text in ("Row on", "\u0641\u064a"))
    assert deep.height_px == simple.height_px
    assert 0.24 * deep.size_px + deep.overshoot_px > 0.52 * deep.size_px
    assert deep.overshoot_px > simple.overshoot_px
