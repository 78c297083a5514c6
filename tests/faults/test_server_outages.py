"""Rows 13, 14 and 16 of the fault matrix: Redis isn't there yet, goes away, or has no room on its disk."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from support.disks import MIB, resize, small_disk
from support.processes import Part, Service, running, short_folder
from support.service import PREFIX, payload
from support.valkey import ServerProcess

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, and mounts a file system"),
]

ABSENT_S, AWAY_S = 300, 30
ANSWERED_WITHIN_S = 2.5
RESUMES_WITHIN_S = 20
RECOVERS_WITHIN_S = 10
BUSY_RATIO = 0.05
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, kw_only=True)
class Rig:
    """API and worker, and a server of their own that may be away."""

    server: ServerProcess
    service: Service
    worker: Part

    def posted(self, job_id):
        """Post a job; returns the answer, and how long it took."""
        began_s = time.monotonic()
        answer = self.service.http.post(f"{PREFIX}/job", json=plan(job_id))
        return answer, time.monotonic() - began_s

    def refused(self, job_id):
        """A post that is answered in time, and not accepted."""
        answer, took_s = self.posted(job_id)
        assert (answer.status_code, answer.json()["code"]) == (503, "queue-unavailable")
        assert int(answer.headers["retry-after"]) > 0
        assert took_s < ANSWERED_WITHIN_S

    def accepted_within(self, job_id, within_s):
        """Post until it is accepted, and wait for the job's end; all of it in time."""
        began_s = time.monotonic()
        self.service.until(lambda: self.posted(job_id)[0].status_code == 202, within_s)
        assert self.service.ended(job_id)["status"] == "completed"
        assert time.monotonic() - began_s < within_s

    def probe(self, path):
        return self.service.http.get(path).status_code


def plan(job_id, **request):
    return payload(job_id, dry_run=True, steps=[{"text": f"Place the board of {job_id}."}], **request)


def processor_s(part):
    """Processor time of a process so far."""
    fields = Path(f"/proc/{part.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def listening(service):
    try:
        return service.http.get("/livez").status_code == 200
    except httpx2.TransportError:
        return False


@contextmanager
def without_redis():
    with short_folder() as folder:
        server = ServerProcess(folder, append_only=True)
        settings = {"REDIS_URL": server.url}
        try:
            with (
                running(Service(folder / "data", command="serve", **settings)) as service,
                running(Part(folder / "data", "worker", **settings)) as worker,
            ):
                yield Rig(server=server, service=service, worker=worker)
        finally:
            server.kill()


def test_row_13_row_14_service_and_worker_wait_for_redis_and_go_on_by_themselves():
    with without_redis() as rig:
        rig.service.until(lambda: listening(rig.service))
        rig.worker.until(lambda: rig.worker.events("redis-unreachable"))
        waits(rig)
        rig.server.start()
        rig.accepted_within("first", RESUMES_WITHIN_S)
        assert rig.probe("/readyz") == 200

        rig.server.kill()
        over_at_s = time.monotonic() + AWAY_S
        while time.monotonic() < over_at_s:
            rig.refused("second")
            assert rig.service.http.get(f"{PREFIX}/job/first/files/preview.json").status_code == 200
        rig.server.start()
        rig.accepted_within("second", RESUMES_WITHIN_S)
        assert rig.service.status("first")["status"] == "completed"


def waits(rig):
    """For `ABSENT_S` both parts live, are not ready, and do next to nothing."""
    parts = (rig.service, rig.worker)
    before_s = [processor_s(part) for part in parts]
    began_s = time.monotonic()
    rig.service.until(lambda: time.monotonic() - began_s > ABSENT_S, ABSENT_S + 10)
    waited_s = time.monotonic() - began_s
    busy = [(processor_s(part) - before) / waited_s for part, before in zip(parts, before_s, strict=True)]
    assert [part.process.poll() for part in parts] == [None, None]
    assert (rig.probe("/livez"), rig.probe("/readyz")) == (200, 503)
    assert max(busy) < BUSY_RATIO, busy
    rig.refused("first")


def test_row_16_nothing_acknowledged_is_lost_when_the_servers_disk_is_full():
    with short_folder() as folder, small_disk(folder / "data" / "valkey", "size=4m", "mode=0700") as disk:
        settings = {"PREVIEW_QUEUE_MAX": "1000", "PREVIEW_WORKER_CONCURRENCY": "0"}
        with running(Service(folder / "data", **settings)) as service:
            service.ready()
            accepted, answer = [], None
            while (answer := large(service, f"job-{len(accepted)}")).status_code == 202:
                accepted.append(answer.json()["jobId"])
            assert len(accepted) > 10
            for _ in range(5):
                assert (answer.status_code, answer.json()["code"]) == (503, "queue-unavailable")
                answer = large(service, "another")
            assert listening(service)

            resize(disk, 64 * MIB)
            relieved_s = time.monotonic()
            service.until(lambda: large(service, "another").status_code == 202)
            assert time.monotonic() - relieved_s < RECOVERS_WITHIN_S
            assert {service.status(job_id)["status"] for job_id in accepted} == {"queued"}
            assert service.http.get(f"{PREFIX}/queue/metrics").json()["total"] == len(accepted) + 1


def large(service, job_id):
    """Post a job of 60 kB."""
    return service.http.post(f"{PREFIX}/job", json=plan(job_id, metadata={"notes": "x" * 60_000}))
