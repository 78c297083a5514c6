"""Breaks in words that are longer than a line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preview_worker.timeline.word_breaks import broken, pieces_of, width_of

ADDRESS = "https://boardgames.example/rules/harbour-masters/second-edition"
ANYTHING = st.text(alphabet="ab/-.«!\u00a0\u0301\u200d船👍🏽", max_size=300)


def test_an_address_is_broken_behind_one_of_its_marks():
    assert broken(ADDRESS) == ("https://boardgames.example/rules/", "harbour-masters/second-edition")


def test_a_compound_is_broken_in_its_middle():
    assert broken("x" * 84) == ("x" * 42, "x" * 42)
    assert broken("Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz") == (
        "Rindfleischetikettierungsüberwa",
        "chungsaufgabenübertragungsgesetz",
    )


@pytest.mark.parametrize(
    ("word", "first"),
    [
        ("x" * 43 + "\u0301" * 2, "x" * 22),
        ("x" * 30 + "👍🏽" * 5, "x" * 25),
        ("x" * 10 + "👍🏽" * 10, "x" * 10 + "👍🏽" * 4),
        ("a" * 24 + "\u0301" + "a" * 24, "a" * 24 + "\u0301"),
        ("a" * 24 + "!" + "a" * 24, "a" * 24 + "!"),
    ],
)
def test_a_letter_is_never_parted_from_its_accents_nor_set_off_marks_from_their_word(word, first):
    lines = broken(word)
    assert lines == (first, word.removeprefix(first))


def test_a_word_stays_whole_as_long_as_it_fits_broken():
    assert pieces_of("x" * 84) == ["x" * 84]
    assert [len(piece) for piece in pieces_of("x" * 85)] == [42, 43]
    assert pieces_of("board") == ["board"]


def test_letters_of_full_width_count_twice():
    word = "a" + "船" * 41 + "a"
    assert width_of(word) == 84
    pieces = pieces_of(word)
    assert len(pieces) == 2
    assert "".join(pieces) == word


@given(ANYTHING)
def test_nothing_is_lost_and_every_piece_fits_broken(word):
    pieces = pieces_of(word)
    assert "".join(pieces) == word
    for piece in pieces:
        lines = broken(piece)
        assert "".join(lines) == piece
        assert len(lines) == 1 + (width_of(piece) > 42)
        assert all(width_of(line) <= 42 for line in lines)
    assert len(pieces) <= 1 + width_of(word) // 41
