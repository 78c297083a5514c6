"""The settings of what is kept on the disk."""

from __future__ import annotations

from preview_worker.config.setting import Setting, one_of, watermark, whole

_GIB = 1024**3
STORAGE: tuple[Setting, ...] = (
    Setting(
        name="PREVIEW_RETENTION_DAYS",
        field="retention_days",
        default="7",
        unit="days",
        meaning="How long a preview is kept; afterwards its routes answer 410.",
        read=whole(1, 3650),
    ),
    Setting(
        name="PREVIEW_RETENTION_PLANS_DAYS",
        field="retention_plans_days",
        default="7",
        unit="days",
        meaning="How long the plan of a dry run is kept.",
        read=whole(1, 3650),
    ),
    Setting(
        name="PREVIEW_RETENTION_FAILED_DAYS",
        field="retention_failed_days",
        default="7",
        unit="days",
        meaning="How long the disk tells why a job failed.",
        read=whole(1, 3650),
    ),
    Setting(
        name="PREVIEW_RETENTION_KEEPS",
        field="retention_keeps",
        default="approved-and-last",
        unit="",
        meaning="Previews of each chapter and language that stay beyond that: approved-and-last, approved, none.",
        read=one_of("approved-and-last", "approved", "none"),
    ),
    Setting(
        name="PREVIEW_CACHES_BYTES",
        field="caches_bytes",
        default=str(20 * _GIB),
        unit="bytes",
        meaning="Limit of all projects' caches together: segments, voices, inline and fetched assets.",
        read=whole(0, 1 << 50),
    ),
    Setting(
        name="PREVIEW_CACHE_BYTES",
        field="cache_bytes",
        default=str(2 * _GIB),
        unit="bytes",
        meaning="Limit of one project's segment cache.",
        read=whole(0, 1 << 50),
    ),
    Setting(
        name="PREVIEW_SCRUB_BYTES_S",
        field="scrub_bps",
        default=str(4 * 1024**2),
        unit="bytes/s",
        meaning="How fast a worker hashes published files again, once a day, to find damaged ones; 0: never.",
        read=whole(0, 1 << 40),
    ),
    Setting(
        name="PREVIEW_DISK_CLEANING",
        field="disk_cleaning",
        default="20%,4GiB",
        unit="free",
        meaning="Caches are trimmed below their limits while less is free: a share of the disk, a size, or the "
        "smaller of both; 0: never.",
        read=watermark,
    ),
    Setting(
        name="PREVIEW_DISK_ADMISSION",
        field="disk_admission",
        default="10%,2GiB",
        unit="free",
        meaning="New jobs are refused with 507 while less is free beside what they and running jobs need.",
        read=watermark,
    ),
    Setting(
        name="PREVIEW_DISK_FETCHING",
        field="disk_fetching",
        default="5%,1GiB",
        unit="free",
        meaning="Workers start no job while less is free beside what it and running jobs need.",
        read=watermark,
    ),
)
