"""Captions of a text of which nothing is known but how long it takes to say."""

from __future__ import annotations

import re
from fractions import Fraction

from preview_worker.timeline.captions import cues_of_words
from preview_worker.timeline.pace import estimated_times
from preview_worker.timeline.pauses import Voiced
from preview_worker.timeline.time import ms_of_frames
from preview_worker.timeline.words import words_of

RATE = Fraction(30)


def glued(text):
    """Words between ordinary spaces, set-off punctuation with its word."""
    return re.sub(" (?=[!?;:»%])|(?<=«) ", "\u00a0", " ".join(text.split())).split(" ") if text.strip() else []


def places_of(words, cues):
    """Where each word stands, as pairs of cue and line; letters must be those of the words, in their order.

    Words that come after the last cue's are left out.
    """
    letters = [
        (letter, (cue_index, line_index))
        for cue_index, cue in enumerate(cues)
        for line_index, line in enumerate(cue.lines)
        for letter in line.replace(" ", "")
    ]
    places, start = [], 0
    for word in words:
        own = letters[start : start + len(word)]
        if not own:
            break
        assert "".join(letter for letter, _ in own) == word
        places.append({place for _, place in own})
        start += len(word)
    assert start >= len(letters)
    return places


def cut_cues(text, speech, *, language="en"):
    """Cues of a text that is spoken evenly, in all of the speech."""
    words = words_of(text)
    if not words:
        return ()
    whole = Voiced(start_ms=0, end_ms=ms_of_frames(len(speech), RATE), pauses=())
    times = estimated_times(words, whole)
    return cues_of_words(words, times, speech, speech, step_id="s", rate=RATE, language=language)
