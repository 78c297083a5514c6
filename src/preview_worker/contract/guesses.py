"""Guesses at what a misspelt name was meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from preview_worker.contract.finding import visible

# A guess costs about 20 µs per name it measures; a hostile payload could ask for thousands of guesses among thousands.
_GUESSES_MAX = 100
_COMPARED_MAX = 1000
_MEASURED_MAX = 100
_LENGTH_APART = 4


@dataclass(slots=True, kw_only=True)
class Guesses:
    """A bounded number of guesses for one check of one payload."""

    remaining: int = _GUESSES_MAX

    def closest(self, word: str, words: Iterable[str]) -> str | None:
        """Return the hint `did you mean "…"?` for the nearest word; None when none is near, or guesses ran out."""
        if self.remaining <= 0:
            return None
        self.remaining -= 1
        alike = (name for name in islice(words, _COMPARED_MAX) if abs(len(name) - len(word)) <= _LENGTH_APART)
        candidates = {name.casefold(): name for name in islice(alike, _MEASURED_MAX)}
        near = difflib.get_close_matches(word.casefold(), candidates, n=1, cutoff=0.6)
        return f'did you mean "{visible(candidates[near[0]])}"?' if near else None
