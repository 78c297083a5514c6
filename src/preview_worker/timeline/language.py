"""The few words the product itself puts on screen, and how fast a language is spoken."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """Words and pace of one language; `step` is None where only numbers are shown.

    `leaning` are words that belong to what follows (articles, prepositions): no line of a caption should end with
    one. `joining` are words that begin a part of a sentence: a line may well end before one.
    """

    words_per_minute: int
    leaning: frozenset[str]
    joining: frozenset[str]
    step: str | None
    steps: tuple[str, str] | None
    chapters: dict[str, str]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ENGLISH = Language(
    words_per_minute=145,
    leaning=_words(
        "a an the of in on at to from with by for into onto over under between behind before after near per as than"
        " and or but if when while because that which who whose your their his her its our my this these those each"
        " every no not very is are"
    ),
    joining=_words(
        "and or but nor so then if when while until unless because although since that which who where as than to with"
        " for from in on at into"
    ),
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
    leaning=_words(
        "le la les un une des du de au aux à en dans sur sous par pour avec sans chez vers entre contre depuis avant"
        " après et ou mais si que qui dont où quand lorsque comme ce cet cette ces mon ton son ma ta sa mes tes ses"
        " notre votre leur nos vos leurs chaque ne pas très est sont se"
    ),
    joining=_words(
        "et ou mais donc car ni puis si quand lorsque puisque tandis jusqu'à que qui dont où comme pour avec sans dans"
        " sur par afin"
    ),
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
_OTHER = Language(
    words_per_minute=145,
    leaning=frozenset(),
    joining=frozenset(),
    step=None,
    steps=None,
    chapters=_ENGLISH.chapters,
)


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
