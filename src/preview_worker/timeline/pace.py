"""When words are spoken as far as nobody wrote it down: in proportion to their length, borders at pauses."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from preview_worker.timeline.pauses import Clock, Pause, Voiced
from preview_worker.timeline.words import Border, Word, WordTime

LONGEST_DRIFT_MS = 2500
SHORTEST_DRIFT_MS = 400
DRIFT_SHARE = 0.1
"""How far from where it is expected a border is looked for: estimates drift by a tenth of what was said."""
_SENTENCE_WORTH, _CLAUSE_WORTH = 3.0, 1.5
_FULL_PAUSE_MS = 600
_DRIFT_COST_MS = 300
_DRIFT_COST_SHARE = 0.1
_LOOK_BACK = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class _Meeting:
    """A border of the text (behind word `index`, expected after `expected_ms` of speech) that may be a pause."""

    index: int
    expected_ms: int
    order: int
    voiced_ms: int
    worth: float


def estimated_times(words: Sequence[Word], voiced: Voiced) -> tuple[WordTime, ...]:
    """Times of words that share what is spoken in proportion to their length.

    Ends of sentences and clauses are put to pauses near where they are expected: those that, taken together in order,
    are long and need the least stretching.

    Args:
        words: The words.
        voiced: Where the recording speaks; without pauses, time is shared evenly.
    """
    if not words:
        return ()
    weights = [0, *accumulate(word.width + 1 for word in words)]
    spoken_ms = voiced.spoken_ms
    expected = [spoken_ms * weight // weights[-1] for weight in weights]
    meetings = _chosen(_meetings(words, expected, voiced.pauses), spoken_ms) if voiced.pauses else []
    anchors = [(0, 0), *((meeting.index, meeting.voiced_ms) for meeting in meetings), (len(words), spoken_ms)]
    borders: list[int] = [0]
    for (first, first_ms), (last, last_ms) in pairwise(anchors):
        share = max(1, weights[last] - weights[first])
        borders.extend(
            first_ms + (last_ms - first_ms) * (weights[index] - weights[first]) // share
            for index in range(first + 1, last + 1)
        )
    clock = Clock(voiced)
    starts = [clock.since(border) for border in borders]
    ends = [clock.until(border) for border in borders]
    return tuple(
        WordTime(start_ms=start_ms, end_ms=max(start_ms, end_ms))
        for start_ms, end_ms in zip(starts[:-1], ends[1:], strict=True)
    )


def _meetings(words: Sequence[Word], expected: Sequence[int], pauses: Sequence[Pause]) -> list[_Meeting]:
    places = [pause.voiced_ms for pause in pauses]
    drift_ms = min(LONGEST_DRIFT_MS, int(SHORTEST_DRIFT_MS + DRIFT_SHARE * expected[-1]))
    found: list[_Meeting] = []
    for index, word in enumerate(words[:-1], start=1):
        if word.border is Border.WORD:
            continue
        worth = _SENTENCE_WORTH if word.border is Border.SENTENCE else _CLAUSE_WORTH
        at_ms = expected[index]
        for order in range(bisect_left(places, at_ms - drift_ms), bisect_right(places, at_ms + drift_ms)):
            share = min(1.0, pauses[order].duration_ms / _FULL_PAUSE_MS)
            found.append(
                _Meeting(index=index, expected_ms=at_ms, order=order, voiced_ms=places[order], worth=worth * share)
            )
    return found


def _chosen(meetings: Sequence[_Meeting], spoken_ms: int) -> list[_Meeting]:
    """The run of meetings, ever later in text and sound, that is worth most after what its stretching costs."""
    best: list[float] = []
    before: list[int | None] = []
    for place, meeting in enumerate(meetings):
        index, order, worth = meeting.index, meeting.order, meeting.worth
        expected_ms, voiced_ms = meeting.expected_ms, meeting.voiced_ms
        top = worth - _stretch(expected_ms, voiced_ms)
        link: int | None = None
        for earlier in range(place - 1, max(0, place - _LOOK_BACK) - 1, -1):
            so_far = best[earlier] + worth
            if so_far <= top:
                continue
            other = meetings[earlier]
            if other.index < index and other.order < order:
                total = so_far - _stretch(expected_ms - other.expected_ms, voiced_ms - other.voiced_ms)
                if total > top:
                    top, link = total, earlier
        best.append(top)
        before.append(link)
    ends = [
        value - _stretch(spoken_ms - meeting.expected_ms, spoken_ms - meeting.voiced_ms)
        for value, meeting in zip(best, meetings, strict=True)
    ]
    last = max(range(len(ends)), key=ends.__getitem__, default=None)
    if last is None or ends[last] <= 0:
        return []
    run: list[_Meeting] = []
    while last is not None:
        run.append(meetings[last])
        last = before[last]
    return run[::-1]


def _stretch(expected_ms: int, found_ms: int) -> float:
    return abs(expected_ms - found_ms) / (_DRIFT_COST_MS + _DRIFT_COST_SHARE * min(expected_ms, found_ms))
