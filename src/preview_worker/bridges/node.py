"""Foreign JSON read liberally, remembering what nobody read, so that nothing is lost in silence."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from preview_worker.bridges.remarks import Ledger
from preview_worker.bridges.words import WordsFault, cut, language_of_member, words_of
from preview_worker.contract.finding import Location

NO_PLACE = "has no place in a payload"
_NUMBER = re.compile(r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d{1,3})?")
_NUMBER_MAX = 1e12


class Reading:
    """One reading of one file.

    Attributes:
        language: Primary subtag of the language whose words are wanted, such as fr.
        ledger: Where remarks go.
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self.ledger = Ledger()
        self._opened: list[Node] = []

    def open(self, members: dict[str, Any], place: Location) -> Node:
        """Begin to read an object; what of it is never asked for is remarked by `close`."""
        node = Node(members, place, self)
        self._opened.append(node)
        return node

    def open_list(self, entries: list[Any], place: Location, *, name: str) -> Node:
        """Begin to read a bare array as if it were a member of that name; places keep to the array."""
        node = Node({name: entries}, place, self, unnamed=True)
        self._opened.append(node)
        return node

    def close(self) -> None:
        """Remark every value that nobody asked for."""
        for node in self._opened:
            node.remark_unread()


class Node:
    """An object of the file. Members count as absent when they are null, empty or blank.

    Attributes:
        members: The object as parsed.
        place: Where it stands.
    """

    def __init__(self, members: dict[str, Any], place: Location, reading: Reading, *, unnamed: bool = False) -> None:
        self.members = members
        self.place = place
        self.reading = reading
        self.ledger = reading.ledger
        self._read: set[str] = set()
        self._unnamed = unnamed

    def has(self, *keys: str) -> bool:
        """Tell whether any of the members is there."""
        return any(not _empty(self.members.get(key)) for key in keys)

    def at(self, key: str) -> Location:
        """Return the place of a member."""
        return self.place if self._unnamed else (*self.place, key)

    def take(self, *keys: str) -> tuple[Any, Location] | None:
        """Return the first member that is there, and its place; members with the same value count as read."""
        key = next((key for key in keys if not _empty(self.members.get(key))), None)
        if key is None:
            return None
        value = self.members[key]
        self._read.update(other for other in keys if self.members.get(other) == value)
        return value, self.at(key)

    def text(self, *keys: str, limit: int) -> str:
        """Return the first text that is there, in the wanted language where there is a choice; else `""`.

        Args:
            keys: Names of the member, best first; `text` also finds textFr, text_fr and {"text": {"fr": …}}.
            limit: Characters allowed; more are cut off with a remark.
        """
        for key in keys:
            words, place = self._worded(key)
            if words:
                self._read.update(other for other in keys if self.members.get(other) == self.members.get(key))
                shown = cut(words, limit)
                if shown != words:
                    reason = f"has {len(words)} characters; at most {limit} are allowed, the rest is cut off"
                    self.ledger.changed(place, reason)
                return shown
        return ""

    def name(self, *keys: str) -> str:
        """Return the first member that can name something, as one line of text; else `""`."""
        for key in keys:
            value = self.members.get(key)
            if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
                self._read.update(other for other in keys if self.members.get(other) == value)
                return str(value).strip()
        return ""

    def number(self, *keys: str) -> float | None:
        """Return the first number that is there, also one written as text; a member that is none is remarked."""
        found = self.take(*keys)
        if found is None:
            return None
        number = number_of(found[0])
        if number is None:
            self.ledger.dropped(found[1], "is no number", found[0])
        return number

    def node(self, *keys: str) -> Node | None:
        """Return the first object that is there; a member of another type is remarked."""
        found = self.take(*keys)
        if found is None:
            return None
        value, place = found
        if isinstance(value, dict):
            return self.reading.open(value, place)
        self.ledger.dropped(place, "is no object", value)
        return None

    def entries(self, *keys: str) -> Iterator[tuple[Any, Location]]:
        """Yield the entries of the first array that is there, each with its place; a single value is an array of one.

        Entries that are null or empty are left out.
        """
        found = self.take(*keys)
        if found is None:
            return
        value, place = found
        pairs = [((*place, index), entry) for index, entry in enumerate(value)] if isinstance(value, list) else []
        for here, entry in pairs or [(place, value)]:
            if not _empty(entry):
                yield entry, here

    def nodes(self, *keys: str) -> Iterator[Node]:
        """Yield the objects of the first array that is there; entries of another type are remarked."""
        for entry, place in self.entries(*keys):
            if isinstance(entry, dict):
                yield self.reading.open(entry, place)
            else:
                self.ledger.dropped(place, "is no object", entry)

    def skip(self, *keys: str) -> None:
        """Count members as read that the payload says in another way, such as the order of a list."""
        self._read.update(keys)

    def drop(self, reason: str, *keys: str) -> None:
        """Remark members that are there and can't be carried over, with a reason better than the general one."""
        for key in keys:
            if key not in self._read and self.has(key):
                self.ledger.dropped(self.at(key), reason, self.members[key])
            self._read.add(key)

    def remark_unread(self) -> None:
        """Remark every member that nobody asked for."""
        for key, value in self.members.items():
            if key not in self._read and not _empty(value):
                self.ledger.dropped(self.at(key), NO_PLACE, value)

    def _worded(self, key: str) -> tuple[str, Location]:
        """Find a text by the key itself or the key with a language behind it; the wanted language goes first."""
        chosen, chosen_place = "", self.at(key)
        for name, language in self._spellings(key):
            words = self._words(name)
            if not words:
                continue
            if not chosen:
                chosen, chosen_place = words, self.at(name)
                if language not in {"", self.reading.language}:
                    reason = f"is taken although it is {language}: there are no words in {self.reading.language}"
                    self.ledger.changed(self.at(name), reason)
            elif words != chosen:
                hint = f"; import again with --language {language} for them" if language else ""
                self.ledger.dropped(self.at(name), f"holds the words in another language{hint}")
        return chosen, chosen_place

    def _spellings(self, key: str) -> list[tuple[str, str]]:
        """Names of members that may hold a text, each with its language: the wanted one, the plain one, the others."""
        wanted = self.reading.language
        found = {name: language_of_member(name, key) for name in self.members if name.startswith(key)}
        known = [(name, language) for name, language in found.items() if language is not None]
        return sorted(known, key=lambda pair: (pair[1] != wanted, pair[1] != ""))

    def _words(self, name: str) -> str:
        value = self.members[name]
        self._read.add(name)
        if _empty(value):
            return ""
        try:
            words = words_of(value, self.reading.language)
        except WordsFault as fault:
            self.ledger.dropped(self.at(name), str(fault), value)
            return ""
        for reason in words.changes:
            self.ledger.changed(self.at(name), reason)
        for language in words.others:
            reason = f"holds the words in another language; import again with --language {language} for them"
            self.ledger.dropped((*self.at(name), language), reason)
        return words.text


def number_of(value: Any) -> float | None:
    """Return a finite number of reasonable size, also one written as text, with a point or a comma; else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        written = value.strip()
        value = float(written.replace(",", ".")) if _NUMBER.fullmatch(written) else None
    if not isinstance(value, int | float) or abs(value) > _NUMBER_MAX or not math.isfinite(value):
        return None
    return float(value)


def _empty(value: Any) -> bool:
    match value:
        case str():
            return not value.strip()
        case dict() | list() | None:
            return not value
        case _:
            return False
