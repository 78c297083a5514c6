"""Laws of captions: every word once, in order, in time, on at most two short lines."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from preview_worker.contract import spoken
from preview_worker.timeline.time import FrameRange
from preview_worker.timeline.words import LINE_CHARACTERS
from support.any_tutorial import ANY_TUTORIAL, texts, tutorials
from support.captions import cut_cues
from support.tutorials import plan

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
        shown = [word for cue in cues for line in cue.lines for word in line.split()]
        said = spoken(one).split()
        assert shown == (said if len(cues) < len(clip.speech) else said[: len(shown)])


@ANY_TUTORIAL
@given(texts())
def test_words_stand_in_one_cue_each_in_order_when_there_is_time(text):
    shown = [word for cue in cues_of(text) for line in cue.lines for word in line.split()]
    assert shown == text.split()


@ANY_TUTORIAL
@given(texts())
def test_lines_are_two_of_42_characters_at_most_when_no_single_word_is_longer(text):
    for cue in cues_of(text):
        assert 1 <= len(cue.lines) <= 2
        assert all(len(line) <= LINE_CHARACTERS or " " not in line for line in cue.lines)


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
