"""Letters and the marks that cling to them."""

from __future__ import annotations

import unicodedata

_CLINGING = frozenset({"Cf", "Mn", "Me", "Cc"})
"""Categories of what has no place of its own: it belongs to the letter before it."""
_TRACKED = ((0x20, 0x530), (0x1E00, 0x2C00))
"""Letters that stand alone (Latin, Greek, Cyrillic, punctuation, signs); others join, and must not be drawn apart."""


def clings(letter: str) -> bool:
    """Whether a character has no place of its own but belongs to the letter before it."""
    return unicodedata.category(letter) in _CLINGING


def boxed(text: str) -> str:
    """The letters of a missing run that are drawn as a box: what clings to them is not drawn."""
    return "".join(letter for letter in text if not clings(letter))


def clusters(text: str) -> tuple[str, ...]:
    """Letters, each with the marks that cling to it; empty when the text must be drawn as a whole."""
    found: list[str] = []
    for letter in text:
        if found and clings(letter):
            found[-1] += letter
        elif any(first <= ord(letter) < end for first, end in _TRACKED):
            found.append(letter)
        else:
            return ()
    return tuple(found)


def tracked_gaps(text: str) -> int:
    """How many times tracking is added in a run: what is measured and what is drawn must agree."""
    return len(clusters(text))
