"""`preview-worker up` as a real process: one unit that starts, heals and ends together."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx2
import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, and the kernel's parent-death signal")

DEADLINE_S = 40.0
"""Generous: three interpreters start on whatever the machine has left."""


class Up:
    """One `up`, with what it says about its parts."""

    def __init__(self, folder):
        self.port = _free_port()
        self.log = folder / "up.log"
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PREVIEW_", "REDIS_"))}
        environment |= {
            "DATA_DIR": str(folder / "data"),
            "PREVIEW_PORT": str(self.port),
            "PREVIEW_PROBE_PORT": "0",
            "PREVIEW_LOG_FORMAT": "json",
        }
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "preview_worker", "up"], env=environment, stdout=log, stderr=log
            )

    def events(self, name):
        lines = self.log.read_text().splitlines()
        told = [json.loads(line) for line in lines if line.startswith("{")]
        return [entry for entry in told if entry["event"] == name]

    def pids(self):
        """Process ids by part; the newest of each."""
        started = self.events("part-started") + [entry | {"part": "redis"} for entry in self.events("redis-started")]
        return {entry["part"]: entry["pid"] for entry in started}

    def get(self, path):
        try:
            return httpx2.get(f"http://127.0.0.1:{self.port}{path}", timeout=5, trust_env=False)
        except httpx2.TransportError:
            return None

    def healthy_parts(self):
        """The health document once a worker is known, else None."""
        answer = self.get("/api/preview/worker/health")
        return answer.json() if answer is not None and answer.json().get("workers") else None


@pytest.fixture
def up():
    with tempfile.TemporaryDirectory(prefix="pvw-") as folder:  # short: a socket's path is limited
        unit = Up(Path(folder))
        try:
            until(unit, unit.healthy_parts)
            yield unit
        finally:
            if unit.process.poll() is None:
                unit.process.terminate()
            try:
                unit.process.wait(DEADLINE_S)
            except subprocess.TimeoutExpired:
                unit.process.kill()
                unit.process.wait()


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(unit, condition, deadline_s=DEADLINE_S):
    give_up_at_s = time.monotonic() + deadline_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > give_up_at_s:
            raise TimeoutError(f"the condition never held; the log:\n{unit.log.read_text()[-4000:]}")
        time.sleep(0.02)


def gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_up_answers_and_ends_with_all_its_parts_when_it_is_told_to(up):
    pids = up.pids()
    assert pids.keys() == {"redis", "worker", "serve"}
    assert up.get("/readyz").text == "ok\n"

    up.process.send_signal(signal.SIGTERM)
    assert up.process.wait(DEADLINE_S) == 0
    assert all(gone(pid) for pid in pids.values())
    assert not up.events("part-died")


def test_nothing_is_left_when_up_is_killed(up):
    pids = up.pids()
    up.process.kill()
    up.process.wait()
    until(up, lambda: all(gone(pid) for pid in pids.values()), 10)


@pytest.mark.parametrize("part", ["serve", "worker"])
def test_a_part_is_started_again_when_it_is_killed(up, part):
    killed = up.pids()[part]
    os.kill(killed, signal.SIGKILL)
    until(up, lambda: up.pids()[part] != killed)
    until(up, lambda: (answer := up.get("/readyz")) is not None and answer.status_code == 200)
    assert [entry["part"] for entry in up.events("part-died")] == [part]


def test_redis_is_started_again_when_it_is_killed(up):
    killed = up.pids()["redis"]
    os.kill(killed, signal.SIGKILL)
    until(up, lambda: up.pids()["redis"] != killed)
    until(up, lambda: (answer := up.get("/readyz")) is not None and answer.status_code == 200)


def test_up_ends_with_the_code_of_a_wrong_configuration_when_the_port_is_taken():
    with tempfile.TemporaryDirectory(prefix="pvw-") as folder, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        environment = {**os.environ, "DATA_DIR": f"{folder}/data", "PREVIEW_PROBE_PORT": "0"}
        environment["PREVIEW_PORT"] = str(taken.getsockname()[1])
        environment.pop("REDIS_URL", None)
        ended = subprocess.run(
            [sys.executable, "-m", "preview_worker", "up"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
        )
    assert ended.returncode == 78
    assert "PREVIEW_PORT" in ended.stderr
