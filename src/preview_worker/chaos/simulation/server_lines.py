"""A simulated server's lists, sets, sorted sets and streams: commands by their names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from preview_worker.chaos.simulation.server_keys import OK, Keys, SortedSet, Stream


class Lists:
    """Lists; the left end is the first."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def do_lpush(self, key: str, *values: str) -> int:
        line = self._keys.made(key, list)
        line[:0] = reversed(values)
        return len(line)

    def do_rpush(self, key: str, *values: str) -> int:
        line = self._keys.made(key, list)
        line.extend(values)
        return len(line)

    def do_llen(self, key: str) -> int:
        return len(self._keys.get(key, list) or [])

    def do_lrange(self, key: str, first: str, last: str) -> list[str]:
        return _range(self._keys.get(key, list) or [], int(first), int(last))

    def do_ltrim(self, key: str, first: str, last: str) -> str:
        line = self._keys.made(key, list)
        line[:] = _range(line, int(first), int(last))
        self._keys.drop_empty(key)
        return OK

    def do_lindex(self, key: str, index: str) -> str | None:
        found = _range(self._keys.get(key, list) or [], int(index), int(index))
        return found[0] if found else None

    def do_lpos(self, key: str, value: str) -> int | None:
        line = self._keys.get(key, list) or []
        return line.index(value) if value in line else None

    def do_lrem(self, key: str, count: str, value: str) -> int:
        line, most = self._keys.get(key, list) or [], int(count)
        places = [place for place, held in enumerate(line) if held == value]
        places = places[most:] if most < 0 else places[: most or None]
        for place in reversed(places):
            del line[place]
        self._keys.drop_empty(key)
        return len(places)

    def do_rpop(self, key: str) -> str | None:
        line = self._keys.get(key, list)
        if not line:
            return None
        value: str = line.pop()
        self._keys.drop_empty(key)
        return value

    def do_rpoplpush(self, source: str, target: str) -> str | None:
        if self._keys.get(source, list):
            self._keys.get(target, list)  # a target of another kind is refused before anything is taken
        value = self.do_rpop(source)
        if value is not None:
            self.do_lpush(target, value)
        return value


class Sets:
    """Sets; members come in the order of their names, so that a run can be replayed."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def do_sadd(self, key: str, *members: str) -> int:
        held = self._keys.made(key, set)
        before = len(held)
        held.update(members)
        return len(held) - before

    def do_srem(self, key: str, *members: str) -> int:
        held = self._keys.get(key, set) or set()
        removed = len(held & set(members))
        held -= set(members)
        self._keys.drop_empty(key)
        return removed

    def do_scard(self, key: str) -> int:
        return len(self._keys.get(key, set) or ())

    def do_smembers(self, key: str) -> list[str]:
        return sorted(self._keys.get(key, set) or ())


class SortedSets:
    """Sorted sets."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def do_zadd(self, key: str, *pairs: str) -> int:
        held = self._keys.made(key, SortedSet)
        return sum(held.add(member, float(score)) for score, member in zip(pairs[::2], pairs[1::2], strict=True))

    def do_zincrby(self, key: str, by: str, member: str) -> str:
        held = self._keys.made(key, SortedSet)
        score = held.scores.get(member, 0.0) + float(by)
        held.add(member, score)
        return _written(score)

    def do_zrem(self, key: str, *members: str) -> int:
        return self._removed(key, members)

    def do_zcard(self, key: str) -> int:
        return len(self._line(key))

    def do_zscore(self, key: str, member: str) -> str | None:
        held = self._keys.get(key, SortedSet)
        return _written(held.scores[member]) if held is not None and member in held.scores else None

    def do_zrank(self, key: str, member: str) -> int | None:
        names = [name for _, name in self._line(key)]
        return names.index(member) if member in names else None

    def do_zrange(self, key: str, first: str, last: str, *options: str) -> list[str]:
        return _shown(_range(self._line(key), int(first), int(last)), options)

    def do_zrevrange(self, key: str, first: str, last: str, *options: str) -> list[str]:
        return _shown(_range(self._line(key)[::-1], int(first), int(last)), options)

    def do_zrangebyscore(self, key: str, lowest: str, highest: str, *options: str) -> list[str]:
        held = self._keys.get(key, SortedSet)
        return _shown(held.between(lowest, highest) if held is not None else [], options)

    def do_zrevrangebyscore(self, key: str, highest: str, lowest: str, *options: str) -> list[str]:
        held = self._keys.get(key, SortedSet)
        return _shown(held.between(lowest, highest)[::-1] if held is not None else [], options)

    def do_zpopmin(self, key: str) -> list[str]:
        first = self._line(key)[:1]
        self._removed(key, [name for _, name in first])
        return _shown(first, ("WITHSCORES",))

    def do_zremrangebyscore(self, key: str, lowest: str, highest: str) -> int:
        return self._removed(key, self.do_zrangebyscore(key, lowest, highest))

    def do_zremrangebyrank(self, key: str, first: str, last: str) -> int:
        return self._removed(key, self.do_zrange(key, first, last))

    def _line(self, key: str) -> list[tuple[float, str]]:
        held = self._keys.get(key, SortedSet)
        return held.line if held is not None else []

    def _removed(self, key: str, members: Sequence[str]) -> int:
        held = self._keys.get(key, SortedSet)
        if held is None:
            return 0
        removed = sum(held.remove(member) for member in members)
        self._keys.drop_empty(key)
        return removed


class Streams:
    """Streams, as far as they are written."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def do_xadd(self, key: str, *arguments: str) -> str:
        stream = self._keys.made(key, Stream)
        stream.added += 1
        entry_id = f"{self._keys.now_ms()}-{stream.added}"
        stream.entries = [(entry_id, list(arguments[arguments.index("*") + 1 :]))]
        return entry_id

    def do_xtrim(self, key: str, *_bound: str) -> int:
        self._keys.get(key, Stream)
        return 0


def _range(line: list[Any], first: int, last: int) -> list[Any]:
    """Redis' ranges: both ends count, and negative ones from the end."""
    start = max(first + len(line), 0) if first < 0 else first
    stop = last + len(line) if last < 0 else last
    return line[start : max(stop + 1, 0)]


def _shown(line: list[tuple[float, str]], options: Sequence[str]) -> list[str]:
    words = [option.upper() for option in options]
    if "LIMIT" in words:
        at = words.index("LIMIT")
        first, count = int(options[at + 1]), int(options[at + 2])
        line = line[first:] if count < 0 else line[first : first + count]
    if "WITHSCORES" in words:
        return [part for score, name in line for part in (name, _written(score))]
    if set(words) - {"LIMIT", *(word for word in words if word.lstrip("-").isdigit())}:
        raise NotImplementedError(f"{options} of a sorted set aren't simulated")
    return [name for _, name in line]


def _written(score: float) -> str:
    return str(int(score)) if score.is_integer() else repr(score)
