from __future__ import annotations

import pytest

from preview_worker.contract import StepKind
from preview_worker.timeline.language import count_words, language_of, speech_ms


@pytest.mark.parametrize(("tag", "word"), [("en", "Step"), ("en-GB", "Step"), ("FR-ca", "Étape"), ("de", None)])
def test_word_for_step_is_known_when_the_language_is_english_or_french(tag, word):
    assert language_of(tag).step == word


@pytest.mark.parametrize("tag", ["en", "fr", "de"])
def test_every_kind_of_step_names_a_chapter_when_the_language_is_any(tag):
    assert set(language_of(tag).chapters) == set(StepKind)


@pytest.mark.parametrize(("text", "words"), [("", 0), ("Prenez 3 cartes !", 3), ("l'été — déjà\n100 %", 3), ("« »", 0)])
def test_words_are_counted_when_they_hold_a_letter_or_digit(text, words):
    assert count_words(text) == words


@pytest.mark.parametrize(("tag", "milliseconds"), [("en", 60_000), ("fr", 64_444)])
def test_speech_takes_a_minute_when_145_english_words_are_said(tag, milliseconds):
    assert speech_ms("word " * 145, tag) == milliseconds
