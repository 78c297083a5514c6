"""Reading raw payloads that may be invalid anywhere: objects of an array, references to assets."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from preview_worker.contract.finding import Code, Finding, Location
from preview_worker.contract.guesses import Guesses


@dataclass(frozen=True, slots=True, kw_only=True)
class Assets:
    """The ids of a request's assets, None when they can't be read."""

    known: frozenset[str] | None
    guesses: Guesses = field(default_factory=Guesses)

    def reference(self, holder: dict[str, Any], key: str, place: Location) -> Iterator[Finding]:
        """Yield a finding when a member names no asset."""
        name = holder.get(key)
        if self.known is None or not isinstance(name, str) or not name:
            return
        if unicodedata.normalize("NFC", name) not in self.known:
            hint = self.guesses.closest(name, self.known)
            yield Finding.at((*place, key), Code.UNKNOWN_ASSET, "names no asset", value=name, hint=hint)


def entries(holder: dict[str, Any], key: str, place: Location) -> Iterator[tuple[dict[str, Any], Location]]:
    """Yield the objects of an array member, each with its place."""
    array = holder.get(key)
    for index, entry in enumerate(array if isinstance(array, list) else ()):
        if isinstance(entry, dict):
            yield entry, (*place, key, index)


def body_findings(holder: dict[str, Any], place: Location) -> Iterator[Finding]:
    """Yield a finding when `body`, the other name of `text`, says something else than it."""
    if "body" in holder and "text" in holder and holder["body"] != holder["text"]:
        yield Finding.at((*place, "body"), Code.CONFLICT, "is another name of text; send one of them")
