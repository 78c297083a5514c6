"""What a validation finds: one fault or advice about one place of a payload."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

VALUE_MAX_CHARACTERS = 200

Location = tuple[str | int, ...]
"""Member names and indices that lead to a value; the pointer's parts."""


class Code(StrEnum):
    """Every code a finding may carry; stable, for programs to match."""

    NOT_UTF8 = "not-utf8"
    MALFORMED_JSON = "malformed-json"
    MALFORMED_YAML = "malformed-yaml"
    PAYLOAD_TOO_LARGE = "payload-too-large"
    NESTING_TOO_DEEP = "nesting-too-deep"
    BAD_NUMBER = "bad-number"
    REQUIRED = "required"
    WRONG_TYPE = "wrong-type"
    UNKNOWN_KEY = "unknown-key"
    UNSUPPORTED_FIELD = "unsupported-field"
    UNSUPPORTED_VERSION = "unsupported-version"
    NOT_ALLOWED = "not-allowed"
    OUT_OF_RANGE = "out-of-range"
    BAD_FORMAT = "bad-format"
    BAD_ID = "bad-id"
    EMPTY = "empty"
    TEXT_TOO_LONG = "text-too-long"
    TEXT_CLEANED = "text-cleaned"
    TOO_MANY = "too-many"
    TOO_LARGE = "too-large"
    TOO_LONG = "too-long"
    DUPLICATE_ID = "duplicate-id"
    UNKNOWN_ASSET = "unknown-asset"
    UNKNOWN_VISUAL = "unknown-visual"
    AMBIGUOUS_VISUAL = "ambiguous-visual"
    UNKNOWN_STEP = "unknown-step"
    UNKNOWN_PHRASE = "unknown-phrase"
    BAD_INTERVAL = "bad-interval"
    CONFLICT = "conflict"
    REFUSED_URI = "refused-uri"
    UNTRANSLATED = "untranslated"


MEANINGS: dict[Code, str] = {
    Code.NOT_UTF8: "the bytes, or a `\\u` escape, are no valid Unicode text",
    Code.MALFORMED_JSON: "not JSON: a syntax error, a repeated key, `NaN` or `Infinity`",
    Code.MALFORMED_YAML: "not YAML, or YAML that JSON can't say: anchors, tags, several documents",
    Code.PAYLOAD_TOO_LARGE: "more than 2 MiB",
    Code.NESTING_TOO_DEEP: "more than 32 levels of objects and arrays",
    Code.BAD_NUMBER: "a number that isn't finite, or a whole number beyond ±(2^53 − 1)",
    Code.REQUIRED: "a field that must be there is absent",
    Code.WRONG_TYPE: "a value of another type than the field takes",
    Code.UNKNOWN_KEY: "a key the contract doesn't know: an error at the top level and under `--strict`, else a warning",
    Code.UNSUPPORTED_FIELD: "a name reserved for later work",
    Code.UNSUPPORTED_VERSION: "a payload version newer than this build",
    Code.NOT_ALLOWED: "a word outside the field's list",
    Code.OUT_OF_RANGE: "a number outside the field's limits",
    Code.BAD_FORMAT: "a text that lacks the field's form (date, colour, language, resolution)",
    Code.BAD_ID: "an identifier that is unsafe as a folder name, or a name that the queue uses for itself",
    Code.EMPTY: "a text or list that must hold something is empty",
    Code.TEXT_TOO_LONG: "more characters than the field takes",
    Code.TEXT_CLEANED: "warning: control or direction-override characters were removed",
    Code.TOO_MANY: "more entries than the list takes",
    Code.TOO_LARGE: "more bytes than the field takes",
    Code.TOO_LONG: "the video would be longer than the service allows",
    Code.DUPLICATE_ID: "an id is used twice where it must be unique",
    Code.UNKNOWN_ASSET: "an asset id that names no asset",
    Code.UNKNOWN_VISUAL: "a callout points at a visual the step doesn't have",
    Code.AMBIGUOUS_VISUAL: "a callout could mean several visuals",
    Code.UNKNOWN_STEP: "a range names a step that isn't there",
    Code.UNKNOWN_PHRASE: "a phrase that the step's narration doesn't say",
    Code.BAD_INTERVAL: "an end that isn't after its start",
    Code.CONFLICT: "two fields that exclude each other",
    Code.REFUSED_URI: "a place assets are never read from",
    Code.UNTRANSLATED: "a variant leaves words of a step in the request's own language; a warning",
}


class Severity(StrEnum):
    """Whether a finding makes the payload invalid."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault or advice.

    Attributes:
        pointer: RFC 6901 JSON pointer; "" is the whole payload. A missing member is named where it should stand.
        code: Stable word for programs.
        message: One sentence for people.
        value: The offending value, shortened; None where it says nothing.
        limit: What is allowed, where that is a number or a short text.
        hint: What to do next.
        severity: An error makes the payload invalid, a warning doesn't.
    """

    pointer: str
    code: Code
    message: str
    value: Any = None
    limit: str | int | float | None = None
    hint: str | None = None
    severity: Severity = Severity.ERROR

    @classmethod
    def at(
        cls,
        place: Location,
        code: Code,
        sentence: str,
        *,
        value: Any = None,
        limit: str | float | None = None,
        hint: str | None = None,
        severity: Severity = Severity.ERROR,
    ) -> Finding:
        """Build a finding about a place; the sentence completes the place's name."""
        message = f"{named(*place)} {sentence}"
        return cls(
            pointer=pointer(*place),
            code=code,
            message=message,
            value=shortened(value),
            limit=limit,
            hint=hint,
            severity=severity,
        )

    def as_json(self) -> dict[str, Any]:
        """Return the finding as it stands in problem+json and in `validate --json`, without empty members."""
        members = {
            "pointer": self.pointer,
            "code": self.code.value,
            "message": self.message,
            "value": self.value,
            "limit": self.limit,
            "hint": self.hint,
        }
        return {key: value for key, value in members.items() if value is not None}


def pointer(*tokens: str | int) -> str:
    """Build an RFC 6901 pointer from member names and indices."""
    return "".join("/" + writable(str(token)).replace("~", "~0").replace("/", "~1") for token in tokens)


def named(*tokens: str | int) -> str:
    """Name a place for people: ``previewRequest.steps[2].title``; the whole is "Payload"."""
    if not tokens:
        return "Payload"
    parts = (f"[{token}]" if isinstance(token, int) else f".{visible(token)}" for token in tokens)
    return "".join(parts).removeprefix(".")


def writable(text: str) -> str:
    """Return the text with halves of surrogate pairs, which UTF-8 can't say, replaced."""
    return text.encode("utf-8", "replace").decode()


def visible(text: str) -> str:
    """Return the text, cut, with escapes for what a terminal would obey or not show."""
    short = text[:VALUE_MAX_CHARACTERS]
    return short if short.isprintable() else "".join(_escaped(character) for character in short)


def _escaped(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode()


def shortened(value: Any) -> Any:
    """Return a value fit for a message: scalars as they are, long text cut, containers by their kind alone."""
    match value:
        case str() if len(value) > VALUE_MAX_CHARACTERS:
            return writable(value[: VALUE_MAX_CHARACTERS - 1]) + "…"
        case str():
            return writable(value)
        case dict() | list() | tuple():
            return None
        case _:
            return value
