"""What the routes work with: ports and plain values, built once by bootstrap."""

from __future__ import annotations

from dataclasses import dataclass

from preview_worker.api.frame_source import FrameSource
from preview_worker.assets.library import AssetLibrary
from preview_worker.contract.result import live_path
from preview_worker.observability.metrics import Metrics
from preview_worker.probes.health import Stated
from preview_worker.queue.port import AdmissionGate, Producer
from preview_worker.state.records import JobRecords
from preview_worker.state.workers import WorkerHeartbeats
from preview_worker.storage.jobs import JobFiles
from preview_worker.storage.places import Places
from preview_worker.storage.watermarks import DiskGuard

PREFIX = "/api/preview"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Everything a route may use."""

    producer: Producer
    gate: AdmissionGate
    records: JobRecords
    workers: WorkerHeartbeats
    library: AssetLibrary
    places: Places
    disk: DiskGuard
    job_files: JobFiles
    metrics: Metrics
    version: str
    queue_name: str
    stated: Stated
    max_duration_ms: int
    default_attempts: int
    frames: FrameSource


def links(job_id: str) -> dict[str, str]:
    """Where a job's state and files are."""
    base = f"{PREFIX}/job/{job_id}"
    return {
        "status": f"{base}/status",
        "artifact": f"{base}/artifact",
        "cancel": f"{base}/cancel",
        "live": live_path(job_id),
    }
