"""A client of a simulated server: redis-py's own commands and scripts, without a socket."""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import Mapping
from typing import Any, Final, Protocol

from redis._parsers.base import BaseParser
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from preview_worker.chaos.simulation.server import SimulatedServer

_TRIES: Final = 2
"""As our real clients: what failed is tried once more."""

_NOW_MS: Final = 60_000
"""So near to the machine's time nothing else comes: the simulated one is years ahead."""
_TIME_DIGITS: Final = 13


class Link(Protocol):
    """What lies between a client and its server."""

    def wall_ms(self) -> int:
        """The client's wall clock, in ms since the epoch."""
        ...

    async def out(self) -> None:
        """A command travels to the server; raises redis-py's ConnectionError or TimeoutError if lost."""
        ...

    async def back(self) -> None:
        """A reply travels back; raises likewise."""
        ...

    def late_s(self) -> float | None:
        """When the server gets a command all the same that was given up for lost, in seconds from now; None: never."""
        ...


class StraightLink:
    """Nothing lies between.

    Args:
        wall_ms: The client's wall clock, in ms since the epoch.
    """

    def __init__(self, wall_ms: Any) -> None:
        self.wall_ms = wall_ms

    async def out(self) -> None:
        """See `Link.out`."""

    async def back(self) -> None:
        """See `Link.back`."""

    def late_s(self) -> float | None:
        """See `Link.late_s`."""
        return None


class SimulatedClient(Redis):
    """A `Redis` that calls a simulated server; whatever else it does is redis-py's own.

    Args:
        server: The server.
        link: What lies between.
    """

    def __init__(self, server: SimulatedServer, link: Link) -> None:
        super().__init__(decode_responses=True, protocol=2, driver_info=None)
        self._server = server
        self._link = link

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """Run one command, and once more where it or its reply was lost."""
        name = str(args[0])
        if name == "BZPOPMIN":
            return await self._popped(str(args[1]), float(args[2]))
        for left in reversed(range(_TRIES)):
            try:
                return await self._sent(name, args[1:], options)
            except (RedisConnectionError, RedisTimeoutError):
                if not left:
                    raise
        raise AssertionError("the last try returns or raises")

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Any:  # noqa: FBT001, FBT002, ARG002
        """Commands that are sent together."""
        return SimulatedPipeline(self)

    async def aclose(self, close_connection_pool: bool | None = None) -> None:  # noqa: FBT001
        """There is nothing to close."""

    async def _sent(self, name: str, arguments: tuple[Any, ...], options: Mapping[str, Any]) -> Any:
        stamped = self._stamped(name, arguments)
        try:
            await self._link.out()
        except (RedisConnectionError, RedisTimeoutError):
            if (late_s := self._link.late_s()) is not None:
                outside = contextvars.Context()  # the server runs it, whether its client lives or not
                asyncio.get_running_loop().call_later(late_s, self._answered, name, stamped, context=outside)
            raise
        answer = self._answered(name, stamped)
        await self._link.back()
        if isinstance(answer, Exception):
            raise answer
        callback = self.response_callbacks.get(name)
        known = {option: value for option, value in options.items() if option != "keys"}
        return callback(answer, **known) if callback is not None else answer

    def _answered(self, name: str, arguments: tuple[Any, ...]) -> Any:
        """What the server says, a refusal included."""
        try:
            return self._server.call(name, *arguments)
        except ResponseError as refusal:
            # Its kind goes by its text, as that of any reply.
            return BaseParser.parse_error(str(refusal))  # type: ignore[no-untyped-call]

    def _stamped(self, name: str, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
        """A script's arguments with the simulated time in place of the machine's."""
        if name != "EVALSHA":
            return arguments
        now_ms = self._link.wall_ms()
        return tuple(now_ms if _is_now(argument) else argument for argument in arguments)

    async def _popped(self, key: str, timeout_s: float) -> Any:
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    added = self._server.added(key)
                    found = await self._sent("ZPOPMIN", (key,), {})
                    if found:
                        return (key, *found[0])
                    await added
        except TimeoutError:
            return None


class SimulatedPipeline:
    """Commands that a client sends together; here each travels alone, so that others' may come between.

    Args:
        client: The client.
    """

    def __init__(self, client: SimulatedClient) -> None:
        self._client = client
        self._commands: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments, **options: self._queued(name, arguments, options)

    async def execute(self) -> list[Any]:
        """Run them, and answer with all of their replies."""
        sent, self._commands = self._commands, []
        replies = []
        for name, arguments, options in sent:
            method = getattr(self._client, name)
            replies.append(await method(*arguments, **options))
        return replies

    def _queued(self, name: str, arguments: tuple[Any, ...], options: Mapping[str, Any]) -> SimulatedPipeline:
        self._commands.append((name, arguments, options))
        return self


def _is_now(argument: Any) -> bool:
    """Whether an argument of a script is the machine's time, which BullMQ's client and ours write there."""
    told = isinstance(argument, int) or (isinstance(argument, str) and len(argument) == _TIME_DIGITS)
    return told and str(argument).isdigit() and abs(int(argument) - time.time() * 1000) < _NOW_MS
