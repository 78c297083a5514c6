"""Phrases of a narration: how words are compared, where a phrase stands, and what a misspelt one was meant to be."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from preview_worker.contract.finding import visible
from preview_worker.contract.guesses import Guesses

# Scripts without spaces have a token for each letter, since nothing tells where their words end.
_TOKEN = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\\W_]+")
_COMPARED_MAX = 40
_ALIKE = 0.6


def tokens_of(text: str) -> tuple[str, ...]:
    """What of a text is compared: runs of letters and digits, without case and accents."""
    if not text.isascii():
        parts = unicodedata.normalize("NFKD", text.casefold())
        text = "".join(letter for letter in parts if not unicodedata.combining(letter))
    return tuple(_TOKEN.findall(text.casefold()))


def phrase_start(said: Sequence[str], phrase: Sequence[str], first: int = 0) -> int | None:
    """The index in `said`, from `first` on, at which a phrase begins; None when it isn't there. Both are tokens."""
    # Searched as one text: a payload has room for thousands of long phrases over long narrations.
    text = f" {' '.join(said[first:])} "
    place = text.find(f" {' '.join(phrase)} ")
    return None if place < 0 else first + text.count(" ", 0, place)


def nearest_phrase(narration: str, phrase: str, guesses: Guesses) -> str | None:
    """The hint `did you mean "…"?` with the words of the narration that are most like a phrase; None if none are."""
    if guesses.remaining <= 0:
        return None
    words = narration.split()
    # A guess among a hundred words takes as long as a few names do; its cost is of the narration's length.
    guesses.remaining -= 1 + len(words) // 32
    length = max(1, len(phrase.split()))
    wanted = " ".join(tokens_of(phrase))
    runs = {
        " ".join(tokens_of(run)): run
        for size in sorted({length, length + 1, max(1, length - 1)})
        for run in _likely(words, wanted, size)
    }
    near = difflib.get_close_matches(wanted, runs, n=1, cutoff=_ALIKE)
    return f'did you mean "{visible(runs[near[0]].strip(" ,;.:!?«»"))}"?' if near else None


def _likely(words: Sequence[str], wanted: str, size: int) -> list[str]:
    """Runs of so many words, those first that share most letters with what is wanted: measuring all would take long."""
    letters = Counter(wanted)
    runs = list(dict.fromkeys(" ".join(words[index : index + size]) for index in range(len(words) - size + 1)))
    strange = {run: abs(len(run) - len(wanted)) + (letters - Counter(run.casefold())).total() for run in runs}
    return sorted(runs, key=lambda run: strange[run])[:_COMPARED_MAX]
