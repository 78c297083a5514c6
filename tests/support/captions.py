"""Captions of a text of which nothing is known but how long it takes to say."""

from __future__ import annotations

from fractions import Fraction

from preview_worker.timeline.captions import cues_of_words
from preview_worker.timeline.pace import estimated_times
from preview_worker.timeline.pauses import Voiced
from preview_worker.timeline.time import ms_of_frames
from preview_worker.timeline.words import words_of

RATE = Fraction(30)


def cut_cues(text, speech, *, language="en"):
    """Cues of a text that is spoken evenly, in all of the speech."""
    words = words_of(text)
    if not words:
        return ()
    whole = Voiced(start_ms=0, end_ms=ms_of_frames(len(speech), RATE), pauses=())
    times = estimated_times(words, whole)
    return cues_of_words(words, times, speech, speech, step_id="s", rate=RATE, language=language)
