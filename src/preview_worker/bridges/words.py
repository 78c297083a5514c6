"""Text of foreign files: any JSON value that can be read as words, cleaned, in the wanted language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from preview_worker.contract.finding import writable
from preview_worker.contract.text import clean, removed_characters

# Limits of the contract's text fields (contract/fields.py): a line, a paragraph, a body of text.
LINE_MAX = 200
PARAGRAPH_MAX = 2000
BODY_MAX = 8000

LANGUAGES = frozenset({"de", "en", "es", "fr", "it", "ja", "nl", "pl", "pt", "zh"})
"""Languages that members are named after, as in textFr; a longer list would see languages in ordinary words."""
_NAMES = {"french": "fr", "français": "fr", "francais": "fr", "english": "en", "anglais": "en"}
_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,3}")
_TAG_KEY = re.compile(r"[a-z]{2}(?:[-_][A-Za-z]{2,4})?")


class WordsFault(ValueError):  # noqa: N818 - a sentence for a remark, no error of the product
    """A value can't be read as words; its text completes "<place> …"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Words as read.

    Attributes:
        text: The words, cleaned.
        changes: What cleaning did to them; each completes "<place> …".
        others: Keys of the same words in other languages.
    """

    text: str
    changes: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


def words_of(value: Any, language: str) -> Words:
    """Read a value as words: text, a number, lines of text, or an object of languages.

    Args:
        value: The JSON value.
        language: Primary subtag of the wanted language.

    Raises:
        WordsFault: It can't be read so.
    """
    match value:
        case str():
            return _cleaned(value)
        case bool() | None:
            raise WordsFault("is no text")
        case int() | float():
            return _cleaned(str(value))
        case list() if all(isinstance(line, str | int) and not isinstance(line, bool) for line in value):
            return _cleaned("\n".join(str(line).strip() for line in value))
        case dict() if value and all(_TAG_KEY.fullmatch(str(key)) for key in value):
            return _of_languages(value, language)
        case _:
            raise WordsFault("is no text")


def language_of_member(name: str, key: str) -> str | None:
    """Return the language a member's name adds to a key: textFr and text_fr add fr, text itself `""`, others None."""
    added = name.removeprefix(key)
    if not added:
        return ""
    marked = added[0] == "_" or added[0].isupper()
    language = added.removeprefix("_").lower()
    return language if marked and language in LANGUAGES else None


def language_tag(text: str) -> str | None:
    """Return a BCP 47 tag for a language as files name it (fr-CA, fr_CA, French); None when it is none."""
    written = text.strip().replace("_", "-")
    named = _NAMES.get(written.lower())
    if named is not None:
        return named
    return written if _TAG.fullmatch(written) else None


def cut(text: str, limit: int) -> str:
    """Return the text, ended by an ellipsis where it is longer than allowed."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _of_languages(texts: dict[str, Any], language: str) -> Words:
    said = {key: text for key, text in texts.items() if isinstance(text, str) and text.strip()}
    chosen = next((key for key in said if key[:2] == language), next(iter(said), None))
    if chosen is None:
        raise WordsFault("holds no text in any language")
    words = _cleaned(said[chosen])
    changes = words.changes
    if chosen[:2] != language:
        changes = (*changes, f"is taken in {chosen}: there are no words in {language}")
    others = tuple(key for key in said if key != chosen and said[key] != said[chosen])
    return Words(text=words.text, changes=changes, others=others)


def _cleaned(text: str) -> Words:
    sound = writable(text)
    # A line end at the end of a value is an oddity of Windows files and says nothing.
    cleaned = clean(sound).strip()
    lost = removed_characters(sound.strip())
    changes = ("holds halves of characters, which are replaced",) if sound != text else ()
    if lost:
        changes = (*changes, f"loses characters that can't be shown: {', '.join(lost[:5])}")
    return Words(text=cleaned, changes=changes)
