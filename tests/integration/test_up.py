"""`preview-worker up` as a real process: one unit that starts, heals and ends together."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys

import httpx2
import pytest

from support.processes import DEADLINE_S, Service, environment, gone, running, short_folder

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, and the kernel's parent-death signal")


@pytest.fixture(scope="module")
def healing():
    """One that has healed of what the tests before did to it; the last of them kills it."""
    with short_folder() as folder, running(Service(folder / "data")) as unit:
        yield unit


def pids(unit):
    """Process ids by part; the newest of each."""
    started = unit.events("part-started") + [entry | {"part": "redis"} for entry in unit.events("redis-started")]
    return {entry["part"]: entry["pid"] for entry in started}


def is_ready(unit):
    """Whether it would take a job."""
    try:
        return unit.http.get("/readyz").status_code == 200
    except httpx2.TransportError:
        return False


def test_up_answers_and_ends_with_all_its_parts_when_it_is_told_to():
    with short_folder() as folder, running(Service(folder / "data")) as up:
        started = pids(up.ready())
        assert started.keys() == {"redis", "worker", "serve"}
        assert up.http.get("/readyz").text == "ok\n"

        up.process.send_signal(signal.SIGTERM)
        assert up.process.wait(DEADLINE_S) == 0
        assert all(gone(pid) for pid in started.values())
        assert not up.events("part-died")


@pytest.mark.parametrize("part", ["serve", "worker"])
def test_a_part_is_started_again_when_it_is_killed(healing, part):
    killed, died = pids(healing.ready())[part], len(healing.events("part-died"))
    os.kill(killed, signal.SIGKILL)
    healing.until(lambda: pids(healing)[part] != killed)
    healing.until(lambda: is_ready(healing))
    assert [entry["part"] for entry in healing.events("part-died")[died:]] == [part]


def test_redis_is_started_again_when_it_is_killed(healing):
    killed = pids(healing.ready())["redis"]
    os.kill(killed, signal.SIGKILL)
    healing.until(lambda: pids(healing)["redis"] != killed)
    healing.until(lambda: is_ready(healing))


def test_up_ends_with_the_code_of_a_wrong_configuration_when_the_port_is_taken():
    with short_folder() as folder, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = subprocess.run(
            [sys.executable, "-m", "preview_worker", "up"],
            env=environment(folder / "data", PREVIEW_PORT=str(taken.getsockname()[1])),
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
        )
    assert ended.returncode == 78
    assert "PREVIEW_PORT" in ended.stderr


def test_nothing_is_left_when_up_is_killed(healing):
    started = pids(healing)
    healing.process.kill()
    healing.process.wait()
    healing.until(lambda: all(gone(pid) for pid in started.values()), 10)
