"""What is published of a job: its own preview or plan, or what another job left under the same id."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from preview_worker.contract import Container
from preview_worker.errors import JobConflictError
from preview_worker.storage.atomic import storage_errors
from preview_worker.storage.damages import Damages
from preview_worker.storage.jobs import JobFile, JobFiles
from preview_worker.storage.places import Places
from preview_worker.storage.publish import has_manifest, published

_DIGEST_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Which job it is.

    Attributes:
        job_id: As its producer wrote it.
        project_id: The project.
        digest: What it asks for, its assets' bytes included.
        payload_digest: What it asks for, its assets' bytes aside.
        dry_run: Whether it only plans.
    """

    job_id: str
    project_id: str
    digest: str
    payload_digest: str
    dry_run: bool


class Publications:
    """The publications of one DATA_DIR. All methods block.

    Args:
        places: Folders below DATA_DIR.
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self._files = JobFiles(places.jobs)
        self._damages = Damages(places)

    def folder(self, job: Identity | JobFile) -> Path:
        """Where a job is published."""
        where = self._places.plan if job.dry_run else self._places.preview
        return where(job.project_id, job.job_id)

    def occupied(self, job: Identity) -> bool:
        """Whether something stands where a job is published, damaged or not.

        Raises:
            StorageError: That can't be seen (transient).
        """
        with storage_errors(f"look at {job.job_id}"):
            return self.folder(job).is_dir()

    def own(self, job: Identity) -> Container | None:
        """The manifest of what an earlier run of this very job published, None where nothing stands undamaged.

        Raises:
            StorageError: It can't be read, or is no manifest (transient).
        """
        manifest = self._undamaged(job)
        return manifest if manifest is not None and manifest.digest == job.digest else None

    def record(self, job_id: str) -> JobFile | None:
        """A job's record on the disk, unless it announces a publication that never came.

        Raises:
            StorageError: It can't be read, or whether it came can't be seen (transient).
        """
        file = self._files.read(job_id)
        if file is None or file.state != "publishing":
            return file
        return file if has_manifest(self.folder(file)) else None

    def named(self, job_id: str) -> JobFile | None:
        """What a job id names for good: the record of what was published under it, also when that has expired.

        Raises:
            StorageError: It can't be read, or whether it was published can't be seen (transient).
        """
        file = self.record(job_id)
        return file if file is not None and file.state in {"publishing", "completed"} else None

    def refuse_other(self, job: Identity) -> None:
        """See to it that the job's id isn't another job's.

        The queue's records say so first; this is for when they are lost: whoever publishes here would write over the
        record of what stands.

        Raises:
            JobConflictError: It is (permanent).
            StorageError: Whose it is, or what stands, can't be read (transient).
        """
        file = self.named(job.job_id)
        if file is not None and (file.digest, file.job_id) != (job.digest, job.job_id):
            raise _conflict(job, file, "stands" if has_manifest(self.folder(file)) else "has expired")
        manifest = self._undamaged(job)
        if manifest is not None and manifest.digest != job.digest:
            raise _conflict(job, manifest, "stands")

    def _undamaged(self, job: Identity) -> Container | None:
        return None if self._damages.of(job.job_id) else published(self.folder(job))


def _conflict(job: Identity, other: JobFile | Container, fate: str) -> JobConflictError:
    plan = other.dry_run if isinstance(other, JobFile) else other.kind == "plan"
    return JobConflictError(
        f"Job id {job.job_id} already names another job: {other.job_id} of project {other.project_id}, "
        f"whose {'plan' if plan else 'preview'} (digest {other.digest[:_DIGEST_SHOWN]}…) {fate}.",
        hint="Post the payload under a new jobId.",
    )
