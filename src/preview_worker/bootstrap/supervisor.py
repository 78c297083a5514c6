"""`up`: embedded Valkey, API and worker as one unit that ends together.

The server runs below this process, API and worker are processes of their own; each is started again, after a growing
pause, when it dies. When this process is asked to end, API and worker end first (the worker drains) and the server goes
last; when it is killed, the kernel kills the rest.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine, Mapping
from typing import Any

from preview_worker.config.settings import Settings
from preview_worker.errors import ConfigurationError, QueueUnavailableError
from preview_worker.observability.logs import logger
from preview_worker.posix import dying_with_parent
from preview_worker.state.valkey import EmbeddedServer

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 15.0
SETTLED_AFTER_S = 30.0
KILL_AFTER_DRAIN_S = 10.0
SERVE_DRAIN_S = 5.0
MISCONFIGURED = 78
"""Exit code of a part that starting again can't help (EX_CONFIG of sysexits.h)."""


class _Pauses:
    """How long to wait before a part is started again: longer each time, until it has lived for a while."""

    def __init__(self) -> None:
        self._next_s = FIRST_PAUSE_S

    def after(self, lived_s: float) -> float:
        """The pause after a part that lived for so long."""
        pause_s = FIRST_PAUSE_S if lived_s > SETTLED_AFTER_S else self._next_s
        self._next_s = min(LONGEST_PAUSE_S, pause_s * 2)
        return pause_s


async def run_up(settings: Settings, *, redis_port: int | None) -> None:
    """Run everything until SIGINT or SIGTERM; a second signal goes on to the parts, and ends their drain.

    Args:
        settings: The service's settings; with REDIS_URL set, that server is used instead of an embedded one.
        redis_port: Also let the embedded server listen on this loopback port, for Node producers.

    Raises:
        ConfigurationError: The server can't be started at all, or a part finds its settings wrong (permanent).
    """
    stopping = _Stopping()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.ask)
    if settings.redis_url is not None:
        await _run_parts(settings, settings.redis_url, stopping)
        return
    parts_ended = asyncio.Event()
    server = EmbeddedServer(settings.data_dir, port=redis_port)
    async with server:
        logger("up").info("redis-started", pid=server.pid)
        keeper = asyncio.create_task(_keep_server(server, parts_ended), name="redis")
        try:
            await _run_parts(settings, server.url, stopping)
        finally:
            parts_ended.set()
            await keeper


class _Stopping:
    """Whether the unit is to end, and whether somebody is in a hurry."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.hurried = asyncio.Event()

    def ask(self) -> None:
        """End; asked again, end at once."""
        (self.hurried if self.asked.is_set() else self.asked).set()


async def _run_parts(settings: Settings, redis_url: str, stopping: _Stopping) -> None:
    environment = {**os.environ, "REDIS_URL": redis_url, "DATA_DIR": str(settings.data_dir)}
    environment.pop("REDIS_URL_FILE", None)
    parts = [
        asyncio.create_task(_keep(name, environment, stopping, drain_s), name=name)
        for name, drain_s in (("worker", float(settings.drain_s)), ("serve", SERVE_DRAIN_S))
    ]
    await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
    stopping.asked.set()  # a part that can't be kept ends the others too
    ends = await asyncio.gather(*parts, return_exceptions=True)
    for end in ends:
        if isinstance(end, BaseException):
            raise end


async def _keep_server(server: EmbeddedServer, parts_ended: asyncio.Event) -> None:
    """Start the server again whenever it dies; every write it answered is on disk, and the parts wait for it."""
    pauses = _Pauses()
    loop = asyncio.get_running_loop()
    started_s = loop.time()
    while await _ends_before(server.wait(), parts_ended):
        pause_s = pauses.after(loop.time() - started_s)
        logger("up").error("redis-died", again_in_s=pause_s)
        await server.stop()
        if await _pause(parts_ended, pause_s):
            return
        started_s = loop.time()
        try:
            await server.__aenter__()
            logger("up").info("redis-started", pid=server.pid)
        except (QueueUnavailableError, ConfigurationError) as error:
            logger("up").error("redis-not-started", reason=error.sentence)


async def _keep(command: str, environment: Mapping[str, str], stopping: _Stopping, drain_s: float) -> None:
    """Run one part, again and again until the unit stops.

    Raises:
        ConfigurationError: The part says that its settings are wrong (permanent).
    """
    pauses = _Pauses()
    loop = asyncio.get_running_loop()
    while not stopping.asked.is_set():
        started_s = loop.time()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "preview_worker",
            command,
            env=dict(environment),
            start_new_session=True,
            preexec_fn=dying_with_parent(),
        )
        logger("up").info("part-started", part=command, pid=process.pid)
        if not await _ends_before(process.wait(), stopping.asked):
            await _end(process, drain_s, stopping.hurried)
            return
        status = process.returncode
        if status == MISCONFIGURED:
            raise ConfigurationError(f"`preview-worker {command}` can't run with these settings; it said why above.")
        pause_s = pauses.after(loop.time() - started_s)
        logger("up").warning("part-died", part=command, status=status, again_in_s=pause_s)
        if await _pause(stopping.asked, pause_s):
            return


async def _end(process: asyncio.subprocess.Process, drain_s: float, hurried: asyncio.Event) -> None:
    """Ask a part to end, once more when somebody is in a hurry, and kill it when it takes much longer than it may."""
    process.terminate()
    try:
        async with asyncio.timeout(drain_s + KILL_AFTER_DRAIN_S):
            if not await _ends_before(process.wait(), hurried) and process.returncode is None:
                process.terminate()
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def _ends_before(ending: Coroutine[Any, Any, int], event: asyncio.Event) -> bool:
    """Wait for a process or an event, whichever comes first; True for the process alone."""
    ended = asyncio.create_task(ending)
    happened = asyncio.create_task(event.wait())
    try:
        await asyncio.wait({ended, happened}, return_when=asyncio.FIRST_COMPLETED)
        return ended.done() and not event.is_set()
    finally:
        for task in (ended, happened):
            task.cancel()
        await asyncio.gather(ended, happened, return_exceptions=True)


async def _pause(event: asyncio.Event, pause_s: float) -> bool:
    """Wait for an event, at most so long; returns whether it happened."""
    try:
        async with asyncio.timeout(pause_s):
            await event.wait()
    except TimeoutError:
        return False
    return True
