from __future__ import annotations

import pytest

from preview_worker.timeline.cards import Words, card, count_of_steps
from preview_worker.timeline.palette import HOUSE
from preview_worker.timeline.scene import TextRole
from support.tutorials import FURNITURE_OFF, brief


@pytest.mark.parametrize(
    ("language", "count", "expected"),
    [
        ("en", 8, "8 steps"),
        ("en", 1, "1 step"),
        ("fr", 8, "8 étapes"),
        ("fr", 1, "1 étape"),
        ("de", 8, ""),
        ("en", 0, ""),
    ],
)
def test_steps_are_counted_in_the_tutorials_language_when_there_are_some(language, count, expected):
    assert count_of_steps(brief([{"kind": "intro"}, *[{}] * count], language=language)) == expected


@pytest.mark.parametrize("furniture", [FURNITURE_OFF, {"badge": "i"}])
def test_steps_are_not_counted_when_no_badge_shows_the_total(furniture):
    assert count_of_steps(brief([{}, {}], options={"furniture": furniture})) == ""


def test_card_leaves_out_what_is_empty_when_only_a_title_is_given():
    found = card(
        brief([]),
        HOUSE,
        Words(title="Harbour", body="", footer=""),
        picture=None,
        frames=60,
        rise=3,
        captions=False,
    )
    assert [(text.role, text.text) for text in found.stack.texts] == [(TextRole.TITLE, "Harbour")]
    assert found.stack.rule == HOUSE.accent


def test_card_lies_on_the_picture_or_on_a_gradient_when_there_is_one_or_none():
    given = brief([{"visuals": ["board"]}])
    words = Words(title="Harbour", body="A game.", footer="1 step")
    plain = card(given, HOUSE, words, picture=None, frames=60, rise=None, captions=False).background
    photo = card(given, HOUSE, words, picture=given.first_picture(), frames=60, rise=None, captions=False).background
    assert (plain.source, photo.second_colour) == (None, None)
    assert plain.second_colour is not None
    assert photo.source is not None


def test_texts_rise_when_the_card_says_so():
    words = Words(title="Harbour", body="A game.", footer="")
    rises = [
        {
            text.rise_start
            for text in card(brief([]), HOUSE, words, picture=None, frames=60, rise=rise, captions=False).stack.texts
        }
        for rise in (18, None)
    ]
    assert rises == [{18}, {None}]
