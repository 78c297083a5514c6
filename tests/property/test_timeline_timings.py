"""Laws of word times: any file is read or refused with a sentence, and times never run backwards."""

from __future__ import annotations

import contextlib
import json

from hypothesis import given
from hypothesis import strategies as st

from preview_worker.contract import tokens_of
from preview_worker.timeline.model import TimingFacts
from preview_worker.timeline.pace import estimated_times
from preview_worker.timeline.pauses import voiced_of
from preview_worker.timeline.timings import TimingsError, parse_timings
from preview_worker.timeline.told_times import told_times
from preview_worker.timeline.words import words_of
from support.any_tutorial import ANY_TUTORIAL, texts

ENTRY_KEYS = ["word", "text", "value", "start", "start_ms", "startTime", "offset", "end", "endTime", "duration", "time"]
OUTER_KEYS = ["type", "words", "segments", "alternatives", "characters", "character_start_times_seconds", "seconds"]
KEYS = st.sampled_from([*ENTRY_KEYS, *OUTER_KEYS, "charDurationsMs"])
NUMBERS = st.sampled_from([0, 1, -1, 0.5, 370, 1e9, 1e300, float("nan"), 10**40, True])
SCALARS = st.one_of(st.none(), NUMBERS, st.sampled_from(["word", "a", "1.5s", "300ms", "PT2S", "", " ", "٣", "-->"]))
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=5)),
    max_leaves=24,
)
PARTS = [
    "WEBVTT\n",
    "\n\n",
    "1\n",
    "00:00:01,000",
    " --> ",
    "00:02.5",
    "<00:01.200>",
    "word",
    "<i>",
    "{",
    "[",
    "\x00",
    "é",
]


@ANY_TUTORIAL
@given(st.one_of(DOCUMENTS.map(json.dumps), st.lists(st.sampled_from(PARTS), max_size=20).map("".join), st.text()))
def test_file_is_read_or_refused_with_a_sentence_when_it_holds_anything(text):
    with contextlib.suppress(TimingsError):
        found = parse_timings(text.encode("utf-8", "replace"))
        assert len(found.texts) == len(found.starts_ms) == len(found.ends_ms) > 0
        assert list(found.starts_ms) == sorted(found.starts_ms)
        assert all(0 <= start <= end for start, end in zip(found.starts_ms, found.ends_ms, strict=True))


@ANY_TUTORIAL
@given(st.binary(max_size=200))
def test_file_is_read_or_refused_with_a_sentence_when_it_holds_any_bytes(content):
    with contextlib.suppress(TimingsError):
        parse_timings(content)


def runs_forward(times, duration_ms):
    borders = [border for time in times for border in (time.start_ms, time.end_ms)]
    assert borders == sorted(borders)
    assert not borders or (borders[0] >= 0 and borders[-1] <= duration_ms)


@ANY_TUTORIAL
@given(texts(), st.lists(st.sampled_from([-1000, -600, -250, -180]), max_size=80))
def test_estimated_words_follow_each_other_when_the_recording_has_any_pauses(text, levels):
    duration_ms = 100 * len(levels) + 37
    words = words_of(text)
    times = estimated_times(words, voiced_of(levels, duration_ms))
    assert len(times) == len(words)
    runs_forward(times, duration_ms)


@ANY_TUTORIAL
@given(texts(), st.data())
def test_told_words_follow_each_other_when_the_file_has_some_of_them(text, data):
    words = words_of(text)
    tokens = [token for word in words for token in tokens_of(word.text)]
    kept = [token for token in tokens if data.draw(st.booleans())]
    said = tuple(data.draw(st.permutations(kept))) if data.draw(st.booleans()) else tuple(kept)
    if not said:
        return
    starts = tuple(sorted(data.draw(st.lists(st.integers(0, 9000), min_size=len(said), max_size=len(said)))))
    ends = tuple(start + data.draw(st.integers(0, 700)) for start in starts)
    facts = TimingFacts(sha256="a" * 64, texts=said, starts_ms=starts, ends_ms=ends)
    times = told_times(words, facts, 8000, scaled=data.draw(st.booleans()))
    if times is not None:
        assert len(times) == len(words)
        runs_forward(times, 8000)
