"""Where a word that is longer than a caption's line is broken: addresses, German compounds, runs without a space.

Nothing is added to it and nothing is lost, so that its parts in a row are the word again.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from itertools import accumulate, pairwise

LINE_CHARACTERS = 42

_PIECE_CHARACTERS = 2 * LINE_CHARACTERS - 1
"""A letter less than two lines have, so that letters of full width can't leave too much for the second."""
_SPACES = frozenset("\u00a0\u202f")
_BREAK_BEHIND = frozenset("/\\-\u2010\u2013\u2014_.,;:?!&=#@|+~\u00ad") | _SPACES
_NEVER_FIRST = frozenset("!?;:»%,.…)]}”’") | _SPACES
_NEVER_LAST = frozenset("«([{“‘")
_JOINER, _SELECTORS, _SKIN_TONES = "\u200d", range(0xFE00, 0xFE10), range(0x1F3FB, 0x1F400)
# Costs of a break, in letters by which the parts could be more alike instead.
_INSIDE_LETTERS, _BAD_EDGE, _INSIDE_LETTER = 12, 200, 10_000


def width_of(text: str) -> int:
    """Letters of a line; those of full width count twice."""
    if text.isascii():
        return len(text)
    return len(text) + sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)


def broken(word: str) -> tuple[str, ...]:
    """A word in two lines of at most 42 letters, parted where it costs least; whole if it fits one, or not even two."""
    until = _widths(word)
    middle = _middle(word, until, 0) if until[-1] > LINE_CHARACTERS else None
    return (word,) if middle is None else (word[:middle], word[middle:])


def pieces_of(word: str) -> list[str]:
    """The word whole if it fits two lines, else in pieces that do, about as long as each other."""
    until, borders = _widths(word), [0]
    while until[-1] - until[borders[-1]] > LINE_CHARACTERS and _middle(word, until, borders[-1]) is None:
        start = borders[-1]
        left = until[-1] - until[start]
        aim = left / -(-left // _PIECE_CHARACTERS)
        last = bisect_right(until, until[start] + _PIECE_CHARACTERS) - 1
        borders.append(_best(word, until, range(start + 1, last + 1), until[start] + aim))
    return [word[start:end] for start, end in pairwise([*borders, len(word)])]


def _widths(word: str) -> list[int]:
    """Width of the word up to each place in it, the last one its own."""
    return [0, *accumulate(width_of(letter) for letter in word)]


def _middle(word: str, until: list[int], start: int) -> int | None:
    """Where the rest of a word is parted into two lines; None where it doesn't fit them, or is a letter."""
    first = max(start + 1, bisect_left(until, until[-1] - LINE_CHARACTERS))
    last = min(len(word) - 1, bisect_right(until, until[start] + LINE_CHARACTERS) - 1)
    return _best(word, until, range(first, last + 1), (until[start] + until[-1]) / 2) if first <= last else None


def _best(word: str, until: list[int], places: range, aim: float) -> int:
    """The place at which a break costs least, near the width it should leave before it."""
    return min(places, key=lambda place: _cost(word, place) + abs(until[place] - aim))


def _cost(word: str, place: int) -> int:
    before, behind = word[place - 1], word[place]
    if _continues(before, behind):
        return _INSIDE_LETTER
    is_behind_space = before in _SPACES and place > 1
    if behind in _NEVER_FIRST or (word[place - 2] if is_behind_space else before) in _NEVER_LAST:
        return _BAD_EDGE
    return 0 if before in _BREAK_BEHIND else _INSIDE_LETTERS


def _continues(before: str, behind: str) -> bool:
    """Whether a character belongs to the letter before it: an accent of its own, a part of an emoji."""
    if _JOINER in (before, behind) or unicodedata.category(behind).startswith("M"):
        return True
    return ord(behind) in _SELECTORS or ord(behind) in _SKIN_TONES
