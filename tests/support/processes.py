"""The service as real processes: `preview-worker up`, spoken to over HTTP, and what it leaves on the disk."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2

from preview_worker.storage.places import Places
from support.service import PREFIX

DEADLINE_S = 60.0
"""Generous: interpreters start and videos are drawn on whatever the machine has left."""
ENDED = frozenset({"completed", "failed", "cancelled"})


class Part:
    """One `preview-worker` process, with what it logs."""

    def __init__(self, data_dir, *arguments, **settings):
        self.data_dir = data_dir
        self.log = data_dir.parent / f"{arguments[0]}-{time.monotonic_ns()}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "preview_worker", *arguments],
                env=environment(data_dir, **settings),
                stdout=log,
                stderr=log,
            )

    def events(self, name):
        """Every log entry of that name so far."""
        lines = self.log.read_text().splitlines()
        told = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
        return [entry for entry in told if entry["event"] == name]

    def until(self, condition, deadline_s=DEADLINE_S):
        """Poll until the condition gives something true, and return that."""
        give_up_at_s = time.monotonic() + deadline_s
        while not (value := condition()):
            if time.monotonic() > give_up_at_s:
                raise TimeoutError(f"the condition never held; the log:\n{self.log.read_text()[-4000:]}")
            time.sleep(0.02)
        return value

    def end(self):
        """Ask it to end; kill it when it doesn't."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise


class Service(Part):
    """One `up` (or `serve`, with workers of its own) and its routes."""

    def __init__(self, data_dir, *arguments, command="up", **settings):
        self.port = free_port()
        super().__init__(data_dir, command, *arguments, PREVIEW_PORT=str(self.port), **settings)
        self.places = Places(data_dir)
        self.http = httpx2.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=10, trust_env=False)

    def ready(self, *, workers=1):
        """Wait until so many workers are known."""
        self.until(lambda: len(self.workers() or ()) == workers)
        return self

    def end(self):
        """Also closes the connection."""
        self.http.close()
        return super().end()

    def workers(self):
        """The workers that health tells of; None while it can't be asked."""
        try:
            answer = self.http.get(f"{PREFIX}/worker/health")
        except httpx2.TransportError:
            return None
        return answer.json().get("workers")

    def submit(self, payload):
        """Post a job that must be accepted; returns its id."""
        answer = self.http.post(f"{PREFIX}/job", json=payload)
        assert answer.status_code == 202, answer.text
        return answer.json()["jobId"]

    def pause(self):
        """Let workers take no further job."""
        self.http.post(f"{PREFIX}/queue/pause").raise_for_status()

    def resume(self):
        """Let workers take jobs again."""
        self.http.post(f"{PREFIX}/queue/resume").raise_for_status()

    def status(self, job_id):
        """The status document."""
        return self.http.get(f"{PREFIX}/job/{job_id}/status").json()

    def ended(self, job_id):
        """The status of a job once it has ended."""

        def look():
            status = self.status(job_id)
            return status if status["status"] in ENDED else None

        return self.until(look)

    def completed(self, payload):
        """Post a job and wait until it is completed; returns the folder of its preview or plan."""
        status = self.ended(self.submit(payload))
        assert status["status"] == "completed", status["failedReason"]
        where = self.places.plan if status["dryRun"] else self.places.preview
        return where(status["projectId"], status["jobId"])

    def rendering(self, job_id):
        """Wait until frames of the job are drawn and more are to come."""

        def look():
            status = self.status(job_id)
            assert status["status"] not in ENDED, f"the job ended too early for this test: {status}"
            return status["stage"] == "render" and status["framesDone"] > 0

        self.until(look)


@contextmanager
def short_folder():
    """A folder with a short path: that of a socket is limited."""
    with tempfile.TemporaryDirectory(prefix="pvw-") as folder:
        yield Path(folder)


@contextmanager
def running(part):
    """End a part whatever happens."""
    try:
        yield part
    finally:
        part.end()


def environment(data_dir, **settings):
    """What a process of the service sees: this machine's variables without settings, and the given settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREVIEW_", "REDIS_"))}
    defaults = {
        "DATA_DIR": str(data_dir),
        "PREVIEW_PROBE_PORT": "0",
        "PREVIEW_LOG_FORMAT": "json",
        "PREVIEW_VOICE": "none",
    }
    return kept | defaults | settings


def free_port():
    """A port of loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def descendants(pid):
    """Process ids of everything a process has started, and what they have."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            parents[int(entry.name)] = int(fields[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def render_processes(pid):
    """Process ids of a worker's render processes, their helpers among them; not its fork server (Linux)."""
    found = []
    for descendant in descendants(pid):
        with suppress(OSError):
            if Path(f"/proc/{descendant}/comm").read_text() == "pvw-render\n":
                found.append(descendant)
    return found


def gone(pid):
    """Whether a process has ended (one that nobody has waited for yet has)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True
