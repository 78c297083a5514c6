from __future__ import annotations

import pytest

from preview_worker.sandbox.levels import SandboxLevel, is_enough, level_of, shortfall

ASCENDING = ["none", "limits", "partial", "full"]


@pytest.mark.parametrize("level", ASCENDING)
@pytest.mark.parametrize("wanted", ASCENDING)
def test_level_is_enough_when_it_is_no_lower_than_what_is_wanted(level, wanted):
    assert is_enough(SandboxLevel(level), wanted) == (ASCENDING.index(level) >= ASCENDING.index(wanted))


@pytest.mark.parametrize("level", ASCENDING)
def test_any_level_is_enough_when_the_best_is_wanted(level):
    assert is_enough(SandboxLevel(level), "auto")


@pytest.mark.parametrize(("word", "level"), [("full", "full"), ("limits", "limits"), ("", "none"), ("bunker", "none")])
def test_a_word_promises_nothing_when_no_level_is_called_so(word, level):
    assert level_of(word) == level


def test_shortfall_says_what_is_missing_and_what_to_do():
    sentence = shortfall(SandboxLevel.PARTIAL, "full")
    assert "sandbox level partial" in sentence
    assert "Landlock" in sentence
    assert sentence.endswith("or set PREVIEW_SANDBOX=partial.")
