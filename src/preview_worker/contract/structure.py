"""Keys and text below the models: what the contract doesn't know, what is reserved, what had to be cleaned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from preview_worker.contract.fields import OnScreen
from preview_worker.contract.finding import Code, Finding, Location, Severity
from preview_worker.contract.guesses import Guesses
from preview_worker.contract.job import PreviewJob
from preview_worker.contract.request import PreviewRequest
from preview_worker.contract.step import Step
from preview_worker.contract.text import removed_characters
from preview_worker.contract.variants import StepWords

RESERVED: Mapping[type[BaseModel], frozenset[str]] = MappingProxyType(
    {
        PreviewRequest: frozenset({"webhook"}),
    }
)
"""Names kept for later work, refused until then."""

WARNINGS_MAX = 500

ALIASES: Mapping[type[BaseModel], Mapping[str, str]] = MappingProxyType(
    {model: MappingProxyType({"body": "text"}) for model in (Step, StepWords)}
)
"""Other names of fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """What the walk needs to know of a field.

    Attributes:
        model: The model below it.
        on_screen: Whether people read its text.
        keyed: Whether it holds objects of the model by names of the payload's own.
    """

    model: type[BaseModel] | None
    on_screen: bool
    keyed: bool


def structure_findings(raw: dict[str, Any], *, strict: bool) -> Iterator[Finding]:
    """Yield a finding per unknown or reserved key and per text that loses characters, in document order.

    Of the warnings only the first 500 are told: a payload has room for hundreds of thousands.
    """
    yield from _Walk(strict=strict).object(PreviewJob, raw, ())


@cache
def members(model: type[BaseModel]) -> Mapping[str, Member]:
    """Return a model's fields by their names on the wire, other names included."""
    found: dict[str, Member] = {}
    for name, info in model.model_fields.items():
        on_screen = any(isinstance(mark, OnScreen) for mark in info.metadata)
        inner, marked = _inner(info.annotation)
        found[info.alias or name] = Member(
            model=inner, on_screen=on_screen or marked, keyed=get_origin(info.annotation) is dict
        )
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


@dataclass(slots=True, kw_only=True)
class _Walk:
    """One walk over one payload."""

    strict: bool
    guesses: Guesses = field(default_factory=Guesses)
    warnings_left: int = WARNINGS_MAX

    def object(self, model: type[BaseModel], raw: dict[str, Any], place: Location) -> Iterator[Finding]:
        """Yield what an object of a model gives."""
        known = members(model)
        for key, value in raw.items():
            if key in RESERVED.get(model, frozenset()):
                sentence = "is reserved for later work; leave it out"
                yield Finding.at((*place, key), Code.UNSUPPORTED_FIELD, sentence, value=value)
            elif (member := known.get(key)) is None:
                yield from self._unknown(str(key), known, place, is_error=self.strict or model is PreviewJob)
            else:
                yield from self._value(member, value, (*place, key))

    def _unknown(self, key: str, known: Mapping[str, Member], place: Location, *, is_error: bool) -> Iterator[Finding]:
        if not is_error and not self._may_warn():
            return
        severity = Severity.ERROR if is_error else Severity.WARNING
        hint = self.guesses.closest(key, known)
        sentence = "is not part of the contract"
        yield Finding.at((*place, key), Code.UNKNOWN_KEY, sentence, hint=hint, severity=severity)

    def _value(self, member: Member, value: Any, place: Location) -> Iterator[Finding]:
        match value:
            case str() if member.on_screen and (removed := removed_characters(value)) and self._may_warn():
                sentence = f"loses characters that can't be shown: {', '.join(removed[:5])}"
                yield Finding.at(place, Code.TEXT_CLEANED, sentence, severity=Severity.WARNING)
            case dict() | list() if member.model is not None:
                for entry, here in _objects(member, value, place):
                    yield from self.object(member.model, entry, here)
            case _:
                return

    def _may_warn(self) -> bool:
        self.warnings_left -= 1
        return self.warnings_left >= 0


def _objects(
    member: Member, value: dict[str, Any] | list[Any], place: Location
) -> Iterator[tuple[dict[str, Any], Location]]:
    """The objects of a member's model in its value, each with its place."""
    if isinstance(value, dict) and not member.keyed:
        yield value, place
        return
    for key, entry in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(entry, dict):
            yield entry, (*place, key)
