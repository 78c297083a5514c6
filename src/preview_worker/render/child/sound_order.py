"""The order of work on picture and sound: both grow together, so that what is done can be played."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from fractions import Fraction

from preview_worker.timeline.model import Segment
from preview_worker.timeline.sound_spans import SoundSpan
from preview_worker.timeline.time import sample_of_frame


def interleaved(
    segments: Sequence[Segment], spans: Sequence[SoundSpan], rate: Fraction
) -> tuple[Segment | SoundSpan, ...]:
    """Each span right after the first segment that is shown until later than the span begins: on another thread.

    Args:
        segments: Segments to make, in the order they are made.
        spans: Spans to make, in order of the sound.
        rate: Frames per second.
    """
    waiting = deque(spans)
    order: list[Segment | SoundSpan] = []
    for segment in segments:
        order.append(segment)
        end_sample = sample_of_frame(segment.frames.end, rate)
        while waiting and waiting[0].start_sample < end_sample:
            order.append(waiting.popleft())
    return (*order, *waiting)


def side_by_side(editions: Sequence[Sequence[Segment | SoundSpan]]) -> list[Segment | SoundSpan]:
    """The pieces of several editions, those of the same step after each other: they show the same pictures.

    Args:
        editions: Of each edition its pieces in order; a span goes with the segment before it.
    """
    placed: list[tuple[int, int, Segment | SoundSpan]] = []
    for number, pieces in enumerate(editions):
        clip = 0
        for piece in pieces:
            clip = piece.clip_index if isinstance(piece, Segment) else clip
            placed.append((clip, number, piece))
    return [piece for _, _, piece in sorted(placed, key=lambda entry: entry[:2])]
