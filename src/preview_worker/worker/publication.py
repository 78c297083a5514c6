"""The last part of a run: the files checked in, the manifest written, the commit decided, the folder renamed."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from preview_worker.contract import Container, Report
from preview_worker.contract.result import RESULT_WARNINGS_MAX, EditionResult, JobResult
from preview_worker.errors import LockLostError
from preview_worker.faults import FaultPoint, Reached, go_on
from preview_worker.render.settling import settled
from preview_worker.state.commit import CommitGate, CommitVerdict
from preview_worker.storage.jobs import JobFile, JobFiles
from preview_worker.storage.places import Places
from preview_worker.storage.publish import (
    MANIFEST,
    AlreadyPublishedError,
    publish,
    published,
    sync_stage,
)
from preview_worker.storage.retention import Retention
from preview_worker.storage.scrubbing import Damages
from preview_worker.storage.trash import discard_published
from preview_worker.worker.staging import REPORT, Sizes, list_files, write_reports


class CommitRefused(Exception):  # noqa: N818 - the outcome of a race, not an error
    """A cancel came before the commit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Who publishes: the job, its identity, and this run's right to do so.

    Attributes:
        lock_left_s: For how long the lock is ours without asking, by the monotonic clock; below 0: no longer.
    """

    job_id: str
    project_id: str
    digest: str
    dry_run: bool
    lock_token: str
    fence: int
    lock_left_s: Callable[[], float] = lambda: math.inf


class Publisher:
    """Publishes the stages of one service.

    Args:
        places: Folders below DATA_DIR.
        job_files: Records on disk.
        commits: Decides between commit and cancel.
        retention: How long what is kept.
        record_ttl_s: Life of the Redis record from the commit on.
        reached: Told of fault points.
    """

    def __init__(
        self,
        *,
        places: Places,
        job_files: JobFiles,
        commits: CommitGate,
        retention: Retention,
        record_ttl_s: int,
        reached: Reached = go_on,
    ) -> None:
        self._places = places
        self._damages = Damages(places)
        self._job_files = job_files
        self._commits = commits
        self._retention = retention
        self._record_ttl_s = record_ttl_s
        self._reached = reached

    def folder(self, attempt: Attempt) -> Path:
        """Where the attempt's job is published."""
        where = self._places.plan if attempt.dry_run else self._places.preview
        return where(attempt.project_id, attempt.job_id)

    def standing(self, attempt: Attempt) -> Container | None:
        """The manifest of what an earlier run of this very job published, None where nothing stands undamaged."""
        if self._damages.of(attempt.job_id):
            return None
        manifest = published(self.folder(attempt))
        return manifest if manifest is not None and manifest.digest == attempt.digest else None

    async def publish(self, attempt: Attempt, stage: Path, reports: Sequence[Report], sizes: Sizes) -> Container:
        """Publish a stage folder with its reports; on any failure nothing is visible, and the stage is the caller's.

        A cancelled caller waits for a rename that has begun, so that it never cleans up what is being published.

        Raises:
            CommitRefused: A cancel came first.
            LockLostError: Another run owns the job (transient).
            QueueUnavailableError, StorageError: Nothing was published (transient).
        """
        try:
            manifest = await settled(self._complete, attempt, stage, reports, sizes)
            verdict = await self._decided_and_synced(attempt, stage)
            if verdict is CommitVerdict.CANCELLED:
                raise CommitRefused
            self._reached(FaultPoint.COMMITTED, attempt.job_id)
            await settled(self._rename, attempt, stage)
        except AlreadyPublishedError:
            standing = self.standing(attempt)
            if standing is None:
                raise
            await settled(self.remember, attempt, state="completed")
            return standing
        return manifest

    async def _decided_and_synced(self, attempt: Attempt, stage: Path) -> CommitVerdict:
        """The files reach the disk while Redis decides; whatever it says, no thread works on the stage afterwards."""
        syncing = asyncio.create_task(settled(self._sync, attempt, stage), name=f"sync-{attempt.job_id}")
        try:
            verdict = await self._commits.commit(
                attempt.job_id, lock_token=attempt.lock_token, fence=attempt.fence, record_ttl_s=self._record_ttl_s
            )
        finally:
            await asyncio.wait({syncing})
            failure = syncing.exception() if not syncing.cancelled() else None
        if failure is not None:
            raise failure
        return verdict

    def _complete(self, attempt: Attempt, stage: Path, reports: Sequence[Report], sizes: Sizes) -> Container:
        write_reports(stage, reports)
        self._reached(FaultPoint.REPORTED, attempt.job_id)
        manifest = list_files(
            stage,
            reports,
            sizes,
            job_id=attempt.job_id,
            project_id=attempt.project_id,
            digest=attempt.digest,
            dry_run=attempt.dry_run,
        )
        self._reached(FaultPoint.LISTED, attempt.job_id)
        return manifest

    def _sync(self, attempt: Attempt, stage: Path) -> None:
        sync_stage(stage)
        self._reached(FaultPoint.SYNCED, attempt.job_id)

    def _rename(self, attempt: Attempt, stage: Path) -> None:
        _refuse_late(attempt)
        self.remember(attempt, state="publishing")
        self._reached(FaultPoint.ANNOUNCED, attempt.job_id)
        if self._damages.of(attempt.job_id):  # it stood for as long as there was nothing better
            discard_published(self._places, self.folder(attempt))
            self._damages.forget(attempt.job_id)
        _refuse_late(attempt)
        publish(stage, self.folder(attempt), synced=True)
        self._reached(FaultPoint.RENAMED, attempt.job_id)
        self.remember(attempt, state="completed")
        self._reached(FaultPoint.PUBLISHED, attempt.job_id)

    def remember(self, attempt: Attempt, *, state: str, code: str | None = None, reason: str | None = None) -> None:
        """Write the job's record on disk; blocking."""
        now_ms = round(time.time() * 1000)
        kept_ms = self._retention.of(state, dry_run=attempt.dry_run)
        self._job_files.write(
            JobFile(
                job_id=attempt.job_id,
                project_id=attempt.project_id,
                digest=attempt.digest,
                dry_run=attempt.dry_run,
                state="publishing" if state == "publishing" else "completed" if state == "completed" else "failed",
                finished_at_ms=now_ms,
                expires_at_ms=now_ms + kept_ms,
                failed_code=code,
                failed_reason=reason,
            )
        )


def _refuse_late(attempt: Attempt) -> None:
    """A process that was stopped since Redis decided finds here that another run may own the job by now."""
    if attempt.lock_left_s() <= 0:
        raise LockLostError(f"Job {attempt.job_id}'s lock ran out before its rename; this run publishes nothing.")


def result_of(manifest: Container, report: Report, places: Places, *, dry_run: bool, cached: bool) -> JobResult:
    """BullMQ's return value for a published job, of which the first edition's report is given."""
    where = places.plan if dry_run else places.preview
    folder = where(manifest.project_id, manifest.job_id).relative_to(places.root).as_posix()
    videos = {
        file.path.rpartition("/")[0]: f"{folder}/{file.path}"
        for file in manifest.files
        if file.media_type.startswith("video/")
    }
    return JobResult(
        dry_run=dry_run,
        job_id=manifest.job_id,
        digest=manifest.digest,
        artifact_path=videos.get(""),
        container_path=f"{folder}/{MANIFEST}",
        files=manifest.files,
        duration_ms=report.video.duration_ms,
        warnings=report.warnings[:RESULT_WARNINGS_MAX],
        warning_count=len(report.warnings),
        variants=tuple(
            EditionResult(
                language=variant.language,
                artifact_path=videos.get(variant.folder),
                duration_ms=variant.duration_ms,
                warning_count=variant.warning_count,
            )
            for variant in report.variants
        ),
        cached=cached,
    )


def read_reports(folder: Path) -> tuple[Report, ...]:
    """The reports of a published folder's editions, the first one's first."""
    first = _read_report(folder)
    return (first, *(_read_report(folder / variant.folder) for variant in first.variants))


def _read_report(folder: Path) -> Report:
    return Report.model_validate_json((folder / REPORT).read_bytes())
