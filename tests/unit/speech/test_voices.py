"""A voice is found for a language, and words have one key."""

from __future__ import annotations

from dataclasses import replace

import pytest

from preview_worker.speech.voices import data_folder, known_voices, utterance_of, voice_for


@pytest.fixture
def voices(tmp_path):
    """Two voices, of which one claims a further tag."""
    folder = tmp_path / "lang" / "gmw"
    folder.mkdir(parents=True)
    (folder / "en").write_text("name English\nlanguage en-gb 2\nlanguage en 2\nreplace 03 I i\n")
    (folder / "en-US").write_text("name English (America)\nlanguage en-us 2\n")
    (folder / "fr").write_text("language fr\n")
    return known_voices(tmp_path)


@pytest.mark.parametrize(
    ("language", "wanted", "expected"),
    [
        ("en", None, "en"),
        ("en-GB", None, "en"),
        ("en-US", None, "en-us"),
        ("fr-CA", None, "fr"),
        ("fr", "EN-us", "en-us"),
        ("fr", "en-gb", "en"),
        ("fr", "robot", "fr"),
        ("xx", None, None),
        ("xx", "fr", "fr"),
    ],
)
def test_voice_is_the_nearest_when_a_language_and_a_name_are_given(voices, language, wanted, expected):
    assert voice_for(language, wanted, voices) == expected


def test_there_is_no_voice_when_none_is_installed():
    assert voice_for("en", None, {}) is None


def test_key_changes_when_words_voice_or_pace_change():
    first = utterance_of("Roll  the\ndice.", "en")
    assert first.key == utterance_of("Roll the dice.", "en").key
    others = (utterance_of("Roll both dice.", "en"), utterance_of("Roll the dice.", "fr"))
    assert len({first.key, *(other.key for other in others), replace(first, words_per_minute=90).key}) == 4


def test_installed_voices_speak_the_languages_of_the_channel_when_the_extra_is_there():
    folder = data_folder()
    assert folder is not None
    voices = known_voices(folder)
    assert [voice_for(tag, None, voices) for tag in ("en", "en-GB", "fr-CA")] == ["en", "en", "fr"]
