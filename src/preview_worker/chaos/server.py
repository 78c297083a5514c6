"""The server of a run: the product's embedded one, which can be killed and comes back on the same files."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Self

from preview_worker.chaos.history import Lines
from preview_worker.errors import ConfigurationError, QueueUnavailableError
from preview_worker.state.valkey import EmbeddedServer


class KillableServer:
    """Args: the run's DATA_DIR, and the history that is told of kills."""

    def __init__(self, data_dir: Path, history: Lines) -> None:
        self._server = EmbeddedServer(data_dir)
        self._history = history

    @property
    def url(self) -> str:
        """What clients use."""
        return self._server.url

    async def __aenter__(self) -> Self:
        await self._server.__aenter__()
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self._server.stop()

    async def kill(self) -> None:
        """Kill the server; whoever waits for it waits until `revive`."""
        pid = self._server.pid
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
            await self._server.wait()
        self._history.add("server-killed", server=pid)
        await self._server.stop()

    async def revive(self) -> None:
        """Start it again, as `up` does; returns once it serves."""
        while True:
            try:
                await self._server.__aenter__()
            except (QueueUnavailableError, ConfigurationError) as error:
                self._history.add("server-not-started", why=error.sentence)
            else:
                break
        self._history.add("server-started", server=self._server.pid)
