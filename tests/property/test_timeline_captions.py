"""Laws of captions: every word once, in order, in time, on at most two short lines."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from preview_worker.contract import spoken
from preview_worker.timeline.time import FrameRange
from preview_worker.timeline.word_breaks import LINE_CHARACTERS, width_of
from support.any_tutorial import ANY_TUTORIAL, WORDS, texts, tutorials
from support.captions import cut_cues, glued, places_of
from support.tutorials import plan

LONG_WORDS = ("https://boardgames.example/rules/" + "harbour-masters/" * 9, "gesellschaft" * 7, "gesellschaft" * 8)
LONG_TEXTS = st.lists(st.sampled_from((*WORDS, *LONG_WORDS)), max_size=60).map(" ".join)
"""Words of two lines exactly, of more, and of a dozen."""
ROOMY = FrameRange(start=30, end=3030)


def cues_of(text, speech=ROOMY):
    return cut_cues(text, speech)


@ANY_TUTORIAL
@given(tutorials(fewest=1))
def test_cues_stay_inside_their_steps_from_the_first_word_on_when_cut_from_any_tutorial(request):
    timeline = plan(request)
    steps = {clip.step_id: (clip.frames.start + clip.speech.start, clip.frames.end) for clip in timeline.clips}
    for cue in timeline.cues:
        start, end = steps[cue.step_id]
        assert start <= cue.frames.start < cue.frames.end <= end
    assert all(first.frames.end <= second.frames.start for first, second in pairwise(timeline.cues))


@ANY_TUTORIAL
@given(tutorials(fewest=1))
def test_words_of_the_narration_stand_in_one_cue_each_in_order_when_the_speech_has_room(request):
    timeline = plan(request)
    for one, clip in zip(request.steps, timeline.clips, strict=True):
        cues = [cue for cue in timeline.cues if cue.step_id == one.id]
        said = glued(spoken(one))
        places = places_of(said, cues)
        assert len(places) == len(said) or len(cues) == len(clip.speech)
        assert_broken_only_when_long(said, places)


@ANY_TUTORIAL
@given(LONG_TEXTS)
def test_words_stand_in_one_cue_each_in_order_when_there_is_time(text):
    places = places_of(glued(text), cues_of(text))
    assert len(places) == len(glued(text))
    assert_broken_only_when_long(glued(text), places)


def assert_broken_only_when_long(words, places):
    """A word stands in one line, a longer one in one cue, and only one that is longer than a cue in several."""
    for word, own in zip(words, places, strict=False):
        assert len(own) == 1 or width_of(word) > LINE_CHARACTERS
        assert len({cue for cue, _ in own}) == 1 or width_of(word) > 2 * LINE_CHARACTERS


@ANY_TUTORIAL
@given(LONG_TEXTS)
def test_lines_are_two_of_42_characters_at_most(text):
    for cue in cues_of(text):
        assert 1 <= len(cue.lines) <= 2
        assert all(width_of(line) <= LINE_CHARACTERS for line in cue.lines)


@ANY_TUTORIAL
@given(texts())
def test_lines_never_begin_with_set_off_punctuation_when_the_text_is_french(text):
    lines = [line for cue in cues_of(text) for line in cue.lines]
    assert not any(line.startswith(("!", "?", ";", ":", "»", "%")) for line in lines[1:])
    assert not any(line.endswith("«") for line in lines[:-1])


@ANY_TUTORIAL
@given(texts(), st.integers(0, 400))
def test_cues_tile_the_speech_when_there_are_words(text, frames):
    speech = FrameRange(start=7, end=7 + frames)
    cues = cues_of(text, speech)
    borders = [speech.start, *(cue.frames.end for cue in cues)]
    assert [cue.frames.start for cue in cues] == borders[:-1]
    assert borders[-1] == (speech.end if cues else speech.start)
    assert bool(cues) == bool(text.strip() and frames)
