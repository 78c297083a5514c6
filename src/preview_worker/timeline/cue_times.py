"""From when words are spoken to when their cues are shown: long enough to be read, without flicker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from preview_worker.timeline.time import FrameRange, frames_of_ms

TOUCH_BELOW_MS = 500
"""A shorter gap between two cues would flicker: the first stays until the second comes."""
LINGER_MS = 250
FEWEST_GAP_FRAMES = 2
LENT_MS = 400
"""How much sooner or later than its words a cue may come so that another can be read; more would look late."""
SHORTEST_MS = 1000


@dataclass(slots=True, kw_only=True)
class Showing:
    """One cue: frames in which its words are spoken, and how many it needs to be read."""

    start: int
    end: int
    reading: int


def shown_frames(wanted: Sequence[Showing], within: FrameRange, rate: Fraction) -> list[FrameRange]:
    """When cues are shown.

    Args:
        wanted: The cues in order of time.
        within: Frames they don't leave.
        rate: Frames per second.

    Returns:
        As many ranges as there are cues, or as there are frames if these are fewer. They touch or stand two frames
        apart; none is shorter than a second where all have a second's room.
    """
    cues = [Showing(start=cue.start, end=cue.end, reading=cue.reading) for cue in wanted[: len(within)]]
    if not cues:
        return []
    _linger(cues, within, rate)
    lent = frames_of_ms(LENT_MS, rate)
    for first in range(len(cues) - 1):
        _lend(cues[first], cues[first + 1], lent)
    for second in range(len(cues) - 1, 0, -1):
        _lend_back(cues[second - 1], cues[second], lent)
    _stretch(cues, within, rate)
    return [FrameRange(start=cue.start, end=cue.end) for cue in cues]


def _linger(cues: list[Showing], within: FrameRange, rate: Fraction) -> None:
    """Fill short gaps, and stay a moment, or as long as it takes to read, where there is room."""
    touching, lingering = frames_of_ms(TOUCH_BELOW_MS, rate), frames_of_ms(LINGER_MS, rate)
    follows = [*(cue.start for cue in cues[1:]), within.end]
    for cue, limit in zip(cues, follows, strict=True):
        end = max(cue.end + lingering, cue.start + cue.reading)
        is_last = cue is cues[-1]
        if not is_last and limit - cue.end < touching:
            end = limit
        cue.end = min(end, limit)
        if not is_last and 0 < limit - cue.end < FEWEST_GAP_FRAMES:
            cue.end = limit


def _lend(cue: Showing, following: Showing, lent: int) -> None:
    """Let a cue that is too short stay into the one that follows, as far as that one can spare it."""
    if cue.end != following.start:
        return
    missing = cue.reading - (cue.end - cue.start)
    spare = following.end - following.start - following.reading
    if missing > 0 and spare > 0:
        cue.end = following.start = cue.end + min(missing, spare, lent)


def _lend_back(before: Showing, cue: Showing, lent: int) -> None:
    """Let a cue that is too short come before its words, as far as the one before can spare it."""
    missing = cue.reading - (cue.end - cue.start)
    spare = max(before.end - before.start - before.reading, cue.start - before.end)
    if missing <= 0 or spare <= 0:
        return
    start = cue.start - min(missing, spare, lent)
    if start - before.end < FEWEST_GAP_FRAMES:
        before.end = start
    cue.start = start


def _stretch(cues: list[Showing], within: FrameRange, rate: Fraction) -> None:
    """Give each cue a second, or its share of the room if that is less, whatever it moves."""
    shortest = min(frames_of_ms(SHORTEST_MS, rate), len(within) // len(cues))
    earliest = within.start
    for cue in cues:
        cue.start = max(cue.start, earliest)
        earliest = cue.start + shortest
    latest = within.end
    for cue in reversed(cues):
        cue.start = min(cue.start, latest - shortest)
        latest = cue.start
    for cue, limit in zip(cues, [*(cue.start for cue in cues[1:]), within.end], strict=True):
        cue.end = min(max(cue.end, cue.start + shortest), limit)
        if 0 < limit - cue.end < FEWEST_GAP_FRAMES and cue is not cues[-1]:
            cue.end = limit
