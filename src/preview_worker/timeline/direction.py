"""From which side a text is read, by the bidirectional classes of its letters (Unicode Standard Annex 9, table 4)."""

from __future__ import annotations

import unicodedata

_LEFTWARD = frozenset({"R", "AL"})
_STRONG = _LEFTWARD | {"L"}


def is_strong(letter: str) -> bool:
    """Whether a letter has a direction of its own."""
    return unicodedata.bidirectional(letter) in _STRONG


def is_leftward(letter: str) -> bool:
    """Whether a letter is written from right to left."""
    return unicodedata.bidirectional(letter) in _LEFTWARD


def reads_leftwards(text: str) -> bool:
    """Whether a text's first letter with a direction of its own is written from right to left."""
    return next((is_leftward(letter) for letter in text if is_strong(letter)), False)
