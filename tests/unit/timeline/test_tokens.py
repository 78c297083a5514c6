"""Tokens of a narration with the words that say them."""

from __future__ import annotations

from preview_worker.contract import tokens_of
from preview_worker.timeline.tokens import owned_tokens
from preview_worker.timeline.words import words_of


def owned(text):
    return [(token.text, token.first, token.last) for token in owned_tokens(words_of(text))]


def test_each_token_is_owned_by_its_word():
    assert owned("Take two-sided cards!") == [("take", 0, 0), ("two", 1, 1), ("sided", 1, 1), ("cards", 2, 2)]


def test_a_broken_words_token_is_owned_by_all_of_its_pieces():
    assert owned("A " + "x" * 180 + " b") == [("a", 0, 0), ("x" * 180, 1, 3), ("b", 4, 4)]


def test_tokens_are_those_of_the_text_whatever_is_broken():
    text = "See https://boardgames.example/" + "harbour-masters/" * 9 + " and " + "最初に船を桟橋に。" * 9 + " now"
    assert [token.text for token in owned_tokens(words_of(text))] == list(tokens_of(text))


def test_there_are_none_when_nothing_is_said():
    assert owned("… !") == []
