"""A render process that has come to be, with who looks at it and who listens to it, until its end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Self

from preview_worker.errors import ConfigurationError
from preview_worker.render.hearing import Hearing
from preview_worker.render.launching import Launched
from preview_worker.render.lifecycle import ProcessLimits
from preview_worker.render.protocol import (
    PROTOCOL_VERSION,
    Cached,
    Command,
    Event,
    Failed,
    Finished,
    Hello,
    Helpers,
    ProtocolError,
    line_of,
)
from preview_worker.render.watch import Watch
from preview_worker.sandbox.levels import SandboxLevel, WantedSandbox, is_enough, level_of, shortfall

Handle = Callable[[Event], Awaitable[None]]
"""Called with every event in order; it may answer with `RenderProcess.answer`. What it raises ends the process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A process, its watch, and what is heard of it."""

    launched: Launched
    watch: Watch
    hearing: Hearing

    @classmethod
    def since_now(cls, launched: Launched, limits: ProcessLimits) -> Self:
        """Begin to look at a process and to listen to it."""
        watch = Watch(launched, limits)
        return cls(launched=launched, watch=watch, hearing=Hearing(launched, watch))

    async def greeting(self, wanted: WantedSandbox, patience_s: float) -> SandboxLevel:
        """Wait for its hello; the sandbox level that it has found to hold.

        Raises:
            ProtocolError: It speaks another protocol (retryable).
            ConfigurationError: This machine confines it less than is wanted (permanent).
            PreviewError: See `Hearing.event`.
        """
        event = await self.hearing.event(patience_s)
        if not isinstance(event, Hello) or event.version != PROTOCOL_VERSION:
            raise ProtocolError("The render process doesn't speak this version of the protocol.")
        level = level_of(event.sandbox)
        if not is_enough(level, wanted):
            raise ConfigurationError(shortfall(level, wanted))
        return level

    async def say(self, message: Command | Cached) -> None:
        """Send a command, or the answer an event asks for.

        Raises:
            PreviewError: The process is gone; see `Hearing.death`.
        """
        try:
            self.launched.stdin.write(line_of(message))
            await self.launched.stdin.drain()
        except (ConnectionError, RuntimeError) as error:
            raise await self.hearing.death() from error

    async def listen(self, handle: Handle, quiet_s: float) -> Finished:
        """Pass events on until it has finished its command.

        Raises:
            PreviewError: What the command failed with, or see `Hearing.event`.
        """
        while True:
            match event := await self.hearing.event(quiet_s):
                case Finished():
                    self.watch.see_helpers(())
                    return event
                case Helpers():
                    self.watch.see_helpers(tuple(event.pids))
                case Failed():
                    raise event.error()
                case _:
                    await handle(event)

    async def end(self) -> None:
        """Kill it, wait for its end, and give back what was held for it."""
        self.watch.kill()
        await self.launched.ended()
        await self.watch.over()
        await self.hearing.close()
        self.launched.close()
