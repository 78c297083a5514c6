"""The few words the product itself puts on screen, and how fast a language is spoken."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """Words and pace of one language; `step` is None where only numbers are shown."""

    words_per_minute: int
    step: str | None
    steps: tuple[str, str] | None
    chapters: dict[str, str]


_ENGLISH = Language(
    words_per_minute=145,
    step="Step",
    steps=("1 step", "{} steps"),
    chapters={
        "intro": "Introduction",
        "components_overview": "Components",
        "setup_step": "Setup",
        "turn_flow": "A turn",
        "scoring_summary": "Scoring",
        "end_card": "The end",
        "transition": "Next",
    },
)
_FRENCH = Language(
    words_per_minute=135,
    step="Étape",
    steps=("1 étape", "{} étapes"),
    chapters={
        "intro": "Introduction",
        "components_overview": "Matériel",
        "setup_step": "Mise en place",
        "turn_flow": "Un tour de jeu",
        "scoring_summary": "Décompte",
        "end_card": "Fin",
        "transition": "Suite",
    },
)
_OTHER = Language(words_per_minute=145, step=None, steps=None, chapters=_ENGLISH.chapters)


def language_of(tag: str) -> Language:
    """Words for a BCP 47 tag, by its primary subtag."""
    match tag.split("-", maxsplit=1)[0].lower():
        case "en":
            return _ENGLISH
        case "fr":
            return _FRENCH
        case _:
            return _OTHER


def count_words(text: str) -> int:
    """Words as they are spoken: runs of characters between spaces that hold a letter or digit."""
    return sum(any(character.isalnum() for character in run) for run in text.split())


def speech_ms(text: str, tag: str) -> int:
    """Estimated length of a spoken text in milliseconds."""
    return round(count_words(text) * 60_000 / language_of(tag).words_per_minute)
