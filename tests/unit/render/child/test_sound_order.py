"""Spans are made right after the picture they are heard with was begun."""

from __future__ import annotations

from fractions import Fraction

from preview_worker.render.child.sound_order import interleaved, side_by_side
from preview_worker.timeline.model import Segment
from preview_worker.timeline.sound_spans import sound_spans
from preview_worker.timeline.time import FrameRange
from support.media import profile_of, track_of

SPANS = sound_spans(track_of(13), {}, profile_of().sound.rules, "encoding")


def segment(start, end, clip_index=0):
    frames = FrameRange(start=start, end=end)
    return Segment(key=f"{start}", clip_index=clip_index, frames=frames, local=frames, mixes=False)


def names(order):
    """Frames of segments and numbers of spans."""
    return [piece.frames.end if isinstance(piece, Segment) else f"span {SPANS.index(piece)}" for piece in order]


def test_each_span_follows_the_first_segment_that_needs_it():
    segments = [segment(start, start + 65) for start in range(0, 390, 65)]
    order = names(interleaved(segments, SPANS, Fraction(30)))
    assert order == [65, "span 0", 130, "span 1", 195, 260, "span 2", 325, 390]


def test_all_that_a_late_segment_needs_follows_it_when_it_is_made_first():
    order = names(interleaved([segment(300, 390), segment(0, 65)], SPANS, Fraction(30)))
    assert order == [390, "span 0", "span 1", "span 2", 65]


def test_spans_are_made_alone_when_no_segment_is():
    assert interleaved([], SPANS, Fraction(30)) == SPANS


def test_pieces_of_the_same_step_follow_each_other_when_there_are_several_editions():
    first = [segment(0, 60), SPANS[0], segment(60, 90), segment(90, 150, clip_index=1), SPANS[1]]
    second = [segment(0, 31), SPANS[2], segment(31, 77, clip_index=1)]
    order = names(side_by_side([first, second]))
    assert order == [60, "span 0", 90, 31, "span 2", 150, "span 1", 77]


def test_an_edition_alone_keeps_its_order():
    pieces = interleaved([segment(0, 65), segment(65, 200, clip_index=1)], SPANS, Fraction(30))
    assert side_by_side([pieces]) == list(pieces)
