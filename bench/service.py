"""A whole service of its own for a benchmark, and the memory of its worker with its render processes."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from preview_worker.client.http import PreviewClient
from preview_worker.errors import PreviewError

SAMPLES_PER_S = 20


@contextmanager
def running_service(data_dir: Path, *, concurrency: int = 2, **settings: str) -> Iterator[PreviewClient]:
    """`preview-worker up` in a folder of its own, ready; more settings by their names."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if name != "REDIS_URL"} | {
        "DATA_DIR": str(data_dir),
        "PREVIEW_PORT": str(port),
        "PREVIEW_PROBE_PORT": "0",
        "PREVIEW_WORKER_CONCURRENCY": str(concurrency),
        "PREVIEW_LOG_LEVEL": "warning",
        **settings,
    }
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "service.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "preview_worker", "up"], env=environment, stdout=log, stderr=log
        )
        try:
            with PreviewClient(f"http://127.0.0.1:{port}") as client:
                _ready(client)
                yield client
        finally:
            process.terminate()
            process.wait(40)


def worker_pid(client: PreviewClient) -> int:
    """Process id of the only worker, from its heartbeat."""
    return int(client.health()["workers"][0]["id"].rsplit("-", maxsplit=1)[1])


def finish(client: PreviewClient, job_id: str) -> dict[str, Any]:
    """Wait for a job and return its state; a failed one ends the benchmark."""
    status = client.wait(job_id, deadline_s=600)
    if status["status"] != "completed":
        raise SystemExit(f"{job_id} {status['status']}: {status['failedReason']}")
    return status


class MemorySampler:
    """Peak proportional set size (PSS) of a worker with its render processes, sampled 20 times a second.

    `pair_bytes`: worker and the largest of its processes, the one that renders, with its helpers. `all_bytes`: the
    fork server and waiting processes too.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.pair_bytes = self.all_bytes = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(1 / SAMPLES_PER_S):
            worker = _pss_bytes(self._pid)
            renders = [sum(_pss_bytes(pid) for pid in family(render)) for render in _renders(self._pid)]
            self.pair_bytes = max(self.pair_bytes, worker + max(renders, default=0))
            self.all_bytes = max(self.all_bytes, sum(_pss_bytes(pid) for pid in family(self._pid)))


def peak_resident_bytes(worker: int) -> int:
    """Largest VmHWM among a worker's render processes."""
    return max((_memory_bytes(pid, "status", "VmHWM:") for pid in family(worker) - {worker}), default=0)


def family(pid: int) -> set[int]:
    """A process and all its descendants."""
    parents = _parents()
    found = {pid}
    while True:
        more = {child for child, parent in parents.items() if parent in found} - found
        if not more:
            return found
        found |= more


def _renders(worker: int) -> list[int]:
    """Render processes of a worker, each the first of its group; their helpers aren't."""
    found = []
    for pid in family(worker):
        with contextlib.suppress(OSError):
            if os.getpgid(pid) == pid and Path(f"/proc/{pid}/comm").read_text() == "pvw-render\n":
                found.append(pid)
    return found


def _parents() -> dict[int, int]:
    """Parent of each process there is."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", maxsplit=1)[1].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(fields[1])
    return parents


def _pss_bytes(pid: int) -> int:
    return _memory_bytes(pid, "smaps_rollup", "Pss:")


def _memory_bytes(pid: int, file: str, name: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(name)), 0)


def _ready(client: PreviewClient) -> None:
    ends_s = time.monotonic() + 60
    while time.monotonic() < ends_s:
        try:
            if client.health().get("workers"):
                return
        except PreviewError:
            pass
        time.sleep(0.1)
    raise SystemExit("the service didn't come up")
