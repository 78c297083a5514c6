"""What the checker looks at: for each job what history, trace, Redis and disk say of it. Nothing is judged here."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from preview_worker.chaos.fleet import OUTLIVED
from preview_worker.chaos.history import HISTORY, TRACE, Line, lines
from preview_worker.chaos.process_list import still_there
from preview_worker.chaos.witness import sighting
from preview_worker.faults import FaultPoint
from preview_worker.queue.bullmq_producer import BullmqProducer
from preview_worker.queue.port import QueuedJob
from preview_worker.state.records import JobRecord, JobRecords
from preview_worker.storage.jobs import JobFile, JobFiles
from preview_worker.storage.places import Places
from preview_worker.storage.publish import MANIFEST
from preview_worker.storage.retention import published_folders

_ENDED: Final = ".ended"
"""In a folder of early files: its run is over."""


class Standing(StrEnum):
    """What stands where a job publishes."""

    NOTHING = "nothing"
    WHOLE = "whole"
    """Exactly the files of its manifest, each with its length and hash, and a video where one was wanted."""
    CORRUPT = "corrupt"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEvidence:
    """One acknowledged job.

    Attributes:
        job_id: The job.
        queued: What BullMQ says of it.
        record: What our record in Redis says; None for the naive design, which has none.
        file: What our record on the disk says; likewise.
        standing: What stands on the disk.
        takes: How often a worker began with it.
        renames: How often a worker told that it had published it.
        replaced: Whether another publication stands than the witness saw.
    """

    job_id: str
    queued: QueuedJob | None
    record: JobRecord | None
    file: JobFile | None
    standing: Standing
    takes: int
    renames: int
    replaced: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All of a run.

    Attributes:
        jobs: The acknowledged jobs.
        phantoms: What is published and was never acknowledged.
        leftovers: What is left over of work that nobody owns.
        survivors: Processes of the run that still live.
        outlived: Processes that lived a second after the worker that had started them.
        happened: How often what happened, by the history's events.
        points: Workers that ended or stopped themselves, by fault point.
    """

    jobs: list[JobEvidence]
    phantoms: list[str]
    leftovers: list[str]
    survivors: list[int]
    outlived: list[str] = field(default_factory=list)
    happened: Mapping[str, int] = field(default_factory=dict)
    points: Mapping[str, int] = field(default_factory=dict)


async def gather(folder: Path, data_dir: Path, producer: BullmqProducer, records: JobRecords | None) -> Evidence:
    """Read everything of a run whose workers have ended and whose server still runs.

    Args:
        folder: The run's, with history and trace.
        data_dir: Its DATA_DIR.
        producer: Reads the queue.
        records: Reads our records; None for a design without.

    Raises:
        QueueUnavailableError: The server doesn't answer.
    """
    history, trace = lines(folder / HISTORY), lines(folder / TRACE)
    acknowledged = {line.job_id: line for line in history if line.event == "acknowledged"}
    disk = await asyncio.to_thread(_Disk, data_dir, history, trace)
    jobs = []
    for job_id, line in acknowledged.items():
        queued = await producer.job(job_id)
        record = await records.get(job_id) if records is not None else None
        jobs.append(disk.evidence(line, queued, record, ours=records is not None))
    return Evidence(
        jobs=jobs,
        phantoms=sorted(path.name for path in published_folders(disk.places) if path.name not in acknowledged),
        leftovers=await asyncio.to_thread(leftovers, disk.places),
        survivors=await asyncio.to_thread(still_there, data_dir, but=data_dir / "valkey"),
        outlived=[str(line.fields["process"]) for line in history if line.event == OUTLIVED],
        happened=Counter(line.event for line in history),
        points=Counter(str(line.fields["point"]) for line in trace if line.event.startswith("self-")),
    )


def standing(folder: Path, *, dry_run: bool) -> Standing:
    """Compare a published folder with its manifest; blocking. Written anew: the checker trusts no code it checks."""
    if not folder.is_dir():
        return Standing.NOTHING
    try:
        listed: list[dict[str, Any]] = json.loads((folder / MANIFEST).read_bytes())["files"]
        expected = {file["path"]: (file["size"], file["sha256"]) for file in listed}
    except (OSError, ValueError, KeyError, TypeError):
        return Standing.CORRUPT
    found = {
        path.relative_to(folder).as_posix(): (path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in folder.rglob("*")
        if path.is_file() and path.name != MANIFEST
    }
    video_expected = not dry_run
    has_video = expected.get("preview.mp4", (0,))[0] > 0
    return Standing.WHOLE if found == expected and has_video is video_expected else Standing.CORRUPT


def leftovers(places: Places) -> list[str]:
    """What is left over where no worker lives any more, by its path below DATA_DIR; blocking.

    Unfinished work, what was to be removed, and early files of a run that didn't say that it had ended, or whose
    removal was begun: those of others stay for a quarter of an hour.
    """
    roots = (places.stage, places.work, places.reservations, places.trash)
    left = [path for root in roots if root.is_dir() for path in sorted(root.iterdir())]
    left += [
        run for run in sorted(places.live_root.glob("*/*/*")) if not (run.name.isdecimal() and (run / _ENDED).exists())
    ]
    return [path.relative_to(places.root).as_posix() for path in left]


class _Disk:
    """The disk's and the workers' side, read once."""

    def __init__(self, data_dir: Path, history: list[Line], trace: list[Line]) -> None:
        self.places = Places(data_dir)
        self._files = JobFiles(self.places.jobs)
        self._seen = {line.job_id: line.fields for line in history if line.event == "seen"}
        self._takes = Counter(line.job_id for line in trace if line.event == FaultPoint.TAKEN)
        self._renames = Counter(line.job_id for line in trace if line.event == FaultPoint.RENAMED)

    def evidence(self, line: Line, queued: QueuedJob | None, record: JobRecord | None, *, ours: bool) -> JobEvidence:
        """All of one job; blocking."""
        job_id, dry_run = line.job_id, bool(line.fields["dry_run"])
        where = self.places.plan if dry_run else self.places.preview
        folder = where(str(line.fields["project"]), job_id)
        seen, now = self._seen.get(job_id), sighting(folder)
        return JobEvidence(
            job_id=job_id,
            queued=queued,
            record=record,
            file=self._files.read(job_id) if ours else None,
            standing=standing(folder, dry_run=dry_run),
            takes=self._takes[job_id],
            renames=self._renames[job_id],
            replaced=seen is not None and (now is None or any(seen[name] != value for name, value in now.items())),
        )
