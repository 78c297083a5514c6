"""Pieces of no content, for tests of who makes which."""

from __future__ import annotations

import os

from preview_worker.render.child.pieces import Made
from preview_worker.render.child.segment_file import Verdict
from preview_worker.timeline.model import Segment
from preview_worker.timeline.sound_spans import HeardSound, SoundSpan
from preview_worker.timeline.time import FrameRange


def segment(number, frames):
    whole = FrameRange(start=0, end=frames)
    return Segment(key=f"s{number}", clip_index=0, frames=whole, local=whole, mixes=False)


def span(number):
    heard = HeardSound(samples=1024, voices=(), music=None, gain=1.0, ceiling=1.0)
    return SoundSpan(key=f"a{number}", first_packet=0, packets=1, start_sample=0, end_sample=1024, heard=heard)


def pieces_of(*frames):
    """Segments s0, s1, … of so many frames; spans a0, a1, … where it is 0."""
    return [segment(number, length) if length else span(number) for number, length in enumerate(frames)]


def made_by_whom(piece, advance):
    """Makes a piece of 15 frames; its verdict names the process."""
    advance(10)
    advance(5)
    return Made(key=piece.key, frames=15, verdict=Verdict(decoded_frames=os.getpid()))
