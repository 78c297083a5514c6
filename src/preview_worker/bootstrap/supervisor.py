"""`up`: embedded Valkey, API and worker as one unit that ends together.

The server runs below this process, API and worker are processes of their own, restarted with a growing pause when they
die. When this process is asked to end, the worker drains first and the server goes last; when it is killed, the kernel
kills the rest.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack

from preview_worker.config.settings import Settings
from preview_worker.observability.logs import logger
from preview_worker.posix import dying_with_parent
from preview_worker.state.valkey import EmbeddedServer

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 15.0
SETTLED_AFTER_S = 30.0
KILL_AFTER_DRAIN_S = 10.0


async def run_up(settings: Settings, *, redis_port: int | None) -> None:
    """Run everything until SIGINT or SIGTERM.

    Args:
        settings: The service's settings; with REDIS_URL set, that server is used instead of an embedded one.
        redis_port: Also let the embedded server listen on this loopback port, for Node producers.
    """
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    async with AsyncExitStack() as stack:
        url = settings.redis_url
        server: EmbeddedServer | None = None
        if url is None:
            server = await stack.enter_async_context(EmbeddedServer(settings.data_dir, port=redis_port))
            url = server.url
            logger("up").info("redis-started", pid=server.pid)
        environment = {**os.environ, "REDIS_URL": url, "DATA_DIR": str(settings.data_dir)}
        parts = [
            asyncio.create_task(_keep("worker", environment, stopping, settings.drain_s), name="worker"),
            asyncio.create_task(_keep("serve", environment, stopping, 5), name="serve"),
        ]
        stop = asyncio.create_task(stopping.wait(), name="stop")
        waits = [stop, *([asyncio.create_task(server.wait(), name="redis")] if server is not None else [])]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        if not stopping.is_set():
            logger("up").error("redis-ended")
        stopping.set()
        await asyncio.gather(*parts)
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)


async def _keep(command: str, environment: Mapping[str, str], stopping: asyncio.Event, drain_s: float) -> None:
    """Run one part, again and again until the unit stops."""
    pause_s = FIRST_PAUSE_S
    loop = asyncio.get_running_loop()
    while not stopping.is_set():
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
        status = await _ended_or_stopped(process, stopping, drain_s)
        if stopping.is_set():
            return
        if loop.time() - started_s > SETTLED_AFTER_S:
            pause_s = FIRST_PAUSE_S
        logger("up").warning("part-died", part=command, status=status, again_in_s=pause_s)
        await _pause(stopping, pause_s)
        pause_s = min(LONGEST_PAUSE_S, pause_s * 2)


async def _ended_or_stopped(process: asyncio.subprocess.Process, stopping: asyncio.Event, drain_s: float) -> int:
    ended = asyncio.create_task(process.wait())
    stop = asyncio.create_task(stopping.wait())
    await asyncio.wait({ended, stop}, return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if not ended.done():
        process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(drain_s + KILL_AFTER_DRAIN_S):
                await asyncio.shield(ended)
        except TimeoutError:
            process.kill()
    return await ended


async def _pause(stopping: asyncio.Event, pause_s: float) -> None:
    try:
        async with asyncio.timeout(pause_s):
            await stopping.wait()
    except TimeoutError:
        return
