r"""Cutting a text into lines: where a line may break, balanced lines, no lonely last word, and shortening.

Widths are in em. A line may break at a space (not before ``! ? ; : » % ·`` nor after ``«``, as French wants), behind a
hyphen inside a word, and between CJK characters; ``\n`` always breaks. A word wider than the line is cut.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

Width = Callable[[str], float]

ELLIPSIS = "…"
MAX_WORDS = 400
"""More words than any box holds; what lies behind them is shortened away before lines are weighed."""
LONELY_SHARE = 0.6
"""Another line may stay this much of its width shorter, if that gives a lonely last word company."""

_SPACE = re.compile(r"(?<!«)[ \t\u2000-\u2006\u2008-\u200a\u3000]+(?![!?;:»%·])")
_CJK = "\u2e80-\u303f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef"
_SMALL_KANA = (
    "\u3041\u3043\u3045\u3047\u3049\u3063\u3083\u3085\u3087\u30a1\u30a3\u30a5\u30a7\u30a9\u30c3\u30e3\u30e5\u30e7"
)
_CJK_CLOSING = "\u3001\u3002\u3005\u300d\u300f\u2026\u30fc\uff01\uff09\uff1a\uff1b\uff1f" + _SMALL_KANA
"""What never begins a line: closing marks, the sign of repetition, the long vowel, small kana."""
_CJK_OPENING = "(\uff08\u300c\u300e"
_CJK_BREAK = re.compile(
    f"(?<=[{_CJK}])(?![{_CJK_CLOSING}])|(?<=[^{_CJK}{_CJK_OPENING}\\s])(?=[{_CJK}])(?![{_CJK_CLOSING}])"
)
_HYPHEN_BREAK = re.compile(r"(?<=\w\w[-–/])(?=\w\w)")
_SENTENCE_END = re.compile(r"[.!?…\u3002\uff01\uff1f]+[»”’\")\]]*(?=\s|$)")
_KEPT_SHARE = 0.5
_NO_BREAK_SPACE = "\u00a0"
_HYPHENS = ("-", "–", "/")
_HYPHEN_COST_SHARE = 0.5
"""A line may stay this much of its width shorter rather than end behind a hyphen."""
_WEAK_LETTERS, _WEAK_COST_SHARE = 3, 0.15
"""Words so short are mostly articles, prepositions and numbers, which belong to the next line: a heading's line may be
that much shorter for it."""
_CUT_LETTERS = re.compile("[A-Za-z\u00c0-\u024f\u0370-\u03ff\u0400-\u04ff]{2}")
"""Two letters between which a word that is wider than a line is cut with a hyphen."""


@dataclass(frozen=True, slots=True)
class Word:
    """Letters that stay together and what stands before them when they don't begin a line."""

    text: str
    glue: str


def words_of(paragraph: str) -> tuple[Word, ...]:
    """Cut a paragraph where a line may break."""
    words: list[Word] = []
    position, glue = 0, ""
    for match in (*_SPACE.finditer(paragraph), None):
        end = match.start() if match is not None else len(paragraph)
        for part in _parts(paragraph[position:end]):
            words.append(Word(part, glue))
            glue = ""
        if match is None:
            break
        position, glue = match.end(), match.group()
    return tuple(words)


def lines_needed(text: str, limit: float, width: Width) -> tuple[str, ...]:
    """Fill lines in order: the fewest lines that hold the text."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines.extend(_filled(_fitting(words_of(paragraph), limit, width), limit, width))
    return tuple(lines)


def keeps_words(text: str, limit: float, width: Width) -> bool:
    """Whether no word is wider than a line, so that none has to be cut."""
    words = (word for paragraph in text.split("\n") for word in words_of(paragraph)[:MAX_WORDS])
    return all(width(word.text) <= limit for word in words)


def broken(text: str, limit: float, width: Width, *, balanced: bool) -> tuple[str, ...]:
    r"""Break a text into as few lines as hold it, the best ones of that number.

    Args:
        text: The text; ``\n`` begins a new line.
        limit: Width of a line.
        width: Measures a string.
        balanced: Make lines equally long; otherwise only avoid ragged lines and a lonely last word.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        words = _fitting(words_of(paragraph), limit, width)
        count = len(_filled(words, limit, width))
        lines.extend(_best(words, count, limit, width, balanced=balanced))
    return tuple(lines)


def shortened(text: str, fits: Callable[[str], bool]) -> str:
    """The longest beginning that fits, ended at a sentence if that keeps enough of it, else at a word; with "…"."""
    ends = [match.end() for match in _SPACE_OR_END.finditer(text)]
    low, high = 0, len(ends) - 1
    best = 0
    while low <= high:
        middle = (low + high) // 2
        if fits(_with_ellipsis(text[: ends[middle]])):
            best, low = ends[middle], middle + 1
        else:
            high = middle - 1
    if not best:
        return _cut_letters(text, fits)
    sentences = [match.end() for match in _SENTENCE_END.finditer(text[:best]) if match.end() >= best * _KEPT_SHARE]
    for end in reversed(sentences):
        whole = f"{text[:end]}{_NO_BREAK_SPACE}{ELLIPSIS}"
        if fits(whole):
            return whole
    return _with_ellipsis(text[:best])


_SPACE_OR_END = re.compile(r"\S+(?=\s|$)")


def _with_ellipsis(text: str) -> str:
    return text.rstrip(" \n\t\u00a0\u202f,;:–-.") + ELLIPSIS


def _cut_letters(text: str, fits: Callable[[str], bool]) -> str:
    for length in range(min(len(text), 200), 0, -1):
        if not unicodedata.combining(text[length : length + 1] or " ") and fits(text[:length] + ELLIPSIS):
            return text[:length] + ELLIPSIS
    return ELLIPSIS


def _parts(chunk: str) -> list[str]:
    if not chunk:
        return []
    parts = [part for piece in _HYPHEN_BREAK.split(chunk) for part in _CJK_BREAK.split(piece)]
    return [part for part in parts if part]


def _fitting(words: Sequence[Word], limit: float, width: Width) -> tuple[Word, ...]:
    """Words, those wider than a line cut into pieces that fit."""
    result: list[Word] = []
    for word in words[:MAX_WORDS]:
        pieces = _cut(word.text, limit, width) if width(word.text) > limit else (word.text,)
        result.extend(Word(piece, "" if place else word.glue) for place, piece in enumerate(pieces))
    return tuple(result)


def _cut(word: str, limit: float, width: Width) -> tuple[str, ...]:
    """A word in pieces of about one width, each with a hyphen where letters of a simple script are torn apart."""
    pieces: list[str] = []
    rest = word
    left = math.ceil(width(word) / limit)
    while len(rest) > 1 and width(rest) > limit:
        share = width(rest) / max(2, left)
        fitting = [n for n in range(1, len(rest)) if width(_torn(rest, n)) <= limit]
        length = next((n for n in fitting if width(rest[:n]) >= share), fitting[-1] if fitting else 1)
        pieces.append(_torn(rest, length))
        rest, left = rest[length:], left - 1
    return (*pieces, rest)


def _torn(word: str, length: int) -> str:
    """The first letters of a word, with a hyphen where one is written."""
    return word[:length] + ("-" if _CUT_LETTERS.fullmatch(word, length - 1, length + 1) else "")


def _joined(words: Sequence[Word]) -> str:
    return "".join((word.glue if index else "") + word.text for index, word in enumerate(words))


def _filled(words: Sequence[Word], limit: float, width: Width) -> list[str]:
    lines: list[str] = []
    current, length = "", 0.0
    for word in words:
        glue, own = _glue_width(current, word.glue, width), width(word.text)
        if current and length + glue + own > limit:
            lines.append(current)
            current, length = word.text, own
        else:
            current = current + word.glue + word.text if current else word.text
            length = length + glue + own if length else own
    return [*lines, current]


def _glue_width(before: str, glue: str, width: Width) -> float:
    """Width of what stands behind a text: a space is of the font of the letter that it follows."""
    if not glue or not before or before[-1].isascii():
        return width(glue) if glue else 0.0
    return width(before[-1] + glue) - width(before[-1])


def _best(words: tuple[Word, ...], count: int, limit: float, width: Width, *, balanced: bool) -> list[str]:
    """The `count` lines of least badness: the sum of squares of what they leave free."""
    if count <= 1:
        return [_joined(words)]
    before = ("", *(word.text for word in words[:-1]))
    glues = [_glue_width(text, word.glue, width) for text, word in zip(before, words, strict=True)]
    sums = list(accumulate((glue + width(word.text) for glue, word in zip(glues, words, strict=True)), initial=0.0))
    target = min(limit, sums[-1] / count * 1.02) if balanced else limit

    def badness(start: int, end: int) -> float:
        length = sums[end] - sums[start] - glues[start]
        if length > limit:
            return math.inf
        if end < len(words):
            ending = _ending_cost_share(words[end - 1], words[end], balanced=balanced) * limit
            return (target - length) ** 2 + ending**2
        lonely = end - start == 1 or (not balanced and length < limit / 4)
        # A last line of reading text may be short, but not a single word nor less than a quarter.
        return ((target - length) ** 2 if balanced else 0.0) + ((LONELY_SHARE * limit) ** 2 if lonely else 0.0)

    ends = _least(len(words), count, badness)
    if not ends:
        return _filled(words, limit, width)
    return [_joined(words[start:end]) for start, end in zip((0, *ends[:-1]), ends, strict=True)]


def _ending_cost_share(last: Word, following: Word, *, balanced: bool) -> float:
    """What it costs to end a line between two words, as a share of its width."""
    if not following.glue and last.text.endswith(_HYPHENS):
        return _HYPHEN_COST_SHARE
    weak = balanced and bool(following.glue) and len(last.text) <= _WEAK_LETTERS and last.text.isalnum()
    return _WEAK_COST_SHARE if weak else 0.0


def _least(words: int, lines: int, badness: Callable[[int, int], float]) -> tuple[int, ...]:
    """Ends of the lines of least total badness, by dynamic programming; empty if there is no way."""
    costs: list[tuple[float, tuple[int, ...]]] = [(badness(start, words), (words,)) for start in range(words)]
    for remaining in range(lines - 1, 0, -1):
        longer: list[tuple[float, tuple[int, ...]]] = []
        for start in range(words - remaining):
            best: tuple[float, tuple[int, ...]] = (math.inf, ())
            for end in range(start + 1, words - (lines - remaining) + 1):
                own = badness(start, end)
                if own == math.inf:
                    break
                best = min(best, (own + costs[end][0], (end, *costs[end][1])))
            longer.append(best)
        costs = longer + [(math.inf, ())] * remaining
    return costs[0][1] if costs[0][0] < math.inf else ()
