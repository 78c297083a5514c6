from __future__ import annotations

from preview_worker.contract.text import clean, removed_characters


def test_clean_keeps_what_can_be_drawn_when_text_has_accents_spaces_and_percent():
    text = "Règles : 50 % « été »\nשלום"  # noqa: RUF001 - Hebrew is meant
    assert clean(text) == text
    assert removed_characters(text) == []


def test_clean_removes_controls_and_overrides_when_they_are_there():
    assert clean("a\u202eb\u0000c\u2066d") == "abcd"
    assert removed_characters("a\u202eb\u0000c\u202e") == ["U+202E", "U+0000"]


def test_clean_unifies_line_ends_without_a_warning_when_they_come_from_windows():
    assert clean("a\r\nb\rc") == "a\nb\nc"
    assert removed_characters("a\r\nb") == []


def test_clean_parts_words_by_a_space_when_a_tab_stood_there():
    assert clean("a\tb") == "a b"


def test_clean_composes_when_accents_are_apart():
    assert clean("e\u0301") == "é"
