"""Progress on its way to the queue: one message after the other, and never in the way of the work it tells of."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Any, Self


class LatestTeller:
    """Passes on what it is told, in the background; what is overtaken by something newer is left out.

    Storing progress takes a millisecond or two, a dozen times in a job that may last fifty. An async context manager:
    leaving it waits until the last message is stored, or, after a failure, drops it.

    Args:
        send: Stores one message; it raises nothing but a cancellation.
    """

    def __init__(self, send: Callable[[Mapping[str, Any]], Awaitable[None]]) -> None:
        self._send = send
        self._latest: Mapping[str, Any] | None = None
        self._sending: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        sending = self._sending
        if sending is None:
            return
        if error is not None:
            sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)

    async def tell(self, message: Mapping[str, Any]) -> None:
        """Have a message stored soon; returns at once."""
        self._latest = message
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send_all(), name="progress")

    async def _send_all(self) -> None:
        while (message := self._latest) is not None:
            self._latest = None
            await self._send(message)
