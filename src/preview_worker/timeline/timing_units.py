"""Times as files write them: numbers with or without a unit, texts like "1.3s", seconds beside nanoseconds."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

S, MS, TICKS = 1000.0, 1.0, 1e-4
"""Units in ms; ticks are those of 100 ns that some services count in."""
LONGEST_WORD_S = 20.0
LONGEST_WORD_MS = 20_000.0
"""Between these, a number that a word lasts must be ms: none lasts 20 s, and none 20 ms."""
LARGEST = 1e13
LONGEST_TEXT = 24

_TEXT = re.compile(r"PT?(?P<iso>\d+(?:\.\d+)?)S|(?P<number>\d+(?:\.\d+)?) ?(?P<unit>ms|s)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocked:
    """A number of `unit` ms each; None where the file doesn't tell."""

    value: float
    unit: float | None

    def ms(self, assumed: float) -> int:
        """Whole milliseconds, with the unit that is assumed where none is told."""
        return round(self.value * (assumed if self.unit is None else self.unit))


def clocked(value: Any, unit: float | None, place: str) -> Clocked:
    """Read a time.

    Raises:
        ValueError: It is none: half a sentence that names the place.
    """
    if isinstance(value, bool):
        raise _fault(value, place)
    if isinstance(value, int | float) and math.isfinite(value) and 0 <= value <= LARGEST:
        return Clocked(value=float(value), unit=unit)
    if isinstance(value, Mapping) and "seconds" in value:
        parts = (value.get("seconds"), value.get("nanos") or 0)
        seconds, nanos = (clocked(part, S, place).value for part in parts)
        return Clocked(value=seconds + nanos / 1e9, unit=S)
    match = _TEXT.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None or len(match.group()) > LONGEST_TEXT:
        raise _fault(value, place)
    if match["iso"] is not None:
        return Clocked(value=float(match["iso"]), unit=S)
    written = {"s": S, "ms": MS}.get((match["unit"] or "").lower())
    return Clocked(value=float(match["number"]), unit=written if written is not None else unit)


def in_ms(times: Sequence[tuple[Clocked, Clocked | None, Clocked | None]]) -> float:
    """The unit, in ms, of numbers that tell none; by how long a word lasts: start, end and length of each are given."""
    lengths = [length.value for _, _, length in times if length is not None]
    if not lengths:
        lengths = [end.value - start.value for start, end, _ in times if end is not None]
    if not any(length > 0 for length in lengths):
        lengths = [after - before for before, after in pairwise(sorted(start.value for start, _, _ in times))]
    typical = median([length for length in lengths if length > 0] or [0.0])
    if typical < LONGEST_WORD_S:
        return S
    return MS if typical < LONGEST_WORD_MS else TICKS


def _fault(value: Any, place: str) -> ValueError:
    shown = f"{value!r:.40}"
    return ValueError(f"{place} is no time: {shown}")
