"""The child's end of the line to its worker: commands in, events out, from any thread."""

from __future__ import annotations

import os
import sys
import threading
from typing import BinaryIO

from preview_worker.render.protocol import LONGEST_LINE_BYTES, Command, Event, Shutdown, command_of, line_of


class Channel:
    """Lines of JSON over two streams.

    Args:
        commands: Read by one thread.
        events: Written under a lock, one whole line at a time.
    """

    def __init__(self, commands: BinaryIO, events: BinaryIO) -> None:
        self._commands = commands
        self._events = events
        self._lock = threading.Lock()

    def send(self, event: Event) -> None:
        """Tell the worker; blocks while it doesn't listen."""
        line = line_of(event)
        with self._lock:
            self._events.write(line)
            self._events.flush()

    def receive(self) -> Command:
        """Wait for the next command; a worker that has gone means shutdown.

        Raises:
            ProtocolError: What came is no command.
        """
        line = self._commands.readline(LONGEST_LINE_BYTES)
        return command_of(line) if line else Shutdown()


def standard_channel() -> Channel:
    """Standard input and output as a channel; whatever a library prints afterwards goes to the error stream."""
    events = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return Channel(sys.stdin.buffer, events)
