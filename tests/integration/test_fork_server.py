"""The real fork server: render processes come of it, what becomes of them when it or the worker dies, what stays."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import socket
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from preview_worker.errors import RenderCrashError, RenderStartError, RenderStuckError
from preview_worker.render.fork_server import SERVER_COMMAND, ForkServer
from preview_worker.render.lifecycle import ProcessLimits
from preview_worker.render.process import RenderProcess
from preview_worker.render.protocol import Probe, Work
from preview_worker.worker.pool import RenderPool
from support.processes import descendants, gone
from support.queues import until

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is forked")]

REQUEST = {"title": "A game", "language": "en", "steps": [{"id": "a", "title": "A", "durationMs": 1000}]}
REQUEST |= {"assets": [], "audio": {}}
WITHOUT_FORKS = """
import errno, os, socket, sys
from preview_worker.render.child.fork_server import serve_forks
def fork():
    raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
os.fork = fork
serve_forks(socket.socket(fileno=int(sys.argv[2])))
"""
COUNTED_FORKS = """
import os, socket, sys
from preview_worker.render.child.fork_server import serve_forks
def fork(fork=os.fork):
    with open(sys.argv[1], "a") as file:
        file.write("fork\\n")
    return fork()
os.fork = fork
serve_forks(socket.socket(fileno=int(sys.argv[3])))
"""
WORKER = """
import asyncio, pathlib, sys
from preview_worker.render.fork_server import ForkServer
from preview_worker.render.process import RenderProcess
async def work():
    with ForkServer() as server:
        await RenderProcess(pathlib.Path(sys.argv[1]), launch=server).start()
        print(server.pid, flush=True)
        await asyncio.Event().wait()
asyncio.run(work())
"""


@pytest.fixture
def server():
    with ForkServer() as started:
        yield started


async def ignore(_event):
    """Take an event."""


async def work(process):
    """Give a process something that succeeds."""
    job = Work(job_id="j", project_id="p", request_id="r", digest="d", request=REQUEST, sources={})
    await process.run(Probe(work=job), ignore, deadline_s=30)


def open_files(pid):
    """What a process that stands still has open."""
    return [str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()]


def descriptors(pid):
    """How many a process has."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def name_and_folder(pid):
    """How a process is called, and where it works."""
    return Path(f"/proc/{pid}/comm").read_text(), Path(f"/proc/{pid}/cwd").readlink()


async def test_each_process_is_forked_confined_and_alone_in_its_group(server, tmp_path):
    async with (
        RenderProcess(tmp_path / "one", launch=server) as one,
        RenderProcess(tmp_path / "two", launch=server) as two,
    ):
        await asyncio.gather(work(one), work(two))
        for process in (one, two):
            assert os.getpgid(process.pid) == process.pid
            assert name_and_folder(process.pid) == ("pvw-render\n", process.folder)
        assert set(descendants(server.pid)) == {one.pid, two.pid}
        assert one.sandbox == two.sandbox != "none"
    assert gone(one.pid)
    assert gone(two.pid)
    assert list(tmp_path.iterdir()) == []


async def test_a_process_has_no_descriptors_of_the_server_or_of_other_processes(server, tmp_path):
    async with (
        RenderProcess(tmp_path / "one", launch=server) as one,
        RenderProcess(tmp_path / "two", launch=server) as two,
    ):
        theirs = open_files(one.pid), open_files(two.pid)
        # Standard streams, and the copy of the standard output to which events go.
        assert [len(set(files)) for files in theirs] == [3, 3]
        assert not set(theirs[0]) & set(theirs[1])


async def test_nothing_of_ours_stays_open_when_processes_have_ended(server, tmp_path):
    async with RenderProcess(tmp_path / "first", launch=server):
        pass
    before = descriptors(os.getpid()), descriptors(server.pid)
    for number in range(5):
        async with RenderProcess(tmp_path / f"{number}", launch=server) as process:
            await work(process)

    async def closed():
        return descriptors(os.getpid()) <= before[0] and descriptors(server.pid) <= before[1]

    await until(closed)


async def test_how_a_process_ended_is_told(server, tmp_path):
    process = RenderProcess(tmp_path / "one", launch=server)
    await process.start()
    os.kill(process.pid, signal.SIGSEGV)
    with pytest.raises(RenderCrashError, match=r"was ended by SIGSEGV\.$"):
        await work(process)
    assert not process.folder.exists()


async def test_nothing_is_sent_to_the_number_of_a_process_that_has_died_while_it_waited(server, tmp_path, monkeypatch):
    process = RenderProcess(tmp_path / "one", launch=server)
    await process.start()
    os.kill(process.pid, signal.SIGKILL)

    async def unwatched():
        return not [task for task in asyncio.all_tasks() if task.get_name().startswith(f"render-{process.pid}-watch")]

    await until(unwatched, deadline_s=10)
    assert not process.alive
    sent_to = []
    monkeypatch.setattr(os, "killpg", lambda group, _number: sent_to.append(group))
    await process.stop()
    assert sent_to == []
    assert not process.folder.exists()


async def test_a_dead_servers_processes_die_and_the_next_start_brings_another_server(server, tmp_path):
    process = RenderProcess(tmp_path / "one", launch=server)
    await process.start()
    first = server.pid
    os.kill(first, signal.SIGKILL)
    await until(dead(process))
    with pytest.raises(RenderCrashError, match="was ended by SIGKILL"):
        await work(process)
    assert gone(process.pid)
    async with RenderProcess(tmp_path / "two", launch=server) as other:
        await work(other)
        assert server.pid != first


async def test_each_of_several_starts_gets_its_process_when_the_server_dies_over_them(server, tmp_path):
    processes = [RenderProcess(tmp_path / f"{number}", launch=server) for number in range(3)]
    starts = [asyncio.create_task(process.start()) for process in processes]  # the server is still importing
    await until_made(processes[-1].folder / "out" / "live")
    os.kill(server.pid, signal.SIGKILL)
    await asyncio.gather(*starts)
    assert set(descendants(server.pid)) == {process.pid for process in processes}
    for process in processes:
        await work(process)
        await process.stop()


async def test_a_process_ends_though_its_server_is_stopped(server, tmp_path):
    process = RenderProcess(tmp_path / "one", launch=server)
    await process.start()
    os.kill(server.pid, signal.SIGSTOP)
    async with asyncio.timeout(10):
        await process.stop()
    assert not process.alive
    assert not process.folder.exists()


async def test_a_server_that_answers_no_more_is_replaced(server, tmp_path):
    first = server.pid
    os.kill(first, signal.SIGSTOP)
    late = RenderProcess(tmp_path / "one", launch=server, limits=ProcessLimits(start_s=0.2))
    with pytest.raises(RenderStuckError, match=r"within 0\.2 s"):
        await late.start()
    assert gone(first)
    async with RenderProcess(tmp_path / "two", launch=server) as process:
        await work(process)


async def test_jobs_of_a_server_that_answers_no_more_go_on_and_it_ends_with_the_last_of_them(server, tmp_path):
    async with RenderProcess(tmp_path / "first", launch=server):
        pass
    before, first = descriptors(os.getpid()), server.pid
    one, two = [RenderProcess(tmp_path / name, launch=server) for name in ("one", "two")]
    await asyncio.gather(one.start(), two.start())
    await refused_late(server, tmp_path / "late")
    async with RenderProcess(tmp_path / "other", launch=server) as other:
        assert server.pid != first
        await asyncio.gather(work(one), work(two), work(other))
        await one.stop()
        await work(two)
        assert not gone(first)
        await two.stop()
        assert gone(first)
        await work(other)

    async def closed():
        return descriptors(os.getpid()) <= before

    await until(closed)


async def test_a_server_that_answers_no_more_ends_with_the_last_user_at_the_latest(tmp_path):
    before = descriptors(os.getpid())
    with ForkServer() as server:
        first, process = server.pid, RenderProcess(tmp_path / "one", launch=server)
        await process.start()
        await refused_late(server, tmp_path / "late")
        other = RenderProcess(tmp_path / "other", launch=server)
        await other.start()
        second = server.pid
        assert not gone(process.pid)
    assert gone(first)
    assert gone(second)
    for ended in (process, other):
        await until(dead(ended))
        await ended.stop()

    async def closed():
        return descriptors(os.getpid()) <= before

    await until(closed)


async def refused_late(server, folder):
    """Stop a server, and have a start wait for it in vain."""
    os.kill(server.pid, signal.SIGSTOP)
    with pytest.raises(RenderStuckError, match=r"within 0\.2 s"):
        await RenderProcess(folder, launch=server, limits=ProcessLimits(start_s=0.2)).start()


async def test_a_pool_lends_no_process_that_has_died_while_it_waited(server, tmp_path):
    async with RenderPool(tmp_path / "work", lambda folder: RenderProcess(folder, launch=server), idle_max=2) as pool:
        async with pool.lend("p") as first:
            await work(first)
        os.kill(server.pid, signal.SIGKILL)
        await until(dead(first))
        async with pool.lend("p") as second:
            assert second is not first
            await work(second)
        assert first.state == "dead"
    assert list((tmp_path / "work").iterdir()) == []


async def test_two_jobs_get_a_process_each_after_all_that_waited_have_died(server, tmp_path):
    async with RenderPool(tmp_path / "work", lambda folder: RenderProcess(folder, launch=server), idle_max=2) as pool:
        async with pool.lend("p") as first, pool.lend("p") as second:
            await asyncio.gather(work(first), work(second))
        os.kill(server.pid, signal.SIGKILL)
        await until(dead(first))
        await until(dead(second))

        async def job():
            async with pool.lend("p") as process:
                await work(process)

        await asyncio.gather(job(), job())
    assert list((tmp_path / "work").iterdir()) == []


async def test_no_process_outlives_a_pool_whose_end_is_cancelled(server, tmp_path):
    async with AsyncExitStack() as stack:
        pool = RenderPool(tmp_path / "work", lambda folder: RenderProcess(folder, launch=server), idle_max=2)
        await stack.enter_async_context(pool)
        async with pool.lend("p") as first, pool.lend("p") as second:
            await asyncio.gather(work(first), work(second))
        for process in (first, second):
            os.kill(process.pid, signal.SIGSTOP)  # it takes its second to end
        ending = asyncio.create_task(stack.pop_all().aclose())
        await asyncio.sleep(0)
        ending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await ending
    assert [first.state, second.state] == ["dead", "dead"]
    assert list((tmp_path / "work").iterdir()) == []


async def test_no_server_is_started_for_a_start_that_outlives_the_last_user(tmp_path):
    server = ForkServer()
    process = RenderProcess(tmp_path / "one", launch=server)
    with server:
        starting = asyncio.create_task(process.start())  # the server is still importing
        await until_made(process.folder / "out" / "live")
    with pytest.raises(RenderStartError, match="has ended"):
        await starting
    assert server.pid is None


async def test_a_server_that_cannot_be_started_has_no_user(tmp_path):
    server = ForkServer((str(tmp_path / "missing"),))
    with pytest.raises(RenderStartError, match="No fork server can be started: No such file or directory"):
        server.__enter__()
    server._command = SERVER_COMMAND
    with server:
        pid = server.pid
    assert gone(pid)


async def test_a_start_that_our_own_limits_refuse_harms_no_other(server, tmp_path, monkeypatch):
    async with RenderProcess(tmp_path / "one", launch=server) as process:
        with monkeypatch.context() as patched:

            def refuse(*_arguments):
                raise OSError(errno.ETOOMANYREFS, os.strerror(errno.ETOOMANYREFS))

            patched.setattr(socket, "send_fds", refuse)
            with pytest.raises(RenderStartError, match="Too many references"):
                await RenderProcess(tmp_path / "two", launch=server).start()
        await work(process)


async def test_a_server_that_takes_no_request_any_more_is_asked_no_more_and_its_jobs_go_on(
    server, tmp_path, monkeypatch
):
    first, send = server.pid, socket.send_fds
    async with RenderProcess(tmp_path / "one", launch=server) as process:
        with monkeypatch.context() as patched:

            def full_once(*_arguments):
                patched.setattr(socket, "send_fds", send)
                raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

            patched.setattr(socket, "send_fds", full_once)
            async with RenderProcess(tmp_path / "two", launch=server) as other:
                await asyncio.gather(work(process), work(other))
        assert server.pid != first
        assert not gone(first)
    assert gone(first)


async def test_the_server_ends_with_its_last_user(tmp_path):
    server = ForkServer()
    with server:
        with server:
            pid = server.pid
        async with RenderProcess(tmp_path / "one", launch=server) as process:
            await work(process)
        assert server.pid == pid
    assert server.pid is None
    assert gone(pid)


async def test_why_no_server_could_be_started_is_told(tmp_path):
    with ForkServer((sys.executable, "-c", "raise SystemExit('no library')")) as server:
        process = RenderProcess(tmp_path / "one", launch=server)
        with pytest.raises(RenderStartError, match="died before it made a process") as raised:
            await process.start()
        assert raised.value.hint == "Its last words: no library\n"
    assert not process.folder.exists()


async def test_why_no_process_could_be_forked_is_told(tmp_path):
    with ForkServer((sys.executable, "-c", WITHOUT_FORKS)) as server:
        process = RenderProcess(tmp_path / "one", launch=server)
        with pytest.raises(RenderStartError, match="can be forked: Resource temporarily unavailable"):
            await process.start()


async def test_a_server_that_does_nothing_is_given_up_in_time(tmp_path):
    silent = (sys.executable, "-c", "import signal; signal.pause()")
    with ForkServer(silent) as server:
        process = RenderProcess(tmp_path / "one", launch=server, limits=ProcessLimits(start_s=0.2))
        with pytest.raises(RenderStuckError, match=r"within 0\.2 s"):
            await process.start()


async def test_no_process_is_made_when_its_start_is_cancelled(tmp_path):
    counted = (sys.executable, "-c", COUNTED_FORKS, str(tmp_path / "forks"))
    with ForkServer(counted) as server:
        await cancelled_start(server, tmp_path)
    assert (tmp_path / "forks").read_text() == "fork\n"


async def cancelled_start(server, tmp_path):
    """Cancel a start that has been asked for, and have another process made after it."""
    process = RenderProcess(tmp_path / "one", launch=server)
    starting = asyncio.create_task(process.start())  # the server is still importing
    await until_made(process.folder / "out" / "live")
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    async with RenderProcess(tmp_path / "two", launch=server) as other:  # asked for after the one that nobody wants

        async def alone():
            return set(descendants(server.pid)) == {other.pid}

        await until(alone)
    assert not process.folder.exists()


def dead(process):
    """Whether a process has died, to wait for."""

    async def is_dead():
        return not process.alive

    return is_dead


async def until_made(folder):
    """Wait until a folder is there."""

    async def made():
        return folder.exists()

    await until(made)


async def test_row_04_server_and_processes_die_with_their_worker(tmp_path):
    program = (sys.executable, "-c", WORKER, str(tmp_path / "one"))
    worker = await asyncio.create_subprocess_exec(*program, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    server = int(await worker.stdout.readline())
    [forked] = descendants(server)
    assert not gone(forked)
    worker.kill()
    await worker.wait()

    async def all_gone():
        return gone(server) and gone(forked)

    await until(all_gone)
