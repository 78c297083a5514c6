"""YAML as far as JSON can say the same, built straight from parser events with every place's line and column."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from preview_worker.contract.finding import pointer, visible

# YAML 1.2's core words, and JSON's numbers with a leading "+" or "." allowed. The words yes, no, on and off, dates and
# sexagesimal numbers stay text: "chapter: 12:30" means what it says.
_NULL = re.compile(r"~|null|Null|NULL|")
_TRUE = re.compile(r"true|True|TRUE")
_FALSE = re.compile(r"false|False|FALSE")
_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_INTEGER_MAX_CHARACTERS = len("-9007199254740991")


class YamlFaultError(ValueError):
    """The text is no YAML that JSON can say.

    Args:
        sentence: What is wrong.
        position: Line and column from 1.
        too_deep: Whether the nesting is the fault.
    """

    def __init__(self, sentence: str, position: tuple[int, int] | None, *, too_deep: bool = False) -> None:
        super().__init__(sentence)
        self.position = position
        self.too_deep = too_deep


@dataclass(slots=True)
class _Open:
    """A mapping or sequence whose end has not come yet."""

    container: dict[str, Any] | list[Any]
    place: str
    key: str | None = None


@dataclass(slots=True)
class _Builder:
    """Grows the value from events; `nesting_max` bounds the open containers."""

    nesting_max: int
    positions: dict[str, tuple[int, int]] = field(default_factory=dict)
    open: list[_Open] = field(default_factory=list)
    root: Any = None
    documents: int = 0

    def take(self, event: Any) -> None:
        """Apply one parser event."""
        position = (event.start_mark.line + 1, event.start_mark.column + 1)
        match event:
            case yaml.DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    raise YamlFaultError("a second document begins; only one is read", position)
            case yaml.AliasEvent():
                raise YamlFaultError(f"the alias *{event.anchor} is not accepted; write the value out", position)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self.open.pop()
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent() | yaml.ScalarEvent():
                self._node(event, position)
            case _:
                pass

    def _node(self, event: Any, position: tuple[int, int]) -> None:
        if event.anchor is not None:
            raise YamlFaultError(f"the anchor &{event.anchor} is not accepted; write the value out", position)
        if event.tag not in {None, "!"}:
            raise YamlFaultError(f"the tag {event.tag} is not accepted", position)
        scope = self.open[-1] if self.open else None
        if scope is not None and isinstance(scope.container, dict) and scope.key is None:
            self._key(scope, event, position)
            return
        place = self._place(scope)
        self.positions.setdefault(place, position)
        value: Any = _scalar(event, position) if isinstance(event, yaml.ScalarEvent) else _container(event)
        self._attach(scope, value)
        if isinstance(value, dict | list):
            if len(self.open) >= self.nesting_max:
                raise YamlFaultError("nested too deeply", position, too_deep=True)
            self.open.append(_Open(container=value, place=place))

    def _key(self, scope: _Open, event: Any, position: tuple[int, int]) -> None:
        if not isinstance(event, yaml.ScalarEvent):
            raise YamlFaultError("a key must be a text", position)
        if event.value in scope.container:
            raise YamlFaultError(f'the key "{visible(event.value)}" stands twice in one mapping', position)
        if event.value == "<<":
            raise YamlFaultError("the merge key << is not accepted; write the values out", position)
        scope.key = event.value
        self.positions[scope.place + pointer(event.value)] = position

    @staticmethod
    def _place(scope: _Open | None) -> str:
        if scope is None:
            return ""
        return scope.place + pointer(len(scope.container) if scope.key is None else scope.key)

    def _attach(self, scope: _Open | None, value: Any) -> None:
        if scope is None:
            self.root = value
        elif isinstance(scope.container, list):
            scope.container.append(value)
        elif scope.key is not None:
            scope.container[scope.key] = value
            scope.key = None


def read_yaml(text: str, *, nesting_max: int) -> tuple[Any, dict[str, tuple[int, int]]]:
    """Read one YAML document.

    Returns:
        The JSON value, and line and column, from 1, of every JSON pointer in it.

    Raises:
        YamlFaultError: a syntax error, something JSON can't say, or nesting beyond `nesting_max`.
    """
    builder = _Builder(nesting_max=nesting_max)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for event in yaml.parse(text, Loader=loader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        position = None if mark is None else (mark.line + 1, mark.column + 1)
        raise YamlFaultError(error.problem or "it can't be parsed", position) from error
    except yaml.YAMLError as error:
        raise YamlFaultError("it holds characters that YAML does not allow", None) from error
    return builder.root, builder.positions


def _container(event: Any) -> dict[str, Any] | list[Any]:
    return {} if isinstance(event, yaml.MappingStartEvent) else []


def _scalar(event: yaml.ScalarEvent, position: tuple[int, int]) -> Any:
    text: str = event.value
    if event.style is not None and event.style != "":
        return text
    if _NULL.fullmatch(text):
        return None
    if _TRUE.fullmatch(text) or _FALSE.fullmatch(text):
        return bool(_TRUE.fullmatch(text))
    if _NOT_FINITE.fullmatch(text):
        raise YamlFaultError(f"{text} is no number JSON can say", position)
    return _number(text, position)


def _number(text: str, position: tuple[int, int]) -> str | int | float:
    # A leading zero marks a label such as 007, not a count.
    digits = text.lstrip("+-")
    if _INTEGER.fullmatch(text) and (digits == "0" or not digits.startswith("0")):
        if len(text) > _INTEGER_MAX_CHARACTERS:
            raise YamlFaultError(f"{text[:40]} is too large for a whole number", position)
        return int(text)
    if _FLOAT.fullmatch(text) and not _INTEGER.fullmatch(text):
        number = float(text)
        if not math.isfinite(number):
            raise YamlFaultError(f"{text[:40]} is too large for a number", position)
        return number
    return text
