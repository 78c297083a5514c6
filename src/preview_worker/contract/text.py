"""Cleaning of text that people read: what can't be drawn, or would turn other text around, goes."""

from __future__ import annotations

import re
import unicodedata

# C0 and C1 controls except line feed; bidi embeddings, overrides and isolates; directional marks keep their place
# because Hebrew and Arabic need them next to digits.
_REMOVED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]")
_LINE_END = re.compile("\r\n?|\u2028|\u2029")


def clean(text: str) -> str:
    """Return the text with line feeds for line ends, in NFC, without control and direction-override characters.

    A tab becomes a space, so that no two words grow together. Spaces are never changed.
    """
    if text.isascii() and text.isprintable():
        return text
    unified = _LINE_END.sub("\n", text).replace("\t", " ")
    return unicodedata.normalize("NFC", _REMOVED.sub("", unified))


def removed_characters(text: str) -> list[str]:
    """Name the characters `clean` takes out of the text, like ``U+202E``, each once, in order of appearance."""
    found = _REMOVED.findall(_LINE_END.sub("\n", text))
    return list(dict.fromkeys(f"U+{ord(character):04X}" for character in found))
