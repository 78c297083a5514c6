"""Estimated times of words: in proportion to length, with borders at the recording's pauses."""

from __future__ import annotations

import random

import pytest

from preview_worker.timeline.pace import estimated_times
from preview_worker.timeline.pauses import Clock, Pause, Voiced, voiced_of
from preview_worker.timeline.words import words_of
from support.narrations import narration, said

LOUD, QUIET, SILENT = -200, -520, -1000


def test_pauses_are_told_when_the_voice_is_silent_for_two_tenths():
    levels = [SILENT] * 3 + [LOUD] * 10 + [SILENT] + [LOUD] * 5 + [QUIET] * 4 + [LOUD] * 6 + [SILENT] * 2
    voiced = voiced_of(levels, 3100)
    assert (voiced.start_ms, voiced.end_ms) == (300, 2900)
    assert voiced.pauses == (Pause(start_ms=1900, end_ms=2300, voiced_ms=1600),)
    assert voiced.spoken_ms == 2200


@pytest.mark.parametrize("levels", [[], [SILENT] * 20, [LOUD] * 20])
def test_voice_speaks_all_the_time_when_no_pause_can_be_told(levels):
    assert voiced_of(levels, 2000) == Voiced(start_ms=0, end_ms=2000, pauses=())


def test_clock_stands_before_and_behind_a_pause_when_a_border_is_there():
    clock = Clock(Voiced(start_ms=100, end_ms=2000, pauses=(Pause(start_ms=600, end_ms=1000, voiced_ms=500),)))
    assert (clock.until(500), clock.since(500)) == (600, 1000)
    assert (clock.until(499), clock.since(501)) == (599, 1001)


def test_times_are_in_proportion_to_length_when_there_are_no_pauses():
    times = estimated_times(words_of("three it seventeen"), Voiced(start_ms=0, end_ms=1900, pauses=()))
    assert [(time.start_ms, time.end_ms) for time in times] == [(0, 600), (600, 900), (900, 1900)]


def test_sentences_end_at_the_pause_when_the_estimate_misses_it():
    levels = [LOUD] * 13 + [SILENT] * 6 + [LOUD] * 11
    times = estimated_times(words_of("Draw two cards. Keep one card."), voiced_of(levels, 3000))
    assert (times[2].end_ms, times[3].start_ms) == (1300, 1900)
    assert (times[0].start_ms, times[-1].end_ms) == (0, 3000)


def test_pause_is_no_border_when_it_is_far_from_any():
    levels = [LOUD] * 2 + [SILENT] * 2 + [LOUD] * 26
    times = estimated_times(
        words_of("Draw two cards from the very large deck. Keep one of all of these cards."), voiced_of(levels, 3000)
    )
    assert all(time.start_ms != 400 for time in times[5:])


@pytest.mark.parametrize("language", ["en", "fr"])
def test_words_are_where_the_voice_says_them_when_there_is_a_recording(language):
    rng = random.Random(language)
    misses = []
    for _ in range(20):
        voice = said(rng, narration(rng, language, 6))
        duration_ms = voice.facts.duration_samples // 48
        times = estimated_times(words_of(voice.text), voiced_of(voice.facts.loudness_db10, duration_ms))
        misses += [abs(time.start_ms - start) for time, (start, _) in zip(times, voice.times, strict=True)]
    misses.sort()
    assert misses[len(misses) // 2] < 100
    assert misses[len(misses) * 95 // 100] < 300
