"""The tokens of a narration by which phrases are found, and the words that say them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from preview_worker.contract import tokens_of
from preview_worker.timeline.words import Word


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedToken:
    """A token, and the first and last of the words that say it: several where a long one was broken for captions."""

    text: str
    first: int
    last: int


def owned_tokens(words: Sequence[Word]) -> list[OwnedToken]:
    """Tokens of a narration in their order; those of a broken word are those of the whole."""
    owned: list[OwnedToken] = []
    start = 0
    for index, word in enumerate(words):
        if word.spaced:
            owned.extend(_of_run([each.text for each in words[start : index + 1]], start))
            start = index + 1
    return owned


def _of_run(pieces: Sequence[str], start: int) -> Iterator[OwnedToken]:
    """Tokens of pieces without a space between them, the first of which is the word `start`."""
    if len(pieces) == 1:
        yield from (OwnedToken(text=token, first=start, last=start) for token in tokens_of(pieces[0]))
        return
    until = list(accumulate(sum(map(len, tokens_of(piece))) for piece in pieces))
    place = 0
    for token in tokens_of("".join(pieces)):
        first, last = bisect_right(until, place), bisect_left(until, place + len(token))
        yield OwnedToken(text=token, first=start + min(first, len(pieces) - 1), last=start + min(last, len(pieces) - 1))
        place += len(token)
