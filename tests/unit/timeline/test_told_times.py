"""Words of a narration matched with those that a file times."""

from __future__ import annotations

from preview_worker.timeline.model import TimingFacts
from preview_worker.timeline.told_times import told_times
from preview_worker.timeline.words import words_of


def facts_of(*entries):
    texts, starts, ends = zip(*entries, strict=True)
    return TimingFacts(sha256="a" * 64, texts=texts, starts_ms=starts, ends_ms=ends)


def times_of(text, *entries, duration_ms=10_000, scaled=False):
    times = told_times(words_of(text), facts_of(*entries), duration_ms, scaled=scaled)
    return None if times is None else [(time.start_ms, time.end_ms) for time in times]


def test_words_match_when_case_accents_and_punctuation_differ():
    assert times_of("L'Été, déjà !", ("l'ete", 100, 500), ("DEJA", 600, 900)) == [(100, 500), (600, 900)]


def test_word_has_the_time_of_all_its_parts_when_the_file_parts_it():
    assert times_of("check-in now", ("check", 0, 200), ("in", 250, 400), ("now", 500, 700)) == [(0, 400), (500, 700)]


def test_words_share_a_cues_time_by_length_when_the_file_times_whole_cues():
    assert times_of("one three", ("one three", 1000, 1800)) == [(1000, 1300), (1300, 1800)]


def test_unknown_words_share_the_time_between_when_the_file_lacks_them():
    found = times_of("take the big card", ("take", 100, 400), ("card", 1000, 1300))
    assert found == [(100, 400), (400, 700), (700, 1000), (1000, 1300)]


def test_words_of_the_file_alone_are_passed_over_when_the_narration_lacks_them():
    found = times_of(
        "take a card", ("well", 0, 50), ("take", 100, 200), ("um", 250, 300), ("a", 310, 330), ("card", 400, 500)
    )
    assert found == [(100, 200), (310, 330), (400, 500)]


def test_marks_alone_take_no_time_when_they_stand_between_words():
    assert times_of("take – two", ("take", 0, 300), ("two", 300, 600)) == [(0, 300), (300, 300), (300, 600)]


def test_times_end_with_the_speech_when_the_file_goes_on():
    assert times_of("take two", ("take", 0, 900), ("two", 5000, 6000), duration_ms=1000) == [(0, 900), (1000, 1000)]


def test_times_are_stretched_when_another_voice_speaks():
    assert times_of("take two", ("take", 0, 500), ("two", 500, 1000), duration_ms=3000, scaled=True) == [
        (0, 1500),
        (1500, 3000),
    ]


def test_there_are_no_times_when_the_file_tells_of_another_text():
    assert times_of("place the board on a table", ("the", 0, 100), ("end", 100, 200)) is None
    assert times_of("…", ("the", 0, 100)) is None


def test_words_are_found_again_when_a_whole_part_is_missing():
    gone = " ".join(f"gone{number}" for number in range(6))
    found = times_of(f"take {gone} card", ("take", 0, 100), ("card", 5000, 5200))
    assert (found[0], found[-1]) == ((0, 100), (5000, 5200))


def test_matching_takes_little_time_when_all_words_are_equal():
    said = " ".join(["word"] * 4000)
    entries = [("word", number, number + 1) for number in range(8000)]
    assert times_of(said, *entries)[-1] == (3999, 4000)
    assert times_of(said, *[("other", number, number + 1) for number in range(20_000)]) is None
