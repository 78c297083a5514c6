"""Limits that hold anywhere in a payload: depth, numbers, text that can be written as UTF-8."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from preview_worker.contract.finding import Code, Finding, Location

NESTING_MAX = 32
# Beyond this JavaScript, and the canonical JSON that digests are made of, can't tell neighbours apart.
WHOLE_NUMBER_MAX = 2**53 - 1


def limit_findings(raw: Any) -> Iterator[Finding]:
    """Yield what breaks a limit; nesting that is too deep ends the search.

    Iterative, so that a hostile depth costs no stack. Values that JSON doesn't know are faults too.
    """
    pending: list[tuple[Any, Location]] = [(raw, ())]
    while pending:
        value, place = pending.pop()
        if isinstance(value, dict | list):
            if len(place) >= NESTING_MAX:
                sentence = f"The payload is nested deeper than {NESTING_MAX} levels."
                yield Finding(pointer="", code=Code.NESTING_TOO_DEEP, message=sentence, limit=NESTING_MAX)
                return
            pending.extend(_children(value, place))
            yield from _key_faults(value, place)
        elif (finding := _scalar_fault(value, place)) is not None:
            yield finding


def _children(value: dict[Any, Any] | list[Any], place: Location) -> list[tuple[Any, Location]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    return [(child, (*place, key)) for key, child in pairs if isinstance(child, str | float | int | dict | list)]


def _key_faults(value: dict[Any, Any] | list[Any], place: Location) -> Iterator[Finding]:
    if not isinstance(value, dict):
        return
    for key in value:
        if not isinstance(key, str):
            yield Finding.at(place, Code.WRONG_TYPE, "has a key that is no text", value=repr(key))
        elif not _is_unicode(key):
            yield Finding.at(place, Code.NOT_UTF8, "has a key that is no valid Unicode text", value=ascii(key))


def _scalar_fault(value: Any, place: Location) -> Finding | None:
    match value:
        case str() if not _is_unicode(value):
            sentence = "is no valid Unicode text: half of a surrogate pair stands alone"
            return Finding.at(place, Code.NOT_UTF8, sentence, value=ascii(value))
        case float() if not math.isfinite(value):
            return Finding.at(place, Code.BAD_NUMBER, "must be a finite number", value=str(value))
        case int() if abs(value) > WHOLE_NUMBER_MAX:
            sentence = "is a whole number beyond ±(2^53 − 1)"
            hint = "write long numbers as text"
            return Finding.at(
                place, Code.BAD_NUMBER, sentence, value=str(value)[:40], limit=WHOLE_NUMBER_MAX, hint=hint
            )
        case _:
            return None


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
