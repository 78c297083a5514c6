"""In which language a file is: as it says, as its members are named, or as its words look."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from preview_worker.bridges.words import language_of_member, language_tag

DEFAULT_LANGUAGE = "en"
_SAID = ("text", "title", "body", "narration", "heading", "spokenText", "narrationText", "sectionTitle", "label")
_TOLD = ("language", "locale", "lang")
_WORD = re.compile(r"[^\W\d_]+")
# Words that no sentence of some length does without, and that the other language hasn't.
_FRENCH = frozenset(
    (
        "le",
        "la",
        "les",
        "des",
        "du",
        "une",
        "et",
        "vous",
        "votre",
        "est",
        "dans",
        "pour",
        "avec",
        "sur",
        "chaque",
        "puis",
        "au",
    )
)
_ENGLISH = frozenset(
    ("the", "of", "and", "you", "your", "is", "in", "for", "with", "each", "then", "to", "it", "from", "a", "an")
)
_WORDS_LOOKED_AT = 5000


def language_of(*documents: Any) -> str:
    """Return the language tag of a file.

    Args:
        documents: The file's JSON value, and what in it holds the scenes; what the first says counts first.

    Returns:
        The tag it says by language, locale or lang, at the top or one level below; else French or English, whichever
        the words look like that no member's name gives a language; else the one language that members are named
        after, as textFr.
    """
    for holder in _tops(documents):
        for key in _TOLD:
            written = holder.get(key)
            tag = language_tag(written) if isinstance(written, str) else None
            if tag is not None:
                return tag
    named: set[str] = set()
    plain: list[str] = []
    for language, words in _texts(documents[-1]):
        named.add(language)
        if not language and len(plain) < _WORDS_LOOKED_AT:
            plain += _WORD.findall(words.lower())
    french, english = (sum(word in known for word in plain) for known in (_FRENCH, _ENGLISH))
    if french != english:
        return "fr" if french > english else "en"
    marked = named - {""}
    return marked.pop() if len(marked) == 1 else DEFAULT_LANGUAGE


def _tops(documents: tuple[Any, ...]) -> Iterator[dict[str, Any]]:
    objects = [document for document in documents if isinstance(document, dict)]
    yield from objects
    for holder in objects:
        yield from (inner for inner in holder.values() if isinstance(inner, dict))


def _texts(document: Any) -> Iterator[tuple[str, str]]:
    """Yield every text that people read, with the language its member is named after, `""` for none."""
    pending = [document]
    while pending:
        value = pending.pop()
        if isinstance(value, list):
            pending.extend(value)
        elif isinstance(value, dict):
            pending.extend(value.values())
            yield from _said(value)


def _said(members: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, text in members.items():
        if not isinstance(text, str) or not text.strip():
            continue
        languages = [language_of_member(name, key) for key in _SAID if name.startswith(key)]
        known = next((language for language in languages if language is not None), None)
        if known is not None:
            yield known, text
