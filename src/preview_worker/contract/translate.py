"""Pydantic's errors as findings: the place as the author wrote it, our codes, our sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from pydantic_core import ErrorDetails

from preview_worker.contract.finding import Code, Finding, Location, Severity, named, pointer, shortened
from preview_worker.contract.guesses import Guesses

# The seed's validator, whose texts clients may match: for a value that is absent, of another type, or empty.
SEED_TEXTS: dict[Location, str] = {
    ("jobId",): "jobId (string) required",
    ("projectId",): "projectId (string) required",
    ("requestId",): "requestId (string) required",
    ("dryRun",): "dryRun (boolean) required",
    ("previewRequest",): "previewRequest (object) required",
    ("previewRequest", "steps"): "previewRequest.steps (array) required",
    ("previewRequest", "assets"): "previewRequest.assets (array) required",
    ("previewRequest", "audio"): "previewRequest.audio (object) required",
}
SEED_DRY_RUN_TYPE = "dryRun must be boolean"
SEED_NO_OBJECT = "Payload must be an object"

_TYPE_SENTENCES = {
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "tuple_type": "must be an array",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "dict_type": "must be an object",
}
_COMPARISONS = {
    "greater_than_equal": ("ge", "at least"),
    "less_than_equal": ("le", "at most"),
    "greater_than": ("gt", "more than"),
    "less_than": ("lt", "less than"),
}


def findings_of(raw: Any, errors: Iterable[ErrorDetails]) -> Iterator[Finding]:
    """Yield one finding per faulty place of the raw payload, in the models' order."""
    placed = [(written_place(raw, error["loc"]), error) for error in errors]
    for place, group in groupby(placed, key=lambda pair: pair[0]):
        yield _merged(place, [_finding(place, raw, error) for _, error in group])


def written_place(raw: Any, location: tuple[str | int, ...]) -> Location:
    """Return where the author wrote what pydantic found: `body` for text, the string for a visual's path.

    Names of union members, which pydantic appends, name no place and are left out.
    """
    place: list[str | int] = []
    value = raw
    for step in location:
        match value, step:
            case dict(), str():
                key = "body" if step == "text" and "text" not in value and "body" in value else step
                place.append(key)
                value = value.get(key)
            case list(), int() if step < len(value):
                place.append(step)
                value = value[step]
            case _:
                break
    return tuple(place)


def value_at(raw: Any, place: Location) -> Any:
    """Return the raw value at a place, None where there is none."""
    for step in place:
        match raw:
            case dict():
                raw = raw.get(step)
            case list() if isinstance(step, int) and step < len(raw):
                raw = raw[step]
            case _:
                return None
    return raw


def _merged(place: Location, findings: list[Finding]) -> Finding:
    # A field of two types fails once per type: what the matching type says counts, else both are named.
    telling = [finding for finding in findings if finding.code != Code.WRONG_TYPE]
    if len(findings) == 1 or telling:
        return (telling or findings)[0]
    kinds = dict.fromkeys(finding.message.rpartition(" must be ")[2] for finding in findings)
    return Finding.at(place, Code.WRONG_TYPE, f"must be {' or '.join(kinds)}", value=findings[0].value)


def _finding(place: Location, raw: Any, error: ErrorDetails) -> Finding:
    kind = error["type"]
    context = error.get("ctx", {})
    value = shortened(value_at(raw, place))
    if kind == "missing":
        return _seed(place, Code.REQUIRED, "is required", None)
    if kind in _TYPE_SENTENCES:
        return _seed(place, Code.WRONG_TYPE, _TYPE_SENTENCES[kind], value)
    if kind == "string_too_short":
        return _seed(place, Code.EMPTY, "must not be empty", value)
    if kind in _COMPARISONS:
        key, words = _COMPARISONS[kind]
        limit = _plain(context[key])
        return Finding.at(place, Code.OUT_OF_RANGE, f"must be {words} {limit}", value=value, limit=limit)
    return _worded(place, value, error)


def _worded(place: Location, value: Any, error: ErrorDetails) -> Finding:
    context = error.get("ctx", {})
    match error["type"]:
        case "string_too_long":
            limit = context["max_length"]
            return Finding.at(place, Code.TEXT_TOO_LONG, f"has more than {limit} characters", value=value, limit=limit)
        case "too_long":
            limit = context["max_length"]
            return Finding.at(place, Code.TOO_MANY, f"has more than {limit} entries", limit=limit)
        case "enum" | "literal_error":
            return _not_allowed(place, value, str(context["expected"]))
        case "string_unicode":
            sentence = "is no valid Unicode text: half of a surrogate pair stands alone"
            return Finding.at(place, Code.NOT_UTF8, sentence, value=ascii(value))
        case "finite_number":
            return Finding.at(place, Code.BAD_NUMBER, "must be a finite number", value=str(value))
        case kind:
            hint, limit = context.get("hint"), context.get("limit")
            return Finding.at(place, Code(kind), str(context["sentence"]), value=value, limit=limit, hint=hint)


def _not_allowed(place: Location, value: Any, expected: str) -> Finding:
    # Pydantic lists the words as 'low', 'normal' or 'high'.
    words = [word.strip("' ") for word in expected.replace(" or ", ", ").split(",")]
    if not isinstance(value, str):
        return Finding.at(place, Code.WRONG_TYPE, "must be text", value=value)
    hint = Guesses().closest(value, words)
    sentence = f"must be one of {', '.join(words)}"
    return Finding.at(place, Code.NOT_ALLOWED, sentence, value=value, limit=", ".join(words), hint=hint)


def _seed(place: Location, code: Code, sentence: str, value: Any) -> Finding:
    text = SEED_TEXTS.get(place)
    if place == ("dryRun",) and code == Code.WRONG_TYPE:
        text = SEED_DRY_RUN_TYPE
    message = text or f"{named(*place)} {sentence}"
    return Finding(pointer=pointer(*place), code=code, message=message, value=value, severity=Severity.ERROR)


def _plain(limit: float) -> float:
    return int(limit) if float(limit).is_integer() else limit
