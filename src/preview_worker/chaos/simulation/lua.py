"""A server's scripts, run by Lua 5.1 itself: the C library that Redis and Valkey carry, here from the wheel `lupa`.

Below the scripts stand commands in Python. A script gets and gives what it would in a real server: bytes, doubles, and
tables without nil. Lua 5.1 seeds no hash, so that `pairs` has one order for one history of a table.
"""

from __future__ import annotations

import json
import weakref
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgpack
from lupa.lua51 import LuaError, LuaRuntime, lua_type
from redis.exceptions import ResponseError

Command = Callable[..., Any]
"""What ``redis.call`` does: a name and texts in, a reply as `Interpreter` describes it out."""
Script = Callable[[Sequence[str], Sequence[str]], Any]
"""KEYS and ARGV in, what a client reads out."""


_WHOLE: Final = 2.0**63
"""Below, what is whole is written without an exponent."""

_LONGEST: Final = 10**14


class Status(str):
    """A status reply, which a script doesn't take for a string."""

    __slots__ = ()


# As in a server: no door to the machine, no chance, and no global that outlives a script.
_PRELUDE: Final = """
local call, decode, encode, unpacked, packed = ...
local null = decode('null')
local function calling(...)
  local reply = call(...)
  if type(reply) == 'table' and reply.err then error(reply, 0) end
  return reply
end
local function told(fine, result, ...)
  if not fine and type(result) == 'table' then result = result.err end
  return fine, result, ...
end
local found = {
  pcall = function(...) return told(pcall(...)) end,
  redis = {
    call = calling,
    pcall = call,
    error_reply = function(text) return {err = text} end,
    status_reply = function(text) return {ok = text} end,
  },
  cjson = {decode = decode, encode = encode, null = null},
  cmsgpack = {unpack = unpacked, pack = packed},
}
for _, name in ipairs({'assert', 'error', 'getmetatable', 'ipairs', 'next', 'pairs', 'rawequal', 'rawget', 'rawset',
    'select', 'setmetatable', 'string', 'table', 'tonumber', 'tostring', 'type', 'unpack', 'xpcall', 'math'}) do
  found[name] = _G[name]
end
math.random, math.randomseed = nil, nil
setmetatable(found, {
  __index = function(_, name)
    error("Script attempted to access nonexistent global variable '" .. tostring(name) .. "'", 2)
  end,
  __newindex = function() error('Attempt to modify a readonly table', 2) end,
})
return function(script, keys, arguments)
  rawset(found, 'KEYS', keys)
  rawset(found, 'ARGV', arguments)
  local fine, result = pcall(setfenv(script, found))
  if fine or type(result) == 'table' then return result end
  if type(result) == 'string' then return {err = 'ERR ' .. result} end
  error(result, 0)
end
"""


class Interpreter:
    """One server's Lua.

    Args:
        call: Runs a command. It returns None for what isn't there, a whole number, a text, a `Status`, or a list of
            such, or raises redis-py's `ResponseError`. Whatever else it raises goes through the script to the caller.
    """

    def __init__(self, call: Command) -> None:
        self._call = call
        runtime: Any = LuaRuntime  # its public stubs know less of it than its documentation
        self._lua = runtime(encoding=None, register_eval=False, register_builtins=False)
        self._null = self._lua.eval("newproxy()")
        self._run = self._lua.execute(
            _PRELUDE,
            _weakly(self._commanded),
            _weakly(self._json_read),
            _weakly(self._json_written),
            _weakly(self._unpacked),
            _weakly(self._packed),
        )

    def script(self, text: str) -> Script:
        """Compile a script.

        Raises:
            ResponseError: It isn't Lua.
        """
        try:
            function = self._lua.compile(_bytes(text), name=b"=user_script")
        except LuaError as error:
            raise ResponseError(f"ERR Error compiling script (new function): {_text(error.args[0])}") from error

        def run(keys: Sequence[str], arguments: Sequence[str]) -> Any:
            tables = [self._lua.table_from([_bytes(each) for each in part]) for part in (keys, arguments)]
            return _answer(self._run(function, *tables))

        return run

    def _commanded(self, name: bytes, *arguments: Any) -> Any:
        try:
            reply = self._call(name.decode(), *(_written(argument) for argument in arguments))
        except ResponseError as error:
            return self._lua.table_from({b"err": _bytes(str(error))})
        return self._given(reply)

    def _given(self, reply: Any) -> Any:
        """A reply as a script sees it: what isn't there is false."""
        match reply:
            case None:
                return False
            case list():
                return self._lua.table_from([self._given(held) for held in reply])
            case Status():
                return self._lua.table_from({b"ok": _bytes(reply)})
            case str():
                return _bytes(reply)
            case _:
                return reply

    def _json_read(self, text: bytes) -> Any:
        return self._table(json.loads(_text(text)), null=self._null)

    def _json_written(self, value: Any) -> bytes:
        plain = self._plain(value, _json_scalar)
        return _bytes(json.dumps(plain, separators=(",", ":"), ensure_ascii=False).replace("/", "\\/"))

    def _unpacked(self, packed: bytes) -> Any:
        return self._table(msgpack.unpackb(packed, raw=True, strict_map_key=False), null=None)

    def _packed(self, value: Any) -> Any:
        return msgpack.packb(self._plain(value, lambda scalar: scalar), use_bin_type=False)

    def _table(self, value: Any, *, null: Any) -> Any:
        """A value of JSON or msgpack in Lua; a key whose value is nil isn't there."""
        match value:
            case dict():
                held = {self._table(key, null=null): self._table(under, null=null) for key, under in value.items()}
                return self._lua.table_from(held)
            case list():
                return self._lua.table_from([self._table(held, null=null) for held in value])
            case None:
                return null
            case str():
                return _bytes(value)
            case _:
                return value

    def _plain(self, value: Any, scalar: Callable[[Any], Any]) -> Any:
        """A value of Lua as JSON and msgpack write it: a table under 1, 2, … is a list."""
        match lua_type(value):
            case "table":
                held = {key: self._plain(under, scalar) for key, under in value.items()}
                numbers = range(1, len(held) + 1)
                if held and all(number in held for number in numbers):
                    return [held[number] for number in numbers]
                return {scalar(key): under for key, under in held.items()}
            case "userdata":
                return None
            case _:
                return scalar(value)


def _json_scalar(value: Any) -> Any:
    """Bytes, a number or a truth as JSON has it; numbers have 14 digits at most."""
    if isinstance(value, bytes):
        return _text(value)
    if type(value) is float or (type(value) is int and abs(value) >= _LONGEST):
        return float(f"{value:.14g}")
    return value


def _weakly(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method for Lua to hold: Python's collector doesn't see through Lua, and nothing would ever go."""
    held = weakref.WeakMethod(method)

    def call(*arguments: Any) -> Any:
        found = held()
        if found is None:
            raise ReferenceError("the interpreter is gone")
        return found(*arguments)

    return call


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


def _written(argument: Any) -> str:
    """What a script hands to a command; whole numbers are written whole."""
    if isinstance(argument, bytes):
        return _text(argument)
    if type(argument) in {int, float}:
        return str(int(argument)) if abs(argument) < _WHOLE and argument == int(argument) else repr(argument)
    raise ResponseError("ERR Command arguments must be strings or integers")


def _answer(value: Any) -> Any:
    """What a script returned, as a client reads it: numbers are cut to whole ones, tables end at their first nil."""
    if isinstance(value, bytes):
        return _text(value)
    if value is None or value is False:
        return None
    if isinstance(value, (int, float)):
        return int(value)
    if lua_type(value) != "table":
        raise ResponseError(f"ERR a script returned {value!r}")
    if (error := value[b"err"]) is not None:
        raise ResponseError(_text(error))
    if (status := value[b"ok"]) is not None:
        return Status(_text(status))
    held, number = [], 1
    while (each := value[number]) is not None:
        held.append(_answer(each))
        number += 1
    return held
