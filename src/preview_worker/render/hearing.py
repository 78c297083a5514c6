"""What a render process says: its events, its last words, and in the end what its death means."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import get_args

from pydantic import TypeAdapter, ValidationError

from preview_worker.contract.limits import WHOLE_NUMBER_MAX
from preview_worker.errors import PreviewError, RenderCrashError, RenderStuckError, ResourceLimitError
from preview_worker.render.launching import TOLD_WITHIN_S, Launched
from preview_worker.render.protocol import Event, Finished, ProtocolError, event_of
from preview_worker.render.watch import Watch, signal_name

_STDERR_TAIL_BYTES = 4096
_HINT_CHARACTERS = 400
_READ_BYTES = 4096


class Hearing:
    """Listens to a render process from its start to its end.

    Args:
        launched: The process.
        watch: Knows whether it was ended for what it took.
    """

    def __init__(self, launched: Launched, watch: Watch) -> None:
        self._launched = launched
        self._watch = watch
        self._stderr_tail = b""
        self._words = asyncio.create_task(self._keep_words(), name=f"render-{launched.pid}-stderr")

    @property
    def stderr_tail(self) -> str:
        """The last 4 KiB that it has written to its error stream."""
        return self._stderr_tail.decode(errors="replace")

    async def event(self, patience_s: float) -> Event:
        """The next event.

        Raises:
            RenderStuckError: There is none in time (retryable).
            ProtocolError: It says something else (retryable).
            PreviewError: See `death`.
        """
        try:
            async with asyncio.timeout(patience_s):
                line = await self._launched.stdout.readline()
        except TimeoutError as error:
            raise RenderStuckError(f"The render process gave no sign of life for {patience_s:g} s.") from error
        except ValueError as error:
            raise ProtocolError("The render process wrote a line that has no end.") from error
        if not line.endswith(b"\n"):
            raise await self.death()
        return _event_of(line)

    async def death(self) -> PreviewError:
        """Why the process is gone, once it is: it took too much (permanent), or it crashed (retryable)."""
        try:
            async with asyncio.timeout(TOLD_WITHIN_S + 1):
                code = await self._launched.ended()
                await asyncio.wait({self._words})
        except TimeoutError:
            code = None
        if self._watch.verdict is not None:
            return self._watch.verdict
        if code is None:
            return RenderCrashError("The render process closed its output and went on.", hint=self._hint())
        if code == -getattr(signal, "SIGXCPU", 0):
            allowed_s = self._watch.processor_s
            return ResourceLimitError(f"The render used more than the allowed {allowed_s} s of processor time.")
        how = f"was ended by {signal_name(-code)}" if code < 0 else f"ended with code {code} before it had finished"
        return RenderCrashError(f"The render process {how}.", hint=self._hint())

    async def close(self) -> None:
        """Listen no more."""
        self._words.cancel()
        await asyncio.wait({self._words})

    def _hint(self) -> str | None:
        return f"Its last words: {self.stderr_tail[-_HINT_CHARACTERS:]}" if self._stderr_tail else None

    async def _keep_words(self) -> None:
        while piece := await self._launched.stderr.read(_READ_BYTES):
            self._stderr_tail = (self._stderr_tail + piece)[-_STDERR_TAIL_BYTES:]


def _event_of(line: bytes) -> Event:
    """The event of a line, if its members are of the kinds that the protocol says."""
    try:
        event = event_of(line)
    except RecursionError as error:
        raise ProtocolError("The render process wrote a line that is too deep.") from error
    try:
        _kinds()[type(event)].validate_json(line, strict=True)
    except ValidationError as error:
        raise ProtocolError(f"A {type(event).__name__} message has a member that isn't what it should be.") from error
    members = [getattr(event, member.name) for member in fields(event)]
    times_ms = event.stages_ms.values() if isinstance(event, Finished) else ()
    numbers = (member for member in (*members, *times_ms) if isinstance(member, int))
    if not all(0 <= number <= WHOLE_NUMBER_MAX for number in numbers):
        raise ProtocolError(f"A {type(event).__name__} message has a number that can't be one.")
    return event


@cache
def _kinds() -> Mapping[type[Event], TypeAdapter[Event]]:
    return {kind: TypeAdapter(kind) for kind in get_args(Event)}
