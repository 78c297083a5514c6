"""What happened in a simulation, in order, and a hash of it that tells two runs apart."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Happened:
    """One event: when in ms since the beginning, what, which job ("" for none), and its particulars."""

    at_ms: int
    kind: str
    job_id: str
    facts: tuple[Any, ...]


class History:
    """Events as they happen.

    Args:
        now_ms: Monotonic time, in ms since the beginning.
    """

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._events: list[Happened] = []
        self._counts: Counter[str] = Counter()
        self._digest = hashlib.sha256()

    def add(self, kind: str, job_id: str = "", *facts: Any) -> None:
        """Remember an event; facts are numbers and texts that are the same in every run of a seed."""
        event = Happened(self._now_ms(), kind, job_id, facts)
        self._events.append(event)
        self._counts[kind] += 1
        self._digest.update(repr(event).encode())

    def of(self, kind: str) -> Iterator[Happened]:
        """Events of a kind, in order."""
        return (event for event in self._events if event.kind == kind)

    def count(self, kind: str) -> int:
        """How many there were of a kind."""
        return self._counts[kind]

    @property
    def sha256(self) -> str:
        """The hash of all events so far."""
        return self._digest.hexdigest()
