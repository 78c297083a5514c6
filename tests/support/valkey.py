"""A real server for the tests: one per session, and ones of their own for tests that kill them."""

from __future__ import annotations

import itertools
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from preview_worker.queue.bullmq_connections import QueueAddress
from preview_worker.state.redis_location import READY, probe, socket_url
from preview_worker.state.valkey_binary import find_server_binary

_queue_numbers = itertools.count()


class ServerProcess:
    """A server on a unix socket in a folder of its own, which may be stopped, killed and started again."""

    def __init__(self, folder: Path, *, append_only: bool = False, variables: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.socket = folder / "valkey.sock"
        self.url = socket_url(self.socket)
        self._append_only = append_only
        self._variables = {**os.environ, **(variables or {})}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.socket.unlink(missing_ok=True)
        arguments = ["--port", "0", "--unixsocket", str(self.socket), "--dir", str(self.folder), "--save", ""]
        if self._append_only:
            arguments += ["--appendonly", "yes", "--appendfsync", "always"]
        self._process = subprocess.Popen(
            [find_server_binary(), *arguments],
            env=self._variables,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline_s = time.monotonic() + 10
        while not probe(self.socket).startswith(READY):
            if time.monotonic() > deadline_s:
                raise TimeoutError("the test's server didn't start")
            time.sleep(0.01)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def send_signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)


@pytest.fixture(scope="session")
def valkey_server():
    with tempfile.TemporaryDirectory(prefix="pvw-") as folder:  # short: a socket's path is limited
        server = ServerProcess(Path(folder))
        server.start()
        yield server
        server.kill()


@pytest.fixture
def own_valkey_server():
    with tempfile.TemporaryDirectory(prefix="pvw-") as folder:
        server = ServerProcess(Path(folder), append_only=True)
        server.start()
        yield server
        server.kill()


@pytest.fixture
def queue_address(valkey_server):
    """A queue that no other test sees."""
    return QueueAddress(url=valkey_server.url, queue_name=f"preview-test-{next(_queue_numbers)}")
