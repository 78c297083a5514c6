"""Where a narration is parted into cues, and a cue into lines: at borders of sentences, then of clauses."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise

from preview_worker.timeline.language import language_of
from preview_worker.timeline.word_breaks import LINE_CHARACTERS, broken
from preview_worker.timeline.words import Border, Word, joined

CUE_CHARACTERS = 2 * LINE_CHARACTERS

# Costs of parting a sentence; a cue's length costs by its square, so that cues of one sentence are about as long.
_CUE, _LENGTH = 30.0, 20.0
_CLAUSE_BORDER, _JOINING_BORDER, _ANY_BORDER, _LEANING_BORDER = 0.0, 3.0, 7.0, 16.0
_PAUSE_GAIN, _PAUSE_MS = 6.0, 200
_SHORT_CHARACTERS = 16
"""Fewer are left alone only where a sentence ends with them."""
# Costs of parting a line, in letters by which the longer line could be longer instead.
_LEANING_LINE, _CLAUSE_LINE, _JOINING_LINE = 12, -6, -3


class Phrasing:
    """Parts one narration.

    Args:
        words: Its words.
        gaps_ms: The silence behind each of them.
        language: BCP 47 tag: which words lines don't end with.
    """

    def __init__(self, words: Sequence[Word], gaps_ms: Sequence[int], language: str) -> None:
        self._words = words
        self._until = [0, *accumulate(word.width + word.spaced for word in words)]
        self._ends = [0, *(until - word.spaced for until, word in zip(self._until[1:], words, strict=True))]
        spoken = language_of(language)
        bare = [word.text.strip("«»“”\"'()\u00a0\u202f").casefold() for word in words]
        self._leaning = [text in spoken.leaning for text in bare]
        self._joining = [text in spoken.joining for text in bare]
        self._border = [self._border_cost(index, gap_ms) for index, gap_ms in enumerate(gaps_ms)]

    def cues(self) -> list[tuple[int, int]]:
        """Half-open ranges of words, one for each cue, in order; none reaches over a sentence's end."""
        cues: list[tuple[int, int]] = []
        start = 0
        for index, word in enumerate(self._words):
            if word.border is Border.SENTENCE or index + 1 == len(self._words):
                cues.extend(self._parts(start, index + 1))
                start = index + 1
        return cues

    def fits(self, start: int, end: int) -> bool:
        """Whether words fit two lines, as a word alone does."""
        return end <= self._reach(start)

    def lines(self, start: int, end: int) -> tuple[str, ...]:
        """One line if words fit it, else the two that are best parted and about as long; a long word is broken."""
        if end - start == 1:
            return broken(self._words[start].text)
        if self._length(start, end) <= LINE_CHARACTERS:
            return (joined(self._words[start:end]),)
        middle = min(range(start + 1, end), key=lambda index: self._line_cost(start, index, end))
        return joined(self._words[start:middle]), joined(self._words[middle:end])

    def _length(self, start: int, end: int) -> int:
        return self._ends[end] - self._until[start]

    def _reach(self, start: int) -> int:
        """End of the most words from `start` on that fit two lines."""
        middle = bisect_right(self._ends, self._until[start] + LINE_CHARACTERS) - 1
        if middle <= start:
            return start + 1
        return max(middle, bisect_right(self._ends, self._until[middle] + LINE_CHARACTERS) - 1)

    def _parts(self, start: int, end: int) -> list[tuple[int, int]]:
        """A sentence in as many cues as it needs, at the borders that cost least together."""
        if self.fits(start, end):
            return [(start, end)]
        best: dict[int, float] = {start: 0.0}
        before: dict[int, int] = {}
        for first in range(start, end):
            if first not in best:
                continue
            so_far = best[first]
            reach = min(end, self._reach(first))
            fewest = min(reach, bisect_left(self._ends, self._until[first] + _SHORT_CHARACTERS))
            for last in range(max(first + 1, fewest), reach + 1):
                share = (self._ends[last] - self._until[first]) / CUE_CHARACTERS
                cost = so_far + _CUE + _LENGTH * share * share + (0.0 if last == end else self._border[last - 1])
                if last not in best or cost < best[last]:
                    best[last], before[last] = cost, first
        borders = [end]
        while borders[-1] != start:
            borders.append(before[borders[-1]])
        borders.reverse()
        return list(pairwise(borders))

    def _border_cost(self, index: int, gap_ms: int) -> float:
        """What it costs to end a cue with a word."""
        gain = _PAUSE_GAIN if gap_ms >= _PAUSE_MS else 0.0
        if self._words[index].border is not Border.WORD:
            return _CLAUSE_BORDER - gain
        if self._leaning[index]:
            return _LEANING_BORDER - gain
        joins = index + 1 < len(self._words) and self._joining[index + 1]
        return (_JOINING_BORDER if joins else _ANY_BORDER) - gain

    def _line_cost(self, start: int, middle: int, end: int) -> tuple[bool, int, int]:
        first, second = self._length(start, middle), self._length(middle, end)
        longer = max(first, second)
        if self._words[middle - 1].border is not Border.WORD:
            cost = _CLAUSE_LINE
        elif self._leaning[middle - 1]:
            cost = _LEANING_LINE
        else:
            cost = _JOINING_LINE if self._joining[middle] else 0
        return longer > LINE_CHARACTERS, longer + cost, first
