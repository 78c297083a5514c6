"""The words of a narration as captions show them, and when each is spoken."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import pairwise

from preview_worker.timeline.word_breaks import LINE_CHARACTERS, pieces_of, width_of

ABBREVIATION_CHARACTERS = 4

_TITLES = frozenset({"Dr.", "Mr.", "Mrs.", "Ms.", "M.", "Mme.", "St.", "vs."})
"""Words that a name follows, whatever letter it begins with."""
_STICKS_TO_PREVIOUS = frozenset("!?;:»%")
_CLOSING = "\"')]»”’」』\uff09\u00a0\u202f"
_SENTENCE_MARKS = (".", "!", "?", "…", "。", "\uff01", "\uff1f", "\u061f", "\u06d4", "\u0964")
"""The last three are those of Arabic, Urdu and Hindi."""
_CLAUSE_MARKS = (";", ":", ",", "–", "—", ")", "、", "\uff0c", "\uff1b", "\uff1a", "\u060c", "\u061b")
_SPACELESS = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_PIECE_MARKS = "\u3002\uff01\uff1f\u3001\uff0c\uff1b\uff1a\u2026"
_PIECE = re.compile(f"[^{_PIECE_MARKS}]{{1,10}}[{_PIECE_MARKS}」』\uff09]*|[{_PIECE_MARKS}」』\uff09]+")
"""A run of a script without spaces may be parted behind a mark, else, lacking a dictionary, after ten letters."""


class Border(IntEnum):
    """What of a text ends with a word."""

    WORD = 0
    CLAUSE = 1
    SENTENCE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word with the punctuation it carries; `spaced` tells whether a space follows, `width` is in letters."""

    text: str
    width: int
    spaced: bool
    border: Border


@dataclass(frozen=True, slots=True, kw_only=True)
class WordTime:
    """When a word is spoken, in ms from the beginning of the speech."""

    start_ms: int
    end_ms: int


def words_of(text: str) -> tuple[Word, ...]:
    """Words between ordinary spaces; French punctuation set off by a space stays with the word before it."""
    runs: list[str] = []
    for run in re.split(r"[ \t\r\n]+", text.strip()):
        if runs and (run[:1] in _STICKS_TO_PREVIOUS or runs[-1].endswith("«")):
            runs[-1] += "\u00a0" + run
        elif run.strip():
            runs.append(run)
    words = [word for run in runs for word in _words(run)]
    for index, (word, following) in enumerate(pairwise(words)):
        if word.border is Border.SENTENCE and _is_abbreviation(word.text, following.text):
            words[index] = replace(word, border=Border.WORD)
    return tuple(words)


def joined(words: Sequence[Word]) -> str:
    """Words as one line."""
    return "".join(word.text + (" " if word.spaced else "") for word in words[:-1]) + words[-1].text


def _words(run: str) -> list[Word]:
    width = width_of(run)
    if width <= LINE_CHARACTERS:
        return [Word(text=run, width=width, spaced=True, border=_border(run))]
    is_spaceless = bool(_SPACELESS.search(run))
    runs = _PIECE.findall(run) if is_spaceless else [run]
    *pieces, rest = [piece for part in runs for piece in pieces_of(part)]
    return [
        *(
            Word(
                text=piece, width=width_of(piece), spaced=False, border=_border(piece) if is_spaceless else Border.WORD
            )
            for piece in pieces
        ),
        Word(text=rest, width=width_of(rest), spaced=True, border=_border(rest)),
    ]


def _is_abbreviation(text: str, following: str) -> bool:
    """Whether a point ends a short word, as in "p. 5" or "i.e. so", and not a sentence."""
    if text in _TITLES:
        return True
    goes_on = following[0].islower() or following[0].isdigit()
    return goes_on and text.endswith(".") and (len(text) <= ABBREVIATION_CHARACTERS or "." in text[:-1])


def _border(text: str) -> Border:
    if text[-1].isalnum():
        return Border.WORD
    if text.rstrip(_CLOSING).endswith(_SENTENCE_MARKS):
        return Border.SENTENCE
    return Border.CLAUSE if text.endswith(_CLAUSE_MARKS) else Border.WORD
