"""Words with times in the JSON of speech services, whatever they call them and wherever they put them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from preview_worker.timeline.timing_units import MS, Clocked, clocked, in_ms

DEEPEST = 32
MOST_WORDS = 20_000
MOST_PARTS = 50_000
"""Objects and lists: services put a word into three at most, and an hour has 9,000 words."""
LONGEST_KEY = 40
LONGEST_NUMBER = 40
"""Letters of a whole number, far more than any time has."""
_WORD_KEYS = ("punctuatedword", "word", "text", "value", "content", "token", "name")
_START_KEYS = ("start", "starttime", "startoffset", "audiooffset", "offset", "begin", "from", "time")
_END_KEYS = ("end", "endtime", "endoffset", "finish", "to")
_LENGTH_KEYS = ("duration", "length")
_LETTERS, _RUNS = ("characters", "chars"), ("words", "texts")
_RIVALS = frozenset({"alternatives", "nbest"})
"""Lists whose entries are guesses at the same words: only the first is taken."""

Entry = tuple[str, int, int | None]
"""A word with the ms of its beginning and, where told, of its end."""

_Time = tuple[str, Any, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Raw:
    """A word as found, its times still without a unit where the file tells none."""

    text: str
    start: Clocked
    end: Clocked | None
    length: Clocked | None
    place: str

    @property
    def until(self) -> Clocked | None:
        """Its end, from its length where only that is told; both numbers are of one array's unit then."""
        if self.end is not None or self.length is None:
            return self.end
        return Clocked(value=self.start.value + self.length.value, unit=self.start.unit)


def marked_words(text: str) -> list[Entry]:
    """Words of speech marks, a JSON object a line with time (in ms), type and value; [] if the text is none.

    Raises:
        ValueError: A line is broken: half a sentence that names it.
    """
    lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    first = _object(lines[0][1])
    if first is None or not _is_mark(first):
        return []
    found: list[_Raw] = []
    for number, line in lines:
        mark = _object(line)
        if mark is None:
            raise ValueError(f"line {number} is no JSON object")
        found.extend(_of_mark(mark, f"line {number}"))
        if len(found) > MOST_WORDS:
            break
    return _with_ends(found)


def words_in_json(text: str) -> list[Entry]:
    """Words with times in a JSON document: those of the first list that has any, of each of its parts in turn.

    Raises:
        ValueError: It is no JSON, has no such list, or an entry of it is broken: half a sentence that names it.
    """
    try:
        document = json.loads(text, parse_int=_whole)
        if text.count("{") + text.count("[") > MOST_PARTS:
            raise ValueError(f"it has more than {MOST_PARTS:,} objects and lists")
        found = _found(document, "")
    except RecursionError as error:
        raise ValueError("its JSON is nested too deeply") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}, column {error.colno} is no JSON") from error
    if not found:
        raise ValueError("there is no list of words with times in it")
    return _with_ends(found)


def _found(node: Any, place: str, depth: int = 0) -> list[_Raw]:
    if depth > DEEPEST:
        return []
    if isinstance(node, dict):
        if parallel := _parallel(node, place):
            return parallel
        parts = ((_found(value, f"{place}/{key}", depth + 1)) for key, value in node.items() if _has_parts(value))
        return next((part for part in parts if part), [])
    return _found_in_list(node, place, depth) if isinstance(node, list) else []


def _found_in_list(node: Sequence[Any], place: str, depth: int) -> list[_Raw]:
    if marks := [mark for mark in node if isinstance(mark, Mapping) and _is_mark(mark)]:
        return [raw for index, mark in enumerate(marks) for raw in _of_mark(mark, f"{place}/{index}")]
    inner: list[_Raw] = []
    for index, value in enumerate(node):
        if _has_parts(value):
            inner.extend(_found(value, f"{place}/{index}", depth + 1))
        if inner and place.rpartition("/")[2].lower() in _RIVALS:
            break
    return inner or _listed(node, place)


def _has_parts(node: Any) -> bool:
    return isinstance(node, (dict, list)) and bool(node)


def _listed(entries: Sequence[Any], place: str) -> list[_Raw]:
    found: list[_Raw] = []
    for index, entry in enumerate(entries):
        here = f"{place}/{index}"
        text = _text(entry)
        times = _times(entry) if text is not None else {}
        start = _time(times, _START_KEYS, here)
        if text is None or start is None:
            continue
        end = _time(times, _END_KEYS, here)
        length = None if end is not None else _time(times, _LENGTH_KEYS, here)
        found.append(_Raw(text=text, start=start, end=end, length=length, place=here))
        if len(found) > MOST_WORDS:
            break
    return found


def _text(entry: Any) -> str | None:
    """The word of an entry; some services put it into a list of guesses."""
    if not isinstance(entry, Mapping):
        return None
    names = {_plain(key): value for key, value in entry.items() if len(key) <= LONGEST_KEY}
    for key in _WORD_KEYS:
        if isinstance(names.get(key), str):
            return str(names[key])
    rivals = names.get("alternatives")
    return _text(rivals[0]) if isinstance(rivals, list) and rivals else None


def _times(entry: Mapping[str, Any]) -> dict[str, _Time]:
    """Whatever an entry may call a time, by its plain name: key, value, and the unit in ms that the key tells."""
    times: dict[str, _Time] = {}
    for key, value in entry.items():
        if len(key) > LONGEST_KEY:
            continue
        name, unit = _clocked_name(key)
        times.setdefault(name, (key, value, unit))
    return times


def _time(times: Mapping[str, _Time], keys: Sequence[str], place: str) -> Clocked | None:
    """The first of some times that an entry has; None for an absent one, and for null."""
    for name in keys:
        key, value, unit = times.get(name, ("", None, None))
        if value is not None:
            return clocked(value, unit, f"{place}/{key}")
    return None


@lru_cache(maxsize=256)
def _clocked_name(key: str) -> tuple[str, float | None]:
    """A key without underscores and unit, and the unit in ms that it tells."""
    lower = key.lower().replace("-", "_")
    for suffix, unit in (("_milliseconds", 1.0), ("_millis", 1.0), ("_ms", 1.0), ("_seconds", 1e3), ("_s", 1e3)):
        if lower.endswith(suffix):
            return _plain(lower.removesuffix(suffix)), unit
    plain = _plain(key)
    for suffix, unit in (("milliseconds", 1.0), ("millis", 1.0), ("ms", 1.0), ("seconds", 1e3), ("secs", 1e3)):
        if plain.endswith(suffix) and plain != suffix:
            return plain.removesuffix(suffix), unit
    return plain, None


def _parallel(node: Mapping[str, Any], place: str) -> list[_Raw]:
    """Words of arrays that stand side by side: letters or words, their beginnings, their ends or lengths."""
    arrays = {_plain(key): (key, value) for key, value in node.items() if isinstance(value, list)}
    texts = next((arrays[key][1] for key in (*_LETTERS, *_RUNS) if key in arrays), [])
    if not texts or not all(isinstance(text, str) for text in texts):
        return []
    columns = {part: _column(arrays.values(), part, len(texts), place) for part in ("start", "end", "duration")}
    starts, ends, lengths = columns["start"], columns["end"], columns["duration"]
    if starts is None:
        return []
    raws = [
        _Raw(
            text=text,
            start=starts[index],
            end=ends[index] if ends else None,
            length=lengths[index] if lengths else None,
            place=f"{place}/{index}",
        )
        for index, text in enumerate(texts)
    ]
    return _spelled(raws) if any(key in arrays for key in _LETTERS) else raws


def _column(arrays: Any, part: str, length: int, place: str) -> list[Clocked] | None:
    for key, values in arrays:
        name = _plain(key)
        if part not in name:
            continue
        if len(values) != length:
            raise ValueError(f"{place}/{key} has {len(values)} entries beside {length} texts")
        bare = name.replace("times", "time")
        unit = 1.0 if bare.endswith("ms") else 1e3 if bare.endswith("seconds") else None
        return [clocked(value, unit, f"{place}/{key}/{index}") for index, value in enumerate(values)]
    return None


def _spelled(letters: Sequence[_Raw]) -> list[_Raw]:
    """Letters as words."""
    words: list[_Raw] = []
    open_word = False
    for letter in letters:
        if not letter.text.strip():
            open_word = False
        elif open_word:
            word = words[-1]
            words[-1] = _Raw(
                text=word.text + letter.text, start=word.start, end=letter.until, length=None, place=word.place
            )
        else:
            words.append(letter)
            open_word = True
    return words


def _with_ends(raws: Sequence[_Raw]) -> list[Entry]:
    unit = in_ms([(raw.start, raw.end, raw.length) for raw in raws])
    entries: list[Entry] = []
    for raw in raws:
        start_ms = raw.start.ms(unit)
        end_ms = None
        if raw.end is not None:
            end_ms = raw.end.ms(unit)
        elif raw.length is not None:
            end_ms = start_ms + raw.length.ms(unit)
        if end_ms is not None and end_ms < start_ms:
            raise ValueError(f"{raw.place} ends before it starts")
        entries.append((raw.text, start_ms, end_ms))
    return entries


def _is_mark(mark: Mapping[str, Any]) -> bool:
    return {"time", "type", "value"} <= mark.keys()


def _of_mark(mark: Mapping[str, Any], place: str) -> list[_Raw]:
    """A mark's word; those of sentences and mouths tell nothing new."""
    if mark.get("type") != "word":
        return []
    text = mark.get("value")
    if not isinstance(text, str):
        raise ValueError(f"{place} lacks the value")  # noqa: TRY004 - a fault of the file, not of a caller
    return [_Raw(text=text, start=clocked(mark.get("time"), MS, f"{place}/time"), end=None, length=None, place=place)]


def _object(line: str) -> Mapping[str, Any] | None:
    try:
        value = json.loads(line, parse_int=_whole)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _whole(digits: str) -> int:
    """A whole number of a file; Python would refuse some thousand digits with a sentence of its own."""
    if len(digits) > LONGEST_NUMBER:
        raise ValueError(f"a number in it has {len(digits)} digits; {LONGEST_NUMBER} are the most")
    return int(digits)


@lru_cache(maxsize=256)
def _plain(key: str) -> str:
    return key.lower().replace("_", "").replace("-", "")
