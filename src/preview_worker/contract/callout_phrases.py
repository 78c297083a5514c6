"""Whether the phrases that a callout comes and goes with are said in its step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from preview_worker.contract.finding import Code, Finding, Location
from preview_worker.contract.guesses import Guesses
from preview_worker.contract.kinds import SILENT_KINDS
from preview_worker.contract.phrases import nearest_phrase, phrase_start, tokens_of
from preview_worker.contract.text import clean

_TIMES = {"at": "startMs", "until": "endMs"}


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a raw step says; its tokens are only made where a callout asks for them."""

    text: str

    @classmethod
    def by(cls, step: Mapping[str, Any]) -> Self:
        """What a raw step says, valid or not, by the rules of `spoken`."""
        return cls(text=said_by(step))

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """Its words as they are compared."""
        return tokens_of(self.text)


def said_by(step: Mapping[str, Any]) -> str:
    """The words that a raw step says, valid or not, by the rules of `spoken`."""
    narration = step.get("narration")
    if narration is None:
        kind = step.get("kind")
        is_silent = isinstance(kind, str) and kind in SILENT_KINDS
        narration = "" if is_silent else step.get("text", step.get("body"))
    return clean(narration) if isinstance(narration, str) else ""


def phrase_findings(callout: dict[str, Any], place: Location, said: Said, guesses: Guesses) -> Iterator[Finding]:
    """Yield the faults of a raw callout's `at` and `until`.

    Args:
        callout: The raw callout, valid or not.
        place: Where it stands.
        said: What its step says.
        guesses: For hints.
    """
    for key, time in _TIMES.items():
        if isinstance(callout.get(key), str) and callout.get(time) is not None:
            sentence = f"says when, and so does {time}; send one of them"
            yield Finding.at((*place, key), Code.CONFLICT, sentence, value=callout[key])
    first = 0
    for key in _TIMES:
        text = callout.get(key)
        if not isinstance(text, str):
            continue
        phrase = tokens_of(clean(text))
        start = phrase_start(said.tokens, phrase, first) if phrase else None
        if start is None:
            yield _not_said(text, phrase, (*place, key), said, guesses)
        else:
            first = start


def _not_said(text: str, phrase: tuple[str, ...], place: Location, said: Said, guesses: Guesses) -> Finding:
    if not phrase:
        hint = "write words of the narration"
        return Finding.at(place, Code.EMPTY, "must hold words of the step's narration", value=text, hint=hint)
    if not said.tokens:
        hint = "give the step a narration, or use startMs and endMs"
        return Finding.at(place, Code.UNKNOWN_PHRASE, "names words, but the step says none", value=text, hint=hint)
    if phrase_start(said.tokens, phrase) is not None:
        sentence = "is said before the words of at, and not again after them"
        return Finding.at(place, Code.BAD_INTERVAL, sentence, value=text, hint="name words that come later")
    hint = nearest_phrase(said.text, text, guesses) or "write the words as they stand in the narration"
    return Finding.at(place, Code.UNKNOWN_PHRASE, "is not said in the step's narration", value=text, hint=hint)
