"""Language tags: from BCP 47, as payloads write them, to the three letters media containers want."""

from __future__ import annotations

UNDETERMINED = "und"
_THREE_LETTERS = {
    "ar": "ara", "cs": "ces", "da": "dan", "de": "deu", "el": "ell", "en": "eng", "es": "spa", "fi": "fin",
    "fr": "fra", "he": "heb", "hi": "hin", "hu": "hun", "it": "ita", "ja": "jpn", "ko": "kor", "nb": "nob",
    "nl": "nld", "no": "nor", "pl": "pol", "pt": "por", "ro": "ron", "ru": "rus", "sv": "swe", "th": "tha",
    "tr": "tur", "uk": "ukr", "vi": "vie", "zh": "zho",
}  # fmt: skip
_LETTERS = 3


def three_letter_language(tag: str) -> str:
    """ISO 639-2/T code of a BCP 47 tag's language; ``und`` where it isn't in our table."""
    language = tag.lower().split("-", maxsplit=1)[0]
    return language if len(language) == _LETTERS else _THREE_LETTERS.get(language, UNDETERMINED)
