"""The disk of DATA_DIR with its watermarks, for the API, the worker and the commands that tidy up."""

from __future__ import annotations

from functools import partial

from preview_worker.config.settings import Settings
from preview_worker.storage.disk import SystemDisk
from preview_worker.storage.places import Places
from preview_worker.storage.reservations import promised_bytes
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
