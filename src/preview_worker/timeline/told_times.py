"""When the words of a narration are spoken, as a file of timings tells: matched word by word, and leniently."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from preview_worker.contract import tokens_of
from preview_worker.timeline.model import TimingFacts
from preview_worker.timeline.words import Word, WordTime

FEWEST_MATCHED_SHARE = 0.25
"""With fewer of its words found, a file tells of another text: at least a quarter of any two texts is "the"."""

_PASSED_MAX = 48
_ALONE_COST = 2
"""What an agreement of a single word costs more than one of two in a row: it may be any "the"."""


def told_times(words: Sequence[Word], facts: TimingFacts, duration_ms: int, *, scaled: bool) -> list[WordTime] | None:
    """Times of words; None where the file tells of another text.

    Case, accents and punctuation don't matter. Words that the file doesn't know share the time between their
    neighbours; words that only the file knows are passed over.

    Args:
        words: The narration.
        facts: What the file tells.
        duration_ms: How long the speech lasts: no word ends later.
        scaled: Whether times are stretched to fill the speech: it isn't the recording that the file tells of.
    """
    said = [(token, index) for index, word in enumerate(words) for token in tokens_of(word.text)]
    heard = _heard(facts)
    known = _matched(said, heard)
    if not said or len(known) < FEWEST_MATCHED_SHARE * len({index for _, index in said}):
        return None
    end_ms = max(1, facts.ends_ms[-1])
    if scaled:
        known = {index: (a * duration_ms // end_ms, b * duration_ms // end_ms) for index, (a, b) in known.items()}
    return _filled(words, known, duration_ms)


def _heard(facts: TimingFacts) -> list[tuple[str, int, int]]:
    """Tokens of the file with beginning and end; those of one text share its time by length."""
    heard: list[tuple[str, int, int]] = []
    for text, start_ms, end_ms in zip(facts.texts, facts.starts_ms, facts.ends_ms, strict=True):
        tokens = tokens_of(text)
        letters = sum(map(len, tokens))
        done = 0
        for token in tokens:
            begins = start_ms + (end_ms - start_ms) * done // letters
            done += len(token)
            heard.append((token, begins, start_ms + (end_ms - start_ms) * done // letters))
    return heard


def _matched(said: Sequence[tuple[str, int]], heard: Sequence[tuple[str, int, int]]) -> dict[int, tuple[int, int]]:
    """Beginning and end of each word that both know, by its index."""
    known: dict[int, tuple[int, int]] = {}
    for mine, other in _pairs([token for token, _ in said], [token for token, _, _ in heard]):
        index = said[mine][1]
        _, start_ms, end_ms = heard[other]
        known[index] = (known.get(index, (start_ms, 0))[0], end_ms)
    return known


def _pairs(said: Sequence[str], heard: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Places of equal tokens, ever later in both, found in one walk through both.

    Where they differ, the walk goes on at the nearest place where they agree again, the number of tokens passed over
    counted together: narrations of thousands of equal words take no longer than others.
    """
    places: dict[str, list[int]] = {}
    for index, token in enumerate(heard):
        places.setdefault(token, []).append(index)
    mine = other = 0
    while mine < len(said) and other < len(heard):
        if said[mine] != heard[other]:
            ways = []
            for passed in range(min(_PASSED_MAX, len(said) - mine)):
                found = places.get(said[mine + passed], [])
                at = bisect_left(found, other)
                if at < len(found):
                    agrees = said[mine + passed : mine + passed + 2] == heard[found[at] : found[at] + 2]
                    cost = passed + found[at] - other + (0 if agrees else _ALONE_COST)
                    ways.append((cost, mine + passed, found[at]))
            if not ways:
                mine += _PASSED_MAX
                continue
            _, mine, other = min(ways)
        yield mine, other
        mine, other = mine + 1, other + 1


def _filled(words: Sequence[Word], known: dict[int, tuple[int, int]], duration_ms: int) -> list[WordTime]:
    """Times of all words in order; those between two known ones share the time between by length."""
    times: list[WordTime] = []
    clock_ms = 0
    waiting: list[int] = []

    def place(until_ms: int) -> None:
        nonlocal clock_ms
        letters = sum(words[index].width for index in waiting) or 1
        first_ms, done = clock_ms, 0
        for index in waiting:
            start_ms = clock_ms
            done += words[index].width
            clock_ms = first_ms + (until_ms - first_ms) * done // letters
            times.append(WordTime(start_ms=start_ms, end_ms=clock_ms))
        waiting.clear()

    for index in range(len(words)):
        if index not in known:
            waiting.append(index)
            continue
        start_ms, end_ms = (min(max(clock_ms, time_ms), duration_ms) for time_ms in known[index])
        place(start_ms)
        times.append(WordTime(start_ms=start_ms, end_ms=max(start_ms, end_ms)))
        clock_ms = times[-1].end_ms
    place(max(clock_ms, duration_ms))
    return times
