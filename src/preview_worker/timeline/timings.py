"""Files that tell when words are spoken: alignment JSON of speech services, speech marks, WebVTT, SubRip.

What a file is is told by its content. Times are turned into whole ms from the beginning of the speech.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from preview_worker.timeline.timing_json import MOST_WORDS, marked_words, words_in_json

LONGEST_FILE_BYTES = 2 * 1024 * 1024
LONGEST_MS = 24 * 3_600_000

_CUE = re.compile(r"^(?P<start>[\d:.,]+)[ \t]*-->[ \t]*(?P<end>[\d:.,]+)", re.MULTILINE)
_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})")
_INNER = re.compile(r"<((?:\d{1,3}:)?\d{1,2}:\d{1,2}[.,]\d{1,3})>")
_MARKUP = re.compile(r"<[^<>]*>|\{\\[^{}]*\}")


class TimingsError(ValueError):
    """A file of timings can't be read; the message is half a sentence that names the place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedText:
    """A word, or some, as a file times them; `end_ms` is None where it only tells when they begin."""

    text: str
    start_ms: int
    end_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """What a file tells: texts in order of time with their beginnings and ends in ms, all equally many."""

    texts: tuple[str, ...]
    starts_ms: tuple[int, ...]
    ends_ms: tuple[int, ...]


def parse_timings(content: bytes) -> Timings:
    """Read a file of timings.

    Raises:
        TimingsError: It is of no known form, too large, or says something that can't be: what and where.
    """
    if len(content) > LONGEST_FILE_BYTES:
        raise TimingsError(f"it has {len(content)} bytes; at most {LONGEST_FILE_BYTES} are read")
    try:
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise TimingsError(f"byte {error.start} is no UTF-8") from error
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    found = [TimedText(text=word, start_ms=start, end_ms=end) for word, start, end in _entries(text)]
    if not found:
        raise TimingsError("no word in it has a time")
    if len(found) > MOST_WORDS:
        raise TimingsError(f"it times more than {MOST_WORDS:,} words")
    return _ordered(found)


def _entries(text: str) -> Sequence[tuple[str, int, int | None]]:
    start = text.lstrip()
    try:
        if start.startswith(("{", "[")):
            return marked_words(start) or words_in_json(start)
    except ValueError as error:
        raise TimingsError(str(error)) from error
    if start.startswith("WEBVTT") or _CUE.search(text):
        return _cues(text)
    raise TimingsError("it is neither alignment JSON nor speech marks nor WebVTT nor SubRip")


def _cues(text: str) -> list[tuple[str, int, int | None]]:
    found: list[tuple[str, int, int | None]] = []
    line = 1
    for block in re.split(r"\n[ \t]*(?=\n)", text):
        cue = _CUE.search(block)
        if cue is not None:
            here = line + block.count("\n", 0, cue.start())
            start_ms, end_ms = _clock(cue["start"], here), _clock(cue["end"], here)
            if end_ms < start_ms:
                raise TimingsError(f"line {here}: the cue ends before it starts")
            _, _, body = block[cue.end() :].partition("\n")
            found.extend(_pieces(body, start_ms, end_ms, here))
        line += block.count("\n") + 1
    return found


def _pieces(body: str, start_ms: int, end_ms: int, line: int) -> list[tuple[str, int, int | None]]:
    """A cue's text, parted where times stand in it."""
    parts = _INNER.split(body)
    starts = [start_ms, *(_clock(mark, line) for mark in parts[1::2])]
    texts = [" ".join(_MARKUP.sub("", part).split()) for part in parts[0::2]]
    ends = [*starts[1:], end_ms]
    return [(text, start, max(start, end)) for text, start, end in zip(texts, starts, ends, strict=True) if text]


def _clock(text: str, line: int) -> int:
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise TimingsError(f"line {line}: {text[:20]} is no time like 00:01:02.500")
    hours, minutes, seconds, fraction = match.groups()
    whole_s = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
    return whole_s * 1000 + int(fraction.ljust(3, "0"))


def _ordered(found: Sequence[TimedText]) -> Timings:
    """Texts by their beginnings; an end that is not told is where the next begins, half a second later at most."""
    in_order = sorted(found, key=lambda entry: entry.start_ms)
    starts = [entry.start_ms for entry in in_order]
    for entry in in_order:
        if not 0 <= entry.start_ms <= LONGEST_MS or (entry.end_ms or 0) > LONGEST_MS:
            raise TimingsError(f'"{entry.text[:40]}" is timed at {entry.start_ms} ms; 0 to 24 hours can be')
    following = [*starts[1:], starts[-1] + 500]
    ends = [
        max(entry.start_ms, min(after, entry.start_ms + 500) if entry.end_ms is None else entry.end_ms)
        for entry, after in zip(in_order, following, strict=True)
    ]
    return Timings(texts=tuple(entry.text for entry in in_order), starts_ms=tuple(starts), ends_ms=tuple(ends))
