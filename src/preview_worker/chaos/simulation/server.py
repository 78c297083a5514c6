"""A server in memory that runs the same Lua as a real one, on a clock of its own."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from typing import Any

from redis.exceptions import NoScriptError, RedisError, ResponseError

from preview_worker.chaos.simulation import lua_library, lua_values
from preview_worker.chaos.simulation.lua_compiler import Chunk, compiled
from preview_worker.chaos.simulation.lua_tokens import LuaError
from preview_worker.chaos.simulation.lua_values import Several, Table, table
from preview_worker.chaos.simulation.server_commands import Command, command_table
from preview_worker.chaos.simulation.server_keys import Keys, Status

Observer = Callable[[str, list[str], list[Any], Any], None]
"""Hears of each script that ran: its text, KEYS, ARGV and what it returned."""


class SimulatedServer:
    """Redis as far as our code and BullMQ's need it; every command is one step.

    Args:
        now_ms: Its wall clock, in ms since the epoch.
        altered: Changes a script before it runs; for what-if runs of broken code.
        observe: Hears of scripts.
    """

    def __init__(
        self,
        now_ms: Callable[[], int],
        *,
        altered: Callable[[str], str] = lambda text: text,
        observe: Observer = lambda *_: None,
    ) -> None:
        self.keys = Keys(now_ms)
        self._commands: dict[str, Command] = command_table(self.keys)
        self._altered = altered
        self._observe = observe
        self._scripts: dict[str, tuple[str, Chunk]] = {}
        self._waiting: dict[str, list[asyncio.Future[None]]] = {}
        self._globals = _globals(self._called_by_script)

    def call(self, name: str, *arguments: Any) -> Any:
        """Run a command.

        Args:
            name: Its name, without regard to case.
            arguments: Texts, numbers, or bytes that are packed or a text.

        Raises:
            ResponseError, NoScriptError: As a server answers.
        """
        match name.upper():
            case "EVALSHA":
                return self._run(str(arguments[0]), int(arguments[1]), arguments[2:])
            case "SCRIPT LOAD":
                return self._load(arguments[0])
            case other if other in self._commands:
                return self._called(other, *(_text(argument) for argument in arguments))
            case other:
                raise ResponseError(f"ERR unknown command '{other}'")

    def added(self, key: str) -> asyncio.Future[None]:
        """Done once something is added to a sorted set."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(future)
        return future

    def _load(self, script: str | bytes) -> str:
        text = script.decode() if isinstance(script, bytes) else script
        sha = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
        self._scripts[sha] = (text, compiled(self._altered(text)))
        return sha

    def _run(self, sha: str, key_count: int, arguments: tuple[Any, ...]) -> Any:
        if sha not in self._scripts:
            raise NoScriptError("NOSCRIPT No matching script. Please use EVAL.")
        text, chunk = self._scripts[sha]
        keys = [str(key) for key in arguments[:key_count]]
        values = [_argument(value) for value in arguments[key_count:]]
        answer = _answer(lua_values.one(chunk(self._globals, table(keys), table(values))))
        self._observe(text, keys, values, answer)
        return answer

    def _called(self, name: str, *arguments: Any) -> Any:
        if name == "ZADD":
            for future in self._waiting.pop(arguments[0], ()):
                if not future.done():
                    future.set_result(None)
        return self._commands[name](*arguments)

    def _called_by_script(self, name: str, *arguments: Any) -> Any:
        if name.upper() not in self._commands:
            raise LuaError(f"a script calls {name}")
        try:
            return _value(self._called(name.upper(), *(_written(argument) for argument in arguments)))
        except RedisError as error:
            raise LuaError(str(error)) from error


def _globals(call: Callable[..., Any]) -> dict[str, Any]:
    """What a script finds beside KEYS and ARGV."""
    return {"redis": Table(call=call), "pcall": _protected, **lua_library.LIBRARY}


def _protected(function: Callable[..., Any], *arguments: Any) -> Several:
    """Lua's ``pcall``."""
    try:
        return Several((True, *lua_values.all_of(function(*arguments))))
    except (LuaError, RedisError, ValueError) as error:
        return Several((False, str(error)))


def _text(argument: Any) -> str:
    return argument.decode() if isinstance(argument, bytes) else str(argument)


def _argument(argument: Any) -> Any:
    """An element of ARGV: packed ones stay bytes."""
    if isinstance(argument, bytes):
        return argument
    return str(argument)


def _written(argument: Any) -> Any:
    """What a script hands to a command; whole numbers are written whole however large they are."""
    if isinstance(argument, (str, bytes)):
        return argument
    if type(argument) in {int, float}:
        return str(int(argument)) if argument == int(argument) else f"{argument:.17g}"
    raise LuaError("Lua redis() command arguments must be strings or integers")


def _value(reply: Any) -> Any:
    """A reply as a script sees it: what isn't there is false."""
    match reply:
        case None:
            return False
        case dict():
            return Table((name, _value(held)) for name, held in reply.items())
        case list():
            return table(_value(held) for held in reply)
        case Status():
            return Table(ok=str(reply))
        case _:
            return reply


def _answer(value: Any) -> Any:
    """What a script returned, as a client reads it: numbers are cut to whole ones, tables end at their first nil."""
    if value is None or value is False:
        return None
    if value is True:
        return 1
    if isinstance(value, float):
        return int(value)
    if isinstance(value, Table):
        return value["ok"] if "ok" in value else [_answer(held) for held in value.values_in_order()]
    return value
