"""What a simulated server keeps: values by key, and when they run out by its wall clock."""

from __future__ import annotations

import bisect
from collections.abc import Callable
from typing import Any, Final, TypeVar

from redis.exceptions import ResponseError

from preview_worker.chaos.simulation.lua import Status

_Value = TypeVar("_Value")


OK: Final = Status("OK")


class SortedSet:
    """Members in the order of their scores, then of their names."""

    def __init__(self) -> None:
        self.scores: dict[str, float] = {}
        self.line: list[tuple[float, str]] = []

    def __len__(self) -> int:
        return len(self.line)

    def add(self, member: str, score: float) -> bool:
        """Give a member a score; whether it is new."""
        before = self.scores.get(member)
        if before is not None:
            self.line.remove((before, member))
        self.scores[member] = score
        bisect.insort(self.line, (score, member))
        return before is None

    def remove(self, member: str) -> bool:
        """Whether it was there."""
        score = self.scores.pop(member, None)
        if score is None:
            return False
        self.line.remove((score, member))
        return True

    def between(self, lowest: str, highest: str) -> list[tuple[float, str]]:
        """Members with scores between two bounds; ``(`` before a bound leaves the bound itself out."""
        low, high = _bound(lowest), _bound(highest)
        return [
            (score, member)
            for score, member in self.line
            if (low[0] < score or (low[1] and low[0] == score)) and (score < high[0] or (high[1] and score == high[0]))
        ]


class Stream:
    """A stream of which only the number of its entries and the latest are of interest."""

    def __init__(self) -> None:
        self.added = 0
        self.entries: list[tuple[str, list[str]]] = []


class Keys:
    """The keys of one server.

    Args:
        now_ms: Its wall clock, in ms since the epoch.
    """

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self.now_ms = now_ms
        self._values: dict[str, Any] = {}
        self._due_ms: dict[str, int] = {}

    def get(self, key: str, kind: type[_Value]) -> _Value | None:
        """The value of a key, None where there is none (any more).

        Raises:
            ResponseError: It is of another kind.
        """
        self._expire(key)
        value = self._values.get(key)
        if value is None or isinstance(value, kind):
            return value
        raise ResponseError("WRONGTYPE Operation against a key holding the wrong kind of value")

    def made(self, key: str, kind: type[_Value]) -> _Value:
        """The value of a key, made where there is none."""
        value = self.get(key, kind)
        if value is None:
            value = self._values[key] = kind()
        return value

    def put(self, key: str, value: Any) -> None:
        """Set a key, for good."""
        self._values[key] = value
        self._due_ms.pop(key, None)

    def put_keeping_life(self, key: str, value: Any) -> None:
        """Set a key and leave it the life that it had."""
        self._expire(key)
        self._values[key] = value

    def drop(self, key: str) -> bool:
        """Remove a key; whether it was there."""
        self._expire(key)
        self._due_ms.pop(key, None)
        return self._values.pop(key, None) is not None

    def drop_empty(self, key: str) -> None:
        """An empty list, set or hash is none."""
        if not self._values.get(key, True):
            self.drop(key)

    def exists(self, key: str) -> bool:
        """Whether there is a value."""
        self._expire(key)
        return key in self._values

    def live_for(self, key: str, life_ms: int) -> bool:
        """Let a key end; whether it is there."""
        if not self.exists(key):
            return False
        self._due_ms[key] = self.now_ms() + life_ms
        return True

    def live_on(self, key: str) -> bool:
        """Let a key stay; whether it would have ended."""
        self._expire(key)
        return self._due_ms.pop(key, None) is not None

    def life_ms(self, key: str) -> int:
        """As PTTL: -2 where there is no key, -1 where it stays."""
        if not self.exists(key):
            return -2
        due_ms = self._due_ms.get(key)
        return -1 if due_ms is None else due_ms - self.now_ms()

    def _expire(self, key: str) -> None:
        due_ms = self._due_ms.get(key)
        if due_ms is not None and due_ms <= self.now_ms():
            del self._due_ms[key]
            self._values.pop(key, None)


def whole(text: str) -> int:
    """A value that a command counts with.

    Raises:
        ResponseError: It isn't a whole number.
    """
    try:
        return int(text)
    except ValueError as error:
        raise ResponseError("ERR value is not an integer or out of range") from error


def _bound(text: str) -> tuple[float, bool]:
    """A bound, and whether it counts itself."""
    return (float(text[1:]), False) if text.startswith("(") else (float(text), True)
