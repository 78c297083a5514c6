"""What attempts work with."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from preview_worker.assets.library import AssetLibrary
from preview_worker.faults import Reached, go_on
from preview_worker.observability.metrics import Metrics
from preview_worker.state.fence import JobFence
from preview_worker.state.records import JobRecords
from preview_worker.storage.facts import FactsCache
from preview_worker.storage.history import History
from preview_worker.storage.janitor import Tenancy
from preview_worker.storage.places import Places
from preview_worker.worker.company import Company
from preview_worker.worker.heartbeat import Bench
from preview_worker.worker.pool import RenderPool
from preview_worker.worker.publication import Publisher
from preview_worker.worker.room import Room
from preview_worker.worker.speaking import Speaker


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What attempts work with; built once."""

    places: Places
    tenancy: Tenancy
    library: AssetLibrary
    facts: FactsCache
    records: JobRecords
    fences: JobFence
    publisher: Publisher
    history: History
    pool: RenderPool
    speaker: Speaker
    company: Company
    metrics: Metrics
    bench: Bench
    room: Room
    cache_bytes: int
    cores: int
    max_duration_ms: int
    job_timeout_s: float
    record_ttl_s: int
    fonts_dir: Path | None
    clock: Callable[[], float] = time.monotonic
    reached: Reached = go_on
