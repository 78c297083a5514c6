"""What a Lua script of a server may call beside the server itself."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import msgpack

from preview_worker.chaos.simulation import lua_values
from preview_worker.chaos.simulation.lua_tokens import LuaError
from preview_worker.chaos.simulation.lua_values import Several, Table, number, put, table


def _unpack(values: Table, first: Any = 1, last: Any = None) -> Several:
    stop = values.size() if last is None else int(last)
    return Several(values.get(at) for at in range(int(first), stop + 1))


def _sub(text: str, first: int, last: int = -1) -> str:
    start = max(len(text) + first, 0) if first < 0 else first - 1
    return text[start : len(text) + last + 1 if last < 0 else last]


def _lower(text: str) -> str:
    """Lua's ``string.lower``, which knows bytes and no letters beyond ASCII."""
    return "".join(one.lower() if one.isascii() else one for one in text)


def _match(text: str, pattern: str) -> str | None:
    """Lua's ``string.match`` for patterns of literals, ``.``, ``*``, ``+``, ``%d`` and one capture."""
    if re.search(r"%[^d]|\[|\^|\$|-", pattern):
        raise LuaError(f"the pattern {pattern!r} isn't understood")
    found = re.search(pattern.replace("%d", r"\d"), text)
    return found.group(1) if found is not None else None


def _format(form: str, *values: Any) -> str:
    """Lua's ``string.format``; what is asked for as a text stays one."""
    kinds = re.findall(r"%[^a-zA-Z%]*([a-zA-Z])", form)
    told = (value if kind == "s" else number(value) for kind, value in zip(kinds, values, strict=True))
    return form % tuple(told)


def _insert(target: Table, *arguments: Any) -> Several:
    if len(arguments) != 1:
        raise LuaError("table.insert at a position isn't understood")
    put(target, target.size() + 1, arguments[0])
    return Several()


def _nested(value: Any) -> Any:
    """A value of JSON or msgpack: what is nothing there isn't there."""
    if isinstance(value, dict):
        return Table((key, _nested(held)) for key, held in value.items() if held is not None)
    if isinstance(value, list):
        return table(_nested(held) for held in value)
    return value


def _plain(value: Any) -> Any:
    """A table as JSON or msgpack write it."""
    if not isinstance(value, Table):
        return value
    if value.size() == len(value) and value:
        return [_plain(held) for held in value.values_in_order()]
    return {key: _plain(held) for key, held in value.items()}


LIBRARY: Final[dict[str, Any]] = {
    "cmsgpack": Table(
        unpack=lambda packed: _nested(msgpack.unpackb(packed, raw=False)),
        pack=lambda value: msgpack.packb(_plain(value), use_bin_type=False),
    ),
    "cjson": Table(decode=lambda text: _nested(json.loads(text)), encode=lambda value: json.dumps(_plain(value))),
    "string": Table(sub=_sub, match=_match, format=_format, lower=_lower),
    "table": Table(
        insert=_insert,
        concat=lambda values, between="": between.join(lua_values.text(one) for one in values.values_in_order()),
    ),
    "math": Table(
        floor=lambda value: int(number(value) // 1),
        abs=lambda value: abs(number(value)),
        min=lambda *values: min(number(value) for value in values),
        max=lambda *values: max(number(value) for value in values),
    ),
    "unpack": _unpack,
    "ipairs": lua_values.ipairs,
    "pairs": lua_values.pairs,
    "tonumber": lua_values.to_number,
    "tostring": lua_values.to_string,
    "type": lua_values.type_of,
}
"""Names and what they stand for; `redis` and `pcall` are the server's."""
