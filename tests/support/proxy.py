"""A proxy before a real server: its replies come late, are lost with their connection, or stop without a word."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress

from preview_worker.state.redis_location import socket_url

CHUNK_BYTES = 1 << 16
END = None


class Proxy:
    """Listens on a unix socket in a folder with a short path, and passes everything on to another one.

    Attributes:
        latency_s: By which every reply is late.
        lost_ratio: Share of the replies that the client never gets: the server has done its work, the connection ends.
        lost: How many were lost so far.
    """

    def __init__(self, folder, server, *, seed=1):
        self.latency_s = 0.0
        self.lost_ratio = 0.0
        self.lost = 0
        self._socket = folder / "proxy.sock"
        self._server = server
        self._dice = random.Random(seed)
        self._serving = set()
        self._writers = set()
        self._opened = set()

    @property
    def url(self):
        """What clients use."""
        return socket_url(self._socket)

    def fall_silent(self):
        """Let nothing more through what is open, either way, and tell nobody; new connections work."""
        for silent in self._opened:
            silent.set()

    async def __aenter__(self):
        self._listener = await asyncio.start_unix_server(self._serve, self._socket)
        return self

    async def __aexit__(self, *_exception):
        self._listener.close()
        for writer in self._writers:  # whoever reads from the same connection finds its end
            writer.close()
        await asyncio.gather(*self._serving)

    async def _serve(self, from_client, to_client):
        task = asyncio.current_task()
        self._serving.add(task)
        self._writers.add(to_client)
        try:
            with suppress(OSError):  # the server is away, or somebody has hung up
                await self._connect(from_client, to_client)
        finally:
            await self._end(to_client)
            self._serving.discard(task)

    async def _connect(self, from_client, to_client):
        from_server, to_server = await asyncio.open_unix_connection(self._server)
        self._writers.add(to_server)
        silent, due = asyncio.Event(), asyncio.Queue()
        self._opened.add(silent)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_ask(from_client, to_server, silent))
                group.create_task(_deliver(due, to_client, silent))
                await self._answer(from_server, due, to_client)
        except* OSError:
            pass
        finally:
            self._opened.discard(silent)
            await self._end(to_server)

    async def _answer(self, from_server, due, to_client):
        """Replies overtake nothing and wait for nobody: each is late by the latency alone."""
        clock = asyncio.get_running_loop().time
        while chunk := await from_server.read(CHUNK_BYTES):
            if self._dice.random() < self.lost_ratio:
                self.lost += 1
                to_client.close()
                break
            due.put_nowait((clock() + self.latency_s, chunk))
        due.put_nowait(END)

    async def _end(self, writer):
        self._writers.discard(writer)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _deliver(due, to_client, silent):
    clock = asyncio.get_running_loop().time
    while (late := await due.get()) is not END:
        at_s, chunk = late
        await asyncio.sleep(max(0.0, at_s - clock()))
        if not silent.is_set() and not to_client.is_closing():
            to_client.write(chunk)
            await to_client.drain()
    to_client.close()


async def _ask(from_client, to_server, silent):
    while chunk := await from_client.read(CHUNK_BYTES):
        if not silent.is_set():
            to_server.write(chunk)
            await to_server.drain()
    to_server.close()
