"""Every metric of the service, declared once. Labels come from closed sets; no job ids.

`preview_worker_job_outcomes_total` and `preview_worker_job_duration_seconds` keep the names that dashboards know.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

OUTCOMES = ("started", "completed", "dryrun", "failed", "invalid", "cancelled", "retried", "handed-back", "lost")
DURATION_BUCKETS_S = (0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60, 120, 300, 600)


class Metrics:
    """The metrics of one process, in a registry of their own."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self, *, version: str) -> None:
        self.registry = CollectorRegistry()
        self.job_outcomes = Counter(
            "preview_worker_job_outcomes_total",
            "Jobs by outcome; a job is counted once as started per run, and once at its end.",
            ["outcome"],
            registry=self.registry,
        )
        for outcome in OUTCOMES:
            self.job_outcomes.labels(outcome)
        self.job_duration = Histogram(
            "preview_worker_job_duration_seconds",
            "Wall time of a run, from taking the job to its end.",
            ["outcome"],
            buckets=DURATION_BUCKETS_S,
            registry=self.registry,
        )
        self.stage_duration = Histogram(
            "preview_worker_stage_duration_seconds",
            "Wall time of one stage of a run.",
            ["stage"],
            buckets=DURATION_BUCKETS_S,
            registry=self.registry,
        )
        self.frames = Counter(
            "preview_worker_frames_total", "Frames of finished previews.", ["source"], registry=self.registry
        )
        self.speed = Gauge(
            "preview_worker_render_speed_ratio",
            "Length of the last finished video divided by the wall time of its run.",
            registry=self.registry,
        )
        self.slots_busy = Gauge("preview_worker_slots_busy", "Jobs this worker runs now.", registry=self.registry)
        self.slots = Gauge("preview_worker_slots", "Jobs this worker may run at once.", registry=self.registry)
        self.queue_jobs = Gauge("preview_worker_queue_jobs", "Jobs by state.", ["state"], registry=self.registry)
        self.queue_capacity = Gauge(
            "preview_worker_queue_capacity", "Most jobs admission lets wait.", registry=self.registry
        )
        self.admissions = Counter(
            "preview_worker_admissions_total", "Posted jobs by answer.", ["answer"], registry=self.registry
        )
        self.render_deaths = Counter(
            "preview_worker_render_process_deaths_total",
            "Render processes that ended otherwise than asked.",
            ["cause"],
            registry=self.registry,
        )
        self.sandbox = Gauge(
            "preview_worker_sandbox",
            "1 for the level that confines this worker's render processes.",
            ["level"],
            registry=self.registry,
        )
        self.holding = Gauge(
            "preview_worker_holding",
            "1 while this worker takes no jobs because its disk or its render processes are in the way.",
            registry=self.registry,
        )
        self.disk_free = Gauge(
            "preview_worker_disk_free_bytes", "Free bytes of DATA_DIR's file system.", registry=self.registry
        )
        self.removed = Counter(
            "preview_worker_removed_total", "What housekeeping removed.", ["kind"], registry=self.registry
        )
        self.removed_bytes = Counter(
            "preview_worker_removed_bytes_total", "Bytes that housekeeping removed.", ["kind"], registry=self.registry
        )
        self.damaged = Counter(
            "preview_worker_damaged_files_total",
            "Damaged published files that were found, in each round again.",
            registry=self.registry,
        )
        self.retention_refused = Gauge(
            "preview_worker_retention_refused",
            "1 while nothing is removed for its age until an operator confirms.",
            registry=self.registry,
        )
        build = Gauge("preview_worker_build_info", "Always 1.", ["version"], registry=self.registry)
        build.labels(version).set(1)

    def exposition(self) -> bytes:
        """The metrics in the text format of Prometheus."""
        return generate_latest(self.registry)
