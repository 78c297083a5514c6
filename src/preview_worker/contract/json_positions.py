"""Line and column of every value in a JSON text that is known to be valid."""

from __future__ import annotations

import bisect
import json
import re
from collections.abc import Iterator

from preview_worker.contract.finding import pointer

# Strings, brackets, commas, and the scalars in between; white space and colons carry no place of their own.
_WORD = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],]|[^\s{}\[\],:"]+')


def json_positions(text: str) -> dict[str, tuple[int, int]]:
    """Map the JSON pointer of every value to its line and column, counted from 1.

    A member stands where its key stands.
    """
    positions: dict[str, tuple[int, int]] = {}
    line_starts = _line_starts(text)
    for place, _, offset in _places(text):
        positions.setdefault(place, _line_column(line_starts, offset))
    return positions


def repeated_key(text: str) -> tuple[str, tuple[int, int]]:
    """Return the first key that stands twice in one object, as written, and the line and column of the second.

    The text need be valid only up to that object's end.

    Raises:
        ValueError: no key is repeated.
    """
    seen: set[str] = set()
    for place, key, offset in _places(text):
        if key is None:
            continue
        if place in seen:
            return key, _line_column(_line_starts(text), offset)
        seen.add(place)
    raise ValueError("no key is repeated")


def _places(text: str) -> Iterator[tuple[str, str | None, int]]:
    """Yield pointer, key as written (None for a value) and offset; iterative, so that no depth matters."""
    scopes: list[_Scope] = []
    for match in _WORD.finditer(text):
        word = match.group()
        scope = scopes[-1] if scopes else None
        if word in {"}", "]"}:
            scopes.pop()
        elif word == "," and scope is not None:
            scope.advance()
        elif scope is not None and scope.expects_key:
            scope.key = json.loads(word)
            scope.expects_key = False
            yield scope.child(), word, match.start()
        else:
            place = scope.child() if scope is not None else ""
            yield place, None, match.start()
            if word in {"{", "["}:
                scopes.append(_Scope(place, is_object=word == "{"))


class _Scope:
    """An object or array that is open at the current word."""

    def __init__(self, place: str, *, is_object: bool) -> None:
        self.place = place
        self.is_object = is_object
        self.expects_key = is_object
        self.key: str | int = 0

    def advance(self) -> None:
        """Pass a comma."""
        self.expects_key = self.is_object
        if isinstance(self.key, int):
            self.key += 1

    def child(self) -> str:
        """Return the pointer of the value that comes next."""
        return self.place + pointer(self.key)


def _line_starts(text: str) -> list[int]:
    return [0, *(match.end() for match in re.finditer("\n", text))]


def _line_column(line_starts: list[int], offset: int) -> tuple[int, int]:
    line = bisect.bisect_right(line_starts, offset)
    return line, offset - line_starts[line - 1] + 1
