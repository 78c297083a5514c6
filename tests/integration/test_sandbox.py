"""The sandbox of the real render process: what it can't do however it tries, and what a system gives that has less."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import socket
import subprocess
import sys
import threading
from pathlib import Path

import httpx2
import pytest

from preview_worker.cli.exits import CONFIGURATION
from preview_worker.errors import ConfigurationError, PermanentError, ResourceLimitError
from preview_worker.render.launching import CHILD_COMMAND, CHILD_VARIABLES, Program
from preview_worker.render.lifecycle import ProcessLimits, ProcessState, SandboxTerms
from preview_worker.render.process import RenderProcess
from preview_worker.render.protocol import Cached, Check, Frame, Planned, Probe, Render, Source, Work
from preview_worker.sandbox.levels import SandboxLevel
from support.forks import forked
from support.media import picture_file
from support.processes import Service, environment, free_port, running, short_folder
from support.queues import until

ZOO = Path(__file__).parent.parent / "zoo"
STEP = {"id": "board", "title": "The board", "durationMs": 1000}
LONG_S = 60

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of it")]


class Canary:
    """Listens where nothing of the sandbox may arrive, and counts what does."""

    def __init__(self, folder):
        self.arrived = []
        self._listeners = [socket.create_server(("127.0.0.1", 0)), socket.socket(type=socket.SOCK_DGRAM)]
        self.port = self._listeners[0].getsockname()[1]
        self._listeners[1].bind(("127.0.0.1", self.port))
        for address in (str(folder / "socket"), f"\0canary-{self.port}"):
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(address)
            listener.listen()
            self._listeners.append(listener)
        self._threads = [threading.Thread(target=self._hear, args=(listener,)) for listener in self._listeners]
        for thread in self._threads:
            thread.start()

    def _hear(self, listener):
        with contextlib.suppress(OSError):
            while True:
                if listener.type == socket.SOCK_DGRAM:
                    said = listener.recv(100)
                else:
                    connection, _ = listener.accept()
                    with connection:
                        said = connection.recv(100)
                if said == b"end":
                    return
                self.arrived.append(said)

    def close(self):
        for listener in self._listeners:
            address = listener.getsockname()
            with socket.socket(listener.family, listener.type) as line:
                line.connect(address)
                line.send(b"end")
        for thread in self._threads:
            thread.join()
        for listener in self._listeners:
            listener.close()
        return self.arrived


def places(root):
    """A process's own folder, and one of the service's beside it."""
    outside, folder = root / "data" / "previews", root / "data" / "work" / "1"
    outside.mkdir(parents=True)
    for name in ("secret", "writable", "cut", "mode", "times", "movable", "asset"):
        (outside / name).write_bytes(b"untouched")
    for name in ("in/segments", "out/files", "out/segments", "out/live"):
        (folder / name).mkdir(parents=True)
    os.link(outside / "asset", folder / "in" / "asset")
    (folder / "in" / "removable").write_bytes(b"")
    (folder / "in" / "link").symlink_to(outside / "secret")
    return outside, folder


def attacked(root, wanted):
    """Let a confined process do its worst; returns what it says, what the canary heard, and the foreign folder."""
    outside, folder = places(root)
    canary = Canary(outside)
    try:
        done = subprocess.run(
            [
                *(sys.executable, str(ZOO / "attacks.py"), str(outside), str(canary.port), str(folder)),
                *(str(os.getpid()), SandboxTerms(wanted=wanted).as_argument()),
            ],
            capture_output=True,
            env={**os.environ, **CHILD_VARIABLES},
            text=True,
            timeout=LONG_S,
            check=False,
        )
    finally:
        arrived = canary.close()
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), arrived, outside


@pytest.fixture(scope="module")
def confined(tmp_path_factory):
    return attacked(tmp_path_factory.mktemp("confined"), "full")


def test_everything_that_must_fail_fails_when_it_is_confined(confined):
    said, _, _ = confined
    assert said["level"] == SandboxLevel.FULL
    assert {name: said["outcomes"][name] for name in said["must_fail"] if said["outcomes"][name] == "done"} == {}


def test_everything_it_needs_works_when_it_is_confined(confined):
    said, _, _ = confined
    needed = {name: end for name, end in said["outcomes"].items() if name not in said["must_fail"]}
    assert needed == dict.fromkeys(needed, "done")


def test_nothing_arrives_and_no_foreign_file_changes_when_it_is_confined(confined):
    _, arrived, outside = confined
    assert arrived == []
    assert {path.name: path.read_bytes() for path in outside.iterdir() if path.is_file()} == dict.fromkeys(
        ("secret", "writable", "cut", "mode", "times", "movable", "asset"), b"untouched"
    )
    assert (outside / "times").stat().st_mtime > 1


def test_the_same_attempts_succeed_when_nothing_confines_it(tmp_path):
    said, arrived, _ = attacked(tmp_path, "none")
    assert said["level"] == SandboxLevel.NONE
    # A helper forks freely, too, and only the limits of the test's own user are left.
    assert {name: end for name, end in said["outcomes"].items() if end != "done"} == {}
    assert len(arrived) == 4


@pytest.fixture(params=["forked", "program"])
def launch(request):
    """Both ways in which render processes come to be."""
    return forked() if request.param == "forked" else Program()


def child(folder, *absent, wanted="auto"):
    """A render process on a kernel that lacks something."""
    command = (*on_old_kernel(*absent), *CHILD_COMMAND)
    return RenderProcess(folder / "work", terms=SandboxTerms(wanted=wanted), launch=Program(command))


def on_old_kernel(*absent):
    return sys.executable, str(ZOO / "old_kernel.py"), ",".join(absent)


def work_of(**members):
    request = {"title": "A game", "language": "en", "steps": [STEP], "assets": [], "audio": {}, **members}
    return Work(job_id="j", project_id="p", request_id="r", digest="d" * 64, request=request, sources={})


async def ignore(_event):
    """Take an event."""


@pytest.mark.parametrize(
    ("absent", "level"),
    [
        (["landlock"], SandboxLevel.PARTIAL),
        (["landlock", "namespaces"], SandboxLevel.PARTIAL),
        (["seccomp", "namespaces"], SandboxLevel.LIMITS),
        (["landlock", "seccomp", "namespaces"], SandboxLevel.LIMITS),
    ],
)
async def test_level_is_what_holds_when_the_kernel_lacks_something(tmp_path, absent, level):
    async with child(tmp_path, *absent) as process:
        assert process.sandbox is level
        await process.run(Probe(work=work_of()), ignore, deadline_s=LONG_S)


@pytest.mark.parametrize(
    ("absent", "wanted", "lacking"), [("landlock", "full", "Landlock"), ("seccomp,namespaces", "partial", "seccomp")]
)
async def test_start_is_refused_when_the_kernel_gives_less_than_is_wanted(tmp_path, absent, wanted, lacking):
    process = child(tmp_path, absent, wanted=wanted)
    with pytest.raises(ConfigurationError, match=lacking) as caught:
        await process.start()
    assert f"PREVIEW_SANDBOX asks for {wanted}" in caught.value.sentence
    assert process.state is ProcessState.DEAD


async def test_process_is_confined_in_full_and_serves_many_commands(tmp_path, launch):
    fonts = tmp_path / "fonts"
    fonts.mkdir()
    (tmp_path / "elsewhere.ttf").write_bytes(b"no font")
    (fonts / "linked.ttf").symlink_to(tmp_path / "elsewhere.ttf")
    terms = SandboxTerms(wanted="full", fonts_folder=fonts)
    async with RenderProcess(tmp_path / "work", terms=terms, launch=launch) as process:
        assert process.sandbox is SandboxLevel.FULL
        for _ in range(3):
            work = Work(**{**vars_of(work_of()), "fonts_folder": str(fonts)})
            await process.run(Frame(work=work, step_id="board"), ignore, deadline_s=LONG_S)
            await process.clear()


def vars_of(work):
    return {name: getattr(work, name) for name in work.__slots__}


async def test_asset_is_read_by_its_further_name_and_a_link_is_not(tmp_path, launch):
    picture_file(tmp_path / "board.png")
    async with RenderProcess(tmp_path / "work", launch=launch) as process:
        os.link(tmp_path / "board.png", process.folder / "in" / "linked")
        (process.folder / "in" / "pointing").symlink_to(tmp_path / "board.png")
        request = {"assets": [{"id": "a", "uri": "a.png"}], "steps": [{**STEP, "visuals": ["a"]}]}
        for name in ("linked", "pointing"):
            work = Work(**{**vars_of(work_of(**request)), "sources": {"a": Source(file=name, sha256=name)}})
            if name == "linked":
                await process.run(Probe(work=work), ignore, deadline_s=LONG_S)
            else:
                with pytest.raises(PermanentError, match="can't be read"):
                    await process.run(Probe(work=work), ignore, deadline_s=LONG_S)


async def test_confined_process_is_given_twice_the_deadline_of_processor_time_for_each_command(tmp_path, launch):
    async with RenderProcess(tmp_path / "work", terms=SandboxTerms(wanted="full"), launch=launch) as process:
        for deadline_s in (100, 40):
            given = []

            async def look(_event, given=given):
                given.append(resource.prlimit(process.pid, resource.RLIMIT_CPU)[0])

            await process.run(Check(work=work_of()), look, deadline_s=deadline_s)
            # The process's start and the command before have used a few seconds at most.
            assert set(given) <= set(range(2 * deadline_s + 1, 2 * deadline_s + 20))
            assert given


async def test_error_names_the_limit_when_a_file_grows_too_large(tmp_path, launch):
    process = RenderProcess(tmp_path / "work", terms=SandboxTerms(file_bytes=2_000), launch=launch)

    async def answer(event):
        if isinstance(event, Planned):
            await process.answer(Cached(keys=[]))

    async with process:
        with pytest.raises(PermanentError, match="larger than the allowed 2,000 bytes") as caught:
            await process.run(Render(work=work_of()), answer, deadline_s=LONG_S)
    assert caught.value.code == ResourceLimitError.default_code


def living(group):
    """Processes of a group that are no zombies: who has lost his parent waits for the system to bury him."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit():
                state, _, of_group = (entry / "stat").read_text().rsplit(")", 1)[1].split()[:3]
                found += [entry.name] if int(of_group) == group and state != "Z" else []
    return found


async def test_group_is_ended_when_it_starts_too_many_processes(tmp_path):
    command = (sys.executable, str(ZOO / "forks_without_end.py"))
    process = RenderProcess(tmp_path / "work", limits=ProcessLimits(watch_s=0.02), launch=Program(command))

    async def nobody():
        return not living(pid)

    async with process:
        pid = process.pid
        with pytest.raises(ResourceLimitError, match="processes; 16 are allowed"):
            await process.run(Probe(work=work_of()), ignore, deadline_s=LONG_S)
    await until(nobody, deadline_s=5)


async def test_results_folder_stays_the_same_between_commands(tmp_path, launch):
    async with RenderProcess(tmp_path / "work", launch=launch) as process:
        before = (process.folder / "out").stat().st_ino
        (process.folder / "out" / "files" / "left").write_bytes(b"x")
        await process.clear()
        assert (process.folder / "out").stat().st_ino == before
        assert not (process.folder / "out" / "files" / "left").exists()


async def test_worker_ends_with_one_sentence_when_the_kernel_gives_less_than_is_wanted(tmp_path, queue_address):
    settings = {"REDIS_URL": queue_address.url, "PREVIEW_SANDBOX": "full"}
    command = (*on_old_kernel("landlock"), sys.executable, "-m", "preview_worker", "worker")
    done = await asyncio.to_thread(
        subprocess.run, command, env=environment(tmp_path, **settings), capture_output=True, timeout=LONG_S, check=False
    )
    assert done.returncode == CONFIGURATION
    last = done.stderr.decode().strip().splitlines()[-1]
    assert "sandbox level partial here and PREVIEW_SANDBOX asks for full" in last
    assert not list((tmp_path / "work").iterdir())


async def test_worker_tells_its_level_when_it_is_asked():
    port = free_port()
    with short_folder() as folder, running(Service(folder / "data", PREVIEW_PROBE_PORT=str(port))) as up:
        (worker,) = up.ready().workers()
        exposed = httpx2.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
    assert worker["sandbox"] == "full"
    assert 'preview_worker_sandbox{level="full"} 1.0' in exposed.splitlines()
