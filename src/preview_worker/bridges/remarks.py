"""What an import tells its reader: which values of the file were lost, changed, or need another look."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from preview_worker.contract.finding import Location, pointer, shortened

REMARKS_MAX = 2000
"""A file of 2 MiB has room for some hundred thousand; beyond this they are counted alone."""


class Outcome(StrEnum):
    """What became of a value."""

    DROPPED = "dropped"
    CHANGED = "changed"
    CHECK = "check"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One value of the imported file that is not in the payload as it was.

    Attributes:
        place: Where it stands in the file.
        outcome: dropped, changed, or kept but to be checked by the author.
        reason: Completes "<place> …" to one sentence.
        value: The value as written, shortened; None for objects and arrays.
    """

    place: Location
    outcome: Outcome
    reason: str
    value: Any = None

    @property
    def pointer(self) -> str:
        """The place as an RFC 6901 JSON pointer into the file."""
        return pointer(*self.place)

    def as_json(self) -> dict[str, Any]:
        """Return the remark for `--json`, without a member that says nothing."""
        members = {
            "pointer": self.pointer,
            "outcome": self.outcome.value,
            "reason": self.reason,
            "value": self.value,
        }
        return {key: value for key, value in members.items() if value is not None}


class Ledger:
    """Collects the remarks of one import."""

    def __init__(self) -> None:
        self._remarks: dict[tuple[Location, Outcome, str], Remark] = {}
        self.omitted = 0

    def dropped(self, place: Location, reason: str, value: Any = None) -> None:
        """Remark that a value isn't in the payload."""
        self._add(place, Outcome.DROPPED, reason, value)

    def changed(self, place: Location, reason: str, value: Any = None) -> None:
        """Remark that a value is in the payload in another form."""
        self._add(place, Outcome.CHANGED, reason, value)

    def check(self, place: Location, reason: str, value: Any = None) -> None:
        """Remark that a value is kept, but that something is left to do about it."""
        self._add(place, Outcome.CHECK, reason, value)

    def remarks(self) -> tuple[Remark, ...]:
        """Return all remarks in order of their places."""
        return tuple(sorted(self._remarks.values(), key=lambda remark: [_sortable(token) for token in remark.place]))

    def _add(self, place: Location, outcome: Outcome, reason: str, value: Any) -> None:
        key = (place, outcome, reason)
        if key in self._remarks:
            return
        if len(self._remarks) >= REMARKS_MAX:
            self.omitted += 1
            return
        self._remarks[key] = Remark(place=place, outcome=outcome, reason=reason, value=shortened(value))


def _sortable(token: str | int) -> tuple[int, str]:
    return (token, "") if isinstance(token, int) else (-1, token)
