from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from preview_worker.timeline.duration import time_step
from preview_worker.timeline.model import MissingFacts, UnprobedFacts
from preview_worker.timeline.time import FrameRange
from support.tutorials import sound, step

RATE = Fraction(30)
TWENTY_NINE_WORDS = "word " * 29


def timed(narration=None, *, language="en", **fields):
    return time_step(step(**fields), narration, language=language, rate=RATE)


def test_step_lasts_as_long_as_its_words_take_when_nothing_was_recorded():
    # 29 words at 145 a minute are 12 s, between two pauses of 200 ms.
    timing = timed(text=TWENTY_NINE_WORDS)
    assert timing.frames == 372
    assert timing.speech == FrameRange(start=6, end=366)
    assert timing.estimated


def test_step_lasts_longer_when_the_words_are_french():
    assert timed(text="mot " * 27, language="fr-CA").frames == 372


def test_step_lasts_two_seconds_when_it_has_few_words():
    assert timed(text="Two words.").frames == 60
    assert timed(title="Alone").frames == 60


def test_silent_card_lasts_as_long_as_it_takes_to_read_when_it_has_much_text():
    timing = timed(kind="intro", text=TWENTY_NINE_WORDS)
    assert timing.frames == 372
    assert not len(timing.speech)
    assert not timing.estimated


def test_step_keeps_its_duration_when_only_words_are_known():
    timing = timed(text=TWENTY_NINE_WORDS, durationMs=1000)
    assert timing.frames == 30
    assert timing.speech == FrameRange(start=6, end=30)
    assert timing.notes == ()


def test_step_lasts_as_long_as_its_sound_with_pauses_when_it_was_recorded():
    timing = timed(sound(5000), text="Hi.")
    assert timing.frames == 162
    assert timing.voice_lead_samples == 9600
    assert timing.speech == FrameRange(start=6, end=156)
    assert not timing.estimated


def test_step_lasts_two_seconds_when_its_sound_is_short():
    assert timed(sound(300), text="Hi.").frames == 60


def test_step_is_lengthened_with_a_note_when_its_sound_needs_more():
    timing = timed(sound(5000), text="Hi.", durationMs=3000)
    assert timing.frames == 162
    (note,) = timing.notes
    assert (note.code, note.value, note.limit) == ("step-lengthened", 3000, 5400)


def test_pauses_shrink_evenly_when_the_sound_just_fits():
    timing = timed(sound(5000), text="Hi.", durationMs=5100)
    assert timing.frames == 153
    assert timing.voice_lead_samples == 2400
    assert timing.notes == ()
    assert timing.speech.end <= 153


def test_sound_of_one_sample_more_than_the_step_lengthens_it_when_the_duration_is_given():
    one_more = replace(sound(5000), duration_samples=5000 * 48 + 1)
    assert timed(one_more, durationMs=5000).notes
    assert not timed(sound(5000), durationMs=5000).notes


@pytest.mark.parametrize("facts", [MissingFacts(reason="gone"), UnprobedFacts(sha256="0" * 64), None])
def test_length_is_estimated_from_words_when_the_sound_is_not_known(facts):
    timing = timed(facts, text=TWENTY_NINE_WORDS)
    assert (timing.frames, timing.estimated) == (372, True)
