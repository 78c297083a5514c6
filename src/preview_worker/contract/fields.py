"""Scalar types shared by the payload's models, each with the limits that hold wherever it is used."""

import json
import re
import unicodedata
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict, WithJsonSchema
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from preview_worker.contract.finding import Code
from preview_worker.contract.identifiers import (
    IDENTIFIER_PATTERN,
    JOB_ID_PATTERN,
    REQUEST_ID_PATTERN,
    identifier_fault,
    job_id_fault,
    request_id_fault,
)
from preview_worker.contract.text import clean

METADATA_MAX_BYTES = 64 * 1024
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_SHA256 = re.compile(r"[0-9A-Fa-f]{64}")
_DATE_TIME_FORM = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_DATE_TIME = re.compile(_DATE_TIME_FORM)
_DATE_TIME_SCHEMA = {"type": "string", "format": "date-time", "pattern": f"^{_DATE_TIME_FORM}$"}
# Every kind of JSON value but null, which the seed's contract refuses for metadata.
_ANY_BUT_NULL_SCHEMA = {"type": ["object", "array", "string", "number", "boolean"]}


class Wire(BaseModel):
    """Base of every model that crosses a process border: frozen, camelCase outside, snake_case inside."""

    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, populate_by_name=True, allow_inf_nan=False, defer_build=True
    )


class OnScreen:
    """Marks text that people read; the structure check warns when cleaning takes characters out of it."""


ON_SCREEN = OnScreen()


def refusal(
    code: Code, sentence: str, *, limit: str | float | None = None, hint: str | None = None
) -> PydanticCustomError:
    """Build the error a field's own check raises; the sentence completes "<field> …"."""
    return PydanticCustomError(code.value, "{sentence}", {"sentence": sentence, "limit": limit, "hint": hint})


def _whole(value: Any) -> Any:
    # JSON doesn't tell 30 from 30.0, and JSON Schema's "integer" takes both.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _cleaned(value: Any) -> Any:
    return clean(value) if isinstance(value, str) else value


def _job_id(text: str) -> str:
    if text and (fault := job_id_fault(text)):
        raise refusal(Code.BAD_ID, fault)
    return text


def _identifier(text: str) -> str:
    if text and (fault := identifier_fault(text)):
        raise refusal(Code.BAD_ID, fault)
    return text


def _request_id(text: str) -> str:
    if text and (fault := request_id_fault(text)):
        raise refusal(Code.BAD_ID, fault)
    return text


def _label_id(text: str) -> str:
    if not text.isprintable():
        raise refusal(Code.BAD_ID, "must not hold control characters")
    return unicodedata.normalize("NFC", text)


def _colour(text: str) -> str:
    if not _COLOUR.fullmatch(text):
        raise refusal(Code.BAD_FORMAT, "must be a colour like #1F7AE0", limit="#RRGGBB")
    return text.upper()


def _language(text: str) -> str:
    if not _LANGUAGE.fullmatch(text):
        raise refusal(Code.BAD_FORMAT, "must be a language tag like en or fr-CA (BCP 47)", limit="BCP 47")
    return text


def _sha256(text: str) -> str:
    if not _SHA256.fullmatch(text):
        raise refusal(Code.BAD_FORMAT, "must be the 64 hexadecimal digits of a SHA-256")
    return text.lower()


def _date_time(value: Any) -> Any:
    if isinstance(value, datetime):
        return value
    sentence = "must be a date-time with a zone, like 2025-10-08T12:00:00.000Z"
    if not isinstance(value, str) or not _DATE_TIME.fullmatch(value):
        raise refusal(Code.BAD_FORMAT if isinstance(value, str) else Code.WRONG_TYPE, sentence, limit="RFC 3339")
    try:
        return datetime.fromisoformat(value.upper())
    except ValueError:
        raise refusal(Code.BAD_FORMAT, sentence, limit="RFC 3339") from None


def _metadata(value: Any) -> Any:
    if value is None:
        raise refusal(Code.WRONG_TYPE, "must not be null")
    try:
        size_bytes = len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"))
    except (TypeError, ValueError):
        raise refusal(Code.WRONG_TYPE, "must be JSON") from None
    if size_bytes > METADATA_MAX_BYTES:
        sentence = f"has {size_bytes} bytes as JSON; at most {METADATA_MAX_BYTES} are allowed"
        raise refusal(Code.TOO_LARGE, sentence, limit=METADATA_MAX_BYTES)
    return value


def _text_schema(pattern: str) -> dict[str, str | int]:
    return {"type": "string", "pattern": pattern}


Whole = Annotated[int, Strict(), BeforeValidator(_whole)]
Number = Annotated[float, Strict()]
Flag = Annotated[bool, Strict()]
UnitNumber = Annotated[float, Strict(), Field(ge=0, le=1)]
UnitLength = Annotated[float, Strict(), Field(gt=0, le=1)]
TimeMs = Annotated[int, Strict(), Field(ge=0, le=86_400_000), BeforeValidator(_whole)]
StepDurationMs = Annotated[int, Strict(), Field(ge=500, le=120_000), BeforeValidator(_whole)]

LineText = Annotated[str, Field(max_length=200), BeforeValidator(_cleaned), ON_SCREEN]
ParagraphText = Annotated[str, Field(max_length=2000), BeforeValidator(_cleaned), ON_SCREEN]
BodyText = Annotated[str, Field(max_length=8000), BeforeValidator(_cleaned), ON_SCREEN]
WatermarkText = Annotated[str, Field(max_length=40), BeforeValidator(_cleaned), ON_SCREEN]

JobIdText = Annotated[str, Field(min_length=1), AfterValidator(_job_id), WithJsonSchema(_text_schema(JOB_ID_PATTERN))]
ProjectIdText = Annotated[
    str, Field(min_length=1), AfterValidator(_identifier), WithJsonSchema(_text_schema(IDENTIFIER_PATTERN))
]
RequestIdText = Annotated[
    str, Field(min_length=1), AfterValidator(_request_id), WithJsonSchema(_text_schema(REQUEST_ID_PATTERN))
]
StepIdText = Annotated[
    str, Field(min_length=1), AfterValidator(_identifier), WithJsonSchema(_text_schema(IDENTIFIER_PATTERN))
]
LabelIdText = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(_label_id)]
PlaceText = Annotated[str, Field(max_length=3 * 1024 * 1024)]
Colour = Annotated[str, AfterValidator(_colour), WithJsonSchema(_text_schema("^#[0-9A-Fa-f]{6}$"))]
LANGUAGE_MAX = 35
LanguageTag = Annotated[
    str,
    Field(max_length=LANGUAGE_MAX),
    AfterValidator(_language),
    WithJsonSchema(_text_schema("^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$") | {"maxLength": LANGUAGE_MAX}),
]
Sha256 = Annotated[str, AfterValidator(_sha256), WithJsonSchema(_text_schema("^[0-9A-Fa-f]{64}$"))]
DateTime = Annotated[datetime, BeforeValidator(_date_time), WithJsonSchema(_DATE_TIME_SCHEMA)]
Metadata = Annotated[Any, BeforeValidator(_metadata), WithJsonSchema(_ANY_BUT_NULL_SCHEMA)]
