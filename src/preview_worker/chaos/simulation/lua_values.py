"""Lua's values in Python: nil is None, a number an int or float, a string a str (packed ones bytes)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from preview_worker.chaos.simulation.lua_tokens import LuaError

_DIGITS: Final = "%.14g"


class Several(tuple[Any, ...]):
    """What a function returned that returned none or more than one value."""

    __slots__ = ()


class Table(dict[Any, Any]):
    """A Lua table; a key without a value isn't there."""

    __slots__ = ()

    def size(self) -> int:
        """Lua's ``#``: values under 1, 2, … without a gap."""
        count = len(self)
        if count in self and count + 1 not in self:
            return count
        count = 0
        while count + 1 in self:
            count += 1
        return count

    def values_in_order(self) -> list[Any]:
        """The values under 1, 2 and so on."""
        return [self[index] for index in range(1, self.size() + 1)]


def table(values: Iterable[Any]) -> Table:
    """A table of values under 1, 2 and so on."""
    return Table((index, value) for index, value in enumerate(values, 1) if value is not None)


def index(source: Any, key: Any) -> Any:
    """``source[key]``."""
    if not isinstance(source, Table):
        raise LuaError(f"attempt to index {source!r}")
    return source.get(key)


def put(target: Table, key: Any, value: Any) -> None:
    """``target[key] = value``."""
    if value is None:
        target.pop(key, None)
    else:
        target[key] = value


def one(result: Any) -> Any:
    """The first of what an expression gives."""
    if isinstance(result, Several):
        return result[0] if result else None
    return result


def all_of(result: Any) -> tuple[Any, ...]:
    """Everything that an expression gives."""
    return result if isinstance(result, Several) else (result,)


def spread(count: int, *values: Any) -> tuple[Any, ...]:
    """So many values: cut, or filled up with nil."""
    return (*values, *([None] * (count - len(values))))[:count]


def number(value: Any) -> Any:
    """An operand of arithmetic; a string counts as the number that it writes."""
    if type(value) in {int, float}:
        return value
    converted = to_number(value)
    if converted is None:
        raise LuaError(f"arithmetic on {value!r}")
    return converted


def to_number(value: Any, _base: Any = None) -> Any:
    """Lua's ``tonumber``."""
    if type(value) in {int, float}:
        return value
    if not isinstance(value, str):
        return None
    try:
        return int(value)
    except ValueError:
        try:
            return float(value)
        except ValueError:
            return None


def text(value: Any) -> Any:
    """An operand of ``..``; numbers have 14 digits at most."""
    if isinstance(value, (str, bytes)):
        return value
    if type(value) in {int, float}:
        return _DIGITS % value
    raise LuaError(f"attempt to concatenate {value!r}")


def to_string(value: Any) -> str:
    """Lua's ``tostring``."""
    if value is None:
        return "nil"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(text(value))


def type_of(value: Any) -> str:
    """Lua's ``type``."""
    if value is None:
        return "nil"
    kinds: tuple[tuple[Any, str], ...] = (
        (bool, "boolean"),
        ((int, float), "number"),
        ((str, bytes), "string"),
        (Table, "table"),
    )
    return next((name for kind, name in kinds if isinstance(value, kind)), "function")


def size(value: Any) -> int:
    """Lua's ``#``."""
    return value.size() if isinstance(value, Table) else len(value)


def counted(start: Any, stop: Any, step: Any = 1) -> range:
    """The values of a numeric ``for``; only whole ones are understood."""
    first, last, by = int(number(start)), int(number(stop) // 1), int(number(step))
    return range(first, last + (1 if by > 0 else -1), by)


def ipairs(values: Table) -> Iterator[tuple[int, Any]]:
    """Lua's ``ipairs``."""
    index = 1
    while (value := values.get(index)) is not None:
        yield index, value
        index += 1


def pairs(values: Table) -> Iterator[tuple[Any, Any]]:
    """Lua's ``pairs``; the order is that of the insertions, which Lua doesn't promise."""
    return iter(list(values.items()))


def iterated(count: int, iterator: Any) -> Iterator[Any]:
    """The values of a generic ``for`` with so many names."""
    steps = iterator if isinstance(iterator, Iterator) else _called(iterator)
    for values in steps:
        padded = spread(count, *values)
        yield padded if count > 1 else padded[0]


def _called(function: Callable[[], Any]) -> Iterator[tuple[Any, ...]]:
    while True:
        values = all_of(function())
        if not values or values[0] is None:
            return
        yield tuple(values)
