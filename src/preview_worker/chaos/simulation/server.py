"""A server in memory that runs the same Lua as a real one, on a clock of its own."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from typing import Any

from redis.exceptions import NoScriptError, OutOfMemoryError

from preview_worker.chaos.simulation.lua import Interpreter, Script
from preview_worker.chaos.simulation.server_commands import GROWING, WRITING, Command, command_table
from preview_worker.chaos.simulation.server_keys import Keys

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
        self._scripts: dict[str, tuple[str, Script]] = {}
        self._waiting: dict[str, list[asyncio.Future[None]]] = {}
        self._interpreter = Interpreter(self._called_by_script)
        self._wrote = False
        self.full = False
        """Whether its memory is at its limit: what would take more is refused."""

    def call(self, name: str, *arguments: Any) -> Any:
        """Run a command.

        Args:
            name: Its name, without regard to case.
            arguments: Texts, numbers, or bytes that are packed or a text.

        Raises:
            ResponseError: As a server answers.
            NotImplementedError: It is no command that is simulated.
        """
        match name.upper():
            case "EVALSHA":
                return self._run(str(arguments[0]), int(arguments[1]), arguments[2:])
            case "SCRIPT LOAD":
                return self._load(arguments[0])
            case other if other in self._commands:
                self._wrote = False
                return self._called(other, *(_text(argument) for argument in arguments))
            case other:
                raise NotImplementedError(f"{other} isn't simulated")

    def added(self, key: str) -> asyncio.Future[None]:
        """Done once something is added to a sorted set."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(future)
        return future

    def restart(self) -> None:
        """End and begin again with what was written: the scripts are gone, and nobody is waiting."""
        self._scripts.clear()
        for key in list(self._waiting):
            self._wake(key)

    def _load(self, script: str | bytes) -> str:
        text = script.decode() if isinstance(script, bytes) else script
        sha = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
        self._scripts[sha] = (text, self._interpreter.script(self._altered(text)))
        return sha

    def _run(self, sha: str, key_count: int, arguments: tuple[Any, ...]) -> Any:
        if sha not in self._scripts:
            raise NoScriptError("NOSCRIPT No matching script. Please use EVAL.")
        text, script = self._scripts[sha]
        self._wrote = False
        told = [_text(argument) for argument in arguments]
        keys, values = told[:key_count], told[key_count:]
        answer = script(keys, values)
        self._observe(text, keys, values, answer)
        return answer

    def _called(self, name: str, *arguments: Any) -> Any:
        if name in GROWING and self.full and not self._wrote:
            raise OutOfMemoryError("OOM command not allowed when used memory > 'maxmemory'.")
        if name == "ZADD":
            self._wake(arguments[0])
        return self._commands[name](*arguments)

    def _wake(self, key: str) -> None:
        for future in self._waiting.pop(key, ()):
            if not future.done():
                future.set_result(None)

    def _called_by_script(self, name: str, *arguments: str) -> Any:
        if name.upper() not in self._commands:
            raise NotImplementedError(f"a script calls {name}, which isn't simulated")
        answer = self._called(name.upper(), *arguments)
        self._wrote = self._wrote or name.upper() in WRITING  # as there: what has begun to write may go on
        return answer


def _text(argument: Any) -> str:
    """An argument as bytes, which stand as a text that says the same."""
    return argument.decode("utf-8", "surrogateescape") if isinstance(argument, bytes) else str(argument)
