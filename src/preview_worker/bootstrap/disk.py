"""The disk of DATA_DIR with its watermarks, for the API, the worker and the commands that tidy up."""

from __future__ import annotations

from functools import partial

from preview_worker.config.settings import Settings
from preview_worker.storage.cleaning import Cleaner
from preview_worker.storage.disk import SystemDisk
from preview_worker.storage.places import Places
from preview_worker.storage.reservations import promised_bytes
from preview_worker.storage.retention import DAY_MS, Retention
from preview_worker.storage.trust import ClockTrust
from preview_worker.storage.watermarks import DiskGuard, Watermarks


def claimed_disk(settings: Settings) -> DiskGuard:
    """Guard the disk of DATA_DIR, which is marked as such; blocking.

    Raises:
        StorageError: It is full, read-only or failing (transient).
    """
    disk = SystemDisk(settings.data_dir)
    disk.claim()
    marks = Watermarks(
        cleaning=settings.disk_cleaning, admission=settings.disk_admission, fetching=settings.disk_fetching
    )
    return DiskGuard(disk, marks, partial(promised_bytes, Places(settings.data_dir)))


def retention_of(settings: Settings) -> Retention:
    """How long what is kept."""
    return Retention(
        preview_ms=settings.retention_days * DAY_MS,
        plan_ms=settings.retention_plans_days * DAY_MS,
        failed_ms=settings.retention_failed_days * DAY_MS,
        keeps=settings.retention_keeps,
    )


def cleaner_of(settings: Settings, guard: DiskGuard) -> Cleaner:
    """Who tidies DATA_DIR up."""
    places, retention = Places(settings.data_dir), retention_of(settings)
    return Cleaner(
        places,
        retention=retention,
        trust=ClockTrust(places.clock, retention.longest_ms),
        guard=guard,
        caches_bytes=settings.caches_bytes,
    )
