"""Records of jobs on disk: the index by which status and files are answered while Redis is down or empty."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal

from preview_worker.storage.atomic import read_if_there, write_json

RecordedState = Literal["publishing", "completed", "failed", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFile:
    """What is remembered of a job; times in ms since the epoch.

    `publishing` is written before the rename: whether the preview stands tells how it ended.
    """

    job_id: str
    project_id: str
    digest: str
    dry_run: bool
    state: RecordedState
    finished_at_ms: int
    expires_at_ms: int
    failed_code: str | None = None
    failed_reason: str | None = None


_FIELDS = tuple(field.name for field in fields(JobFile))
_PLACES = ("job_id", "project_id")
"""Fields that tell where its files are: without them a record says nothing."""


class JobFiles:
    """``<jobId>.json`` below one folder, ids without regard to case."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, record: JobFile) -> None:
        """Write or replace a record.

        Raises:
            StorageError: The disk is full, read-only or failing (transient).
        """
        write_json(self._path(record.job_id), asdict(record))

    def read(self, job_id: str) -> JobFile | None:
        """The record of a job, None where there is none or it says nothing; what a newer build added is ignored.

        Raises:
            StorageError: It is there, and can't be read (transient).
        """
        written = read_if_there(self._path(job_id), f"the record of {job_id}")
        if written is None:
            return None
        try:
            content = json.loads(written)
            members = {name: content[name] for name in _FIELDS if name in content}
            if not all(isinstance(members.get(name), str) for name in _PLACES):
                return None
            return JobFile(**members)
        except (ValueError, TypeError):
            return None

    def _path(self, job_id: str) -> Path:
        return self._folder / f"{job_id.lower()}.json"
