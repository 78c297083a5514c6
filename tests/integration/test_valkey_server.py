"""The embedded server with real processes."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from preview_worker.errors import ConfigurationError, QueueUnavailableError
from preview_worker.state.connection import open_state
from preview_worker.state.redis_location import DEFAULT_URL, find_redis_url, server_answers, socket_path, socket_url
from preview_worker.state.valkey import EmbeddedServer
from support.valkey import ServerProcess

pytestmark = pytest.mark.anyio

# Starts the server as `up` does, says so, and then waits to be killed.
PARENT = """
import asyncio, sys
from pathlib import Path
from preview_worker.state.valkey import EmbeddedServer

async def main():
    async with EmbeddedServer(Path(sys.argv[1])) as server:
        print(server.pid, flush=True)
        await server.wait()

asyncio.run(main())
"""


@pytest.fixture
def data_dir():
    with tempfile.TemporaryDirectory(prefix="pvw-") as folder:  # short: a socket's path is limited
        yield Path(folder) / "data"


def started_parent(data_dir):
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(data_dir)], stdout=subprocess.PIPE, text=True)
    return parent, int(parent.stdout.readline())


def gone_within(pid, deadline_s=5.0):
    give_up_at_s = time.monotonic() + deadline_s
    while time.monotonic() < give_up_at_s:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.01)
    return False


async def test_the_server_serves_safely_and_is_gone_after_the_block(data_dir):
    async with EmbeddedServer(data_dir) as server:
        async with open_state(server.url) as client:
            assert await client.ping()
            settings = await client.config_get("*")
        pid = server.pid
        assert find_redis_url(None, data_dir) == server.url
        assert stat.S_IMODE(socket_path(data_dir).parent.stat().st_mode) == 0o700

    assert (settings["appendonly"], settings["appendfsync"], settings["save"]) == ("yes", "always", "")
    assert (settings["maxmemory-policy"], settings["port"]) == ("noeviction", "0")
    assert gone_within(pid)
    assert not socket_path(data_dir).exists()
    assert find_redis_url(None, data_dir) == DEFAULT_URL


async def test_what_was_written_is_there_when_the_server_starts_again(data_dir):
    async with EmbeddedServer(data_dir) as server, open_state(server.url) as client:
        await client.set("key", "value")

    async with EmbeddedServer(data_dir) as server, open_state(server.url) as client:
        assert await client.get("key") == "value"


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
def test_the_server_dies_when_its_parent_is_killed(data_dir):
    parent, server_pid = started_parent(data_dir)
    with parent:
        assert server_answers(socket_path(data_dir))
        parent.send_signal(signal.SIGKILL)
    assert gone_within(server_pid)
    assert not server_answers(socket_path(data_dir))


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
async def test_a_new_run_takes_over_with_all_data_when_the_last_one_was_killed(data_dir):
    parent, server_pid = started_parent(data_dir)
    with parent:
        async with open_state(socket_url(socket_path(data_dir))) as client:
            await client.set("acknowledged", "yes")
        parent.kill()

    async with EmbeddedServer(data_dir) as server, open_state(server.url) as client:
        assert server.pid != server_pid
        assert await client.get("acknowledged") == "yes"


async def test_the_server_outlives_an_interrupt_of_its_parents_process_group(data_dir):
    async with EmbeddedServer(data_dir) as server:
        assert os.getpgid(server.pid) != os.getpgid(0)


async def test_a_second_run_is_told_when_the_first_still_has_the_folder(data_dir):
    async with EmbeddedServer(data_dir) as server:
        with pytest.raises(ConfigurationError, match="another run"):
            await EmbeddedServer(data_dir, take_over_within_s=0.1).__aenter__()
        assert server_answers(socket_path(data_dir))
        assert server.pid is not None


async def test_a_run_is_told_when_a_server_that_is_not_ours_has_the_socket(data_dir):
    folder = data_dir / "valkey"
    folder.mkdir(parents=True)
    foreign = ServerProcess(folder)
    foreign.start()
    try:
        with pytest.raises(ConfigurationError, match="isn't ours"):
            await EmbeddedServer(data_dir).__aenter__()
        assert server_answers(foreign.socket)
    finally:
        foreign.kill()


async def test_a_stale_socket_is_replaced_when_nobody_answers_on_it(data_dir):
    folder = data_dir / "valkey"
    folder.mkdir(parents=True)
    killed = ServerProcess(folder)
    killed.start()
    killed.kill()
    assert killed.socket.exists()

    async with EmbeddedServer(data_dir) as server, open_state(server.url) as client:
        assert await client.ping()


async def test_the_server_lives_in_a_short_folder_when_the_data_folders_path_is_long(data_dir):
    long_dir = data_dir / ("tutorial-" * 12)

    async with EmbeddedServer(long_dir) as server, open_state(server.url) as client:
        assert await client.ping()
        assert len(os.fsencode(socket_path(long_dir))) <= 100
        assert find_redis_url(None, long_dir) == server.url
        assert stat.S_IMODE(socket_path(long_dir).parent.stat().st_mode) == 0o700
    socket_path(long_dir).parent.rmdir()


async def test_a_folder_is_refused_when_a_link_stands_in_its_place(data_dir):
    data_dir.mkdir()
    (data_dir / "elsewhere").mkdir()
    (data_dir / "valkey").symlink_to(data_dir / "elsewhere")

    with pytest.raises(ConfigurationError, match="must be a folder"):
        await EmbeddedServer(data_dir).__aenter__()


async def test_the_server_also_listens_on_loopback_when_a_port_is_given(data_dir, unused_tcp_port):
    async with (
        EmbeddedServer(data_dir, port=unused_tcp_port),
        open_state(f"redis://127.0.0.1:{unused_tcp_port}") as client,
    ):
        assert await client.ping()


async def test_the_start_says_why_when_the_port_is_taken(data_dir, unused_tcp_port):
    async with await asyncio.start_server(lambda *_: None, "127.0.0.1", unused_tcp_port):
        with pytest.raises(QueueUnavailableError, match="ended at once"):
            await EmbeddedServer(data_dir, port=unused_tcp_port).__aenter__()


async def test_wait_returns_when_the_server_is_killed(data_dir):
    async with EmbeddedServer(data_dir) as server:
        os.kill(server.pid, signal.SIGKILL)
        assert await server.wait() == -signal.SIGKILL
        assert server.pid is None


@pytest.fixture
def unused_tcp_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
