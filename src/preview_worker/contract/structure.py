"""Keys and text below the models: what the contract doesn't know, what is reserved, what had to be cleaned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, get_args

from pydantic import BaseModel

from preview_worker.contract.fields import OnScreen
from preview_worker.contract.finding import Code, Finding, Severity
from preview_worker.contract.job import PreviewJob
from preview_worker.contract.options import Options
from preview_worker.contract.request import PreviewRequest
from preview_worker.contract.scene import Callout
from preview_worker.contract.step import Step
from preview_worker.contract.text import removed_characters
from preview_worker.contract.translate import Place, closest

RESERVED: Mapping[type[BaseModel], frozenset[str]] = MappingProxyType(
    {
        PreviewRequest: frozenset({"variants", "webhook"}),
        Step: frozenset({"narrationTimings"}),
        Callout: frozenset({"at", "until"}),
        Options: frozenset({"supersede", "compareTo"}),
    }
)
"""Names kept for later work, refused until then."""

ALIASES: Mapping[type[BaseModel], Mapping[str, str]] = MappingProxyType({Step: MappingProxyType({"body": "text"})})
"""Other names of fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """What the walk needs to know of a field: the model below it, and whether people read its text."""

    model: type[BaseModel] | None
    on_screen: bool


def structure_findings(raw: dict[str, Any], *, strict: bool) -> Iterator[Finding]:
    """Yield a finding per unknown or reserved key and per text that loses characters, in document order."""
    yield from _object(PreviewJob, raw, (), strict=strict)


@cache
def members(model: type[BaseModel]) -> Mapping[str, Member]:
    """Return a model's fields by their names on the wire, other names included."""
    found: dict[str, Member] = {}
    for name, field in model.model_fields.items():
        on_screen = any(isinstance(mark, OnScreen) for mark in field.metadata)
        inner, marked = _inner(field.annotation)
        found[field.alias or name] = Member(model=inner, on_screen=on_screen or marked)
    found.update((alias, found[key]) for alias, key in ALIASES.get(model, {}).items())
    return MappingProxyType(found)


def _inner(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    model, on_screen = None, isinstance(annotation, OnScreen)
    for argument in get_args(annotation):
        inner, marked = _inner(argument)
        model, on_screen = model or inner, on_screen or marked
    return model, on_screen


def _object(model: type[BaseModel], raw: dict[str, Any], place: Place, *, strict: bool) -> Iterator[Finding]:
    known = members(model)
    for key, value in raw.items():
        here = (*place, key)
        if key in RESERVED.get(model, frozenset()):
            sentence = "is reserved for later work; leave it out"
            yield Finding.at(here, Code.UNSUPPORTED_FIELD, sentence, value=value)
        elif (member := known.get(key)) is None:
            severity = Severity.ERROR if strict or model is PreviewJob else Severity.WARNING
            hint = closest(str(key), known)
            yield Finding.at(here, Code.UNKNOWN_KEY, "is not part of the contract", hint=hint, severity=severity)
        else:
            yield from _value(member, value, here, strict=strict)


def _value(member: Member, value: Any, place: Place, *, strict: bool) -> Iterator[Finding]:
    match value:
        case str() if member.on_screen and (removed := removed_characters(value)):
            sentence = f"loses characters that can't be shown: {', '.join(removed[:5])}"
            yield Finding.at(place, Code.TEXT_CLEANED, sentence, severity=Severity.WARNING)
        case dict() if member.model is not None:
            yield from _object(member.model, value, place, strict=strict)
        case list() if member.model is not None:
            for index, entry in enumerate(value):
                if isinstance(entry, dict):
                    yield from _object(member.model, entry, (*place, index), strict=strict)
        case _:
            return
