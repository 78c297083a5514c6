"""The last part of a run: the files checked in, the manifest written, the commit decided, the folder renamed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from preview_worker.assets.library import sha256_of
from preview_worker.contract import Container, PublishedFile, Report
from preview_worker.contract.result import RESULT_WARNINGS_MAX, EditionResult, JobResult
from preview_worker.render.settling import settled
from preview_worker.state.commit import CommitGate, CommitVerdict
from preview_worker.storage.atomic import write_json
from preview_worker.storage.jobs import JobFile, JobFiles
from preview_worker.storage.places import Places
from preview_worker.storage.publish import (
    MANIFEST,
    AlreadyPublishedError,
    manifest_of,
    publish,
    published,
    sync_stage,
    write_manifest,
)
from preview_worker.storage.retention import Retention
from preview_worker.worker.seals import Seal

REPORT = "preview.json"
MEDIA_TYPES = {
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".jpg": "image/jpeg",
    ".vtt": "text/vtt",
    ".srt": "application/x-subrip",
    ".json": "application/json",
    ".txt": "text/plain",
    ".log": "text/plain",
}


class CommitRefused(Exception):  # noqa: N818 - the outcome of a race, not an error
    """A cancel came before the commit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Who publishes: the job, its identity, and this run's right to do so."""

    job_id: str
    project_id: str
    digest: str
    dry_run: bool
    lock_token: str
    fence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Picture sizes and known hashes by file name, for the manifest."""

    pictures: dict[str, tuple[int, int]]
    seals: Mapping[str, Seal] = field(default_factory=dict)


class Publisher:
    """Publishes the stages of one service.

    Args:
        places: Folders below DATA_DIR.
        job_files: Records on disk.
        commits: Decides between commit and cancel.
        retention: How long what is kept.
        record_ttl_s: Life of the Redis record from the commit on.
    """

    def __init__(
        self, *, places: Places, job_files: JobFiles, commits: CommitGate, retention: Retention, record_ttl_s: int
    ) -> None:
        self._places = places
        self._job_files = job_files
        self._commits = commits
        self._retention = retention
        self._record_ttl_s = record_ttl_s

    def folder(self, attempt: Attempt) -> Path:
        """Where the attempt's job is published."""
        where = self._places.plan if attempt.dry_run else self._places.preview
        return where(attempt.project_id, attempt.job_id)

    def standing(self, attempt: Attempt) -> Container | None:
        """The manifest of what an earlier run of this very job published, None where nothing stands."""
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
            manifest = await settled(
                complete_stage,
                stage,
                reports,
                sizes,
                job_id=attempt.job_id,
                project_id=attempt.project_id,
                digest=attempt.digest,
                dry_run=attempt.dry_run,
            )
            verdict = await self._decided_and_synced(attempt, stage)
            if verdict is CommitVerdict.CANCELLED:
                raise CommitRefused
            await settled(self._rename, attempt, stage)
        except AlreadyPublishedError:
            standing = self.standing(attempt)
            if standing is None:
                raise
            return standing
        return manifest

    async def _decided_and_synced(self, attempt: Attempt, stage: Path) -> CommitVerdict:
        """The files reach the disk while Redis decides; whatever it says, no thread works on the stage afterwards."""
        syncing = asyncio.create_task(settled(sync_stage, stage), name=f"sync-{attempt.job_id}")
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

    def _rename(self, attempt: Attempt, stage: Path) -> None:
        self.remember(attempt, state="publishing")
        publish(stage, self.folder(attempt), synced=True)
        self.remember(attempt, state="completed")

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


def complete_stage(
    stage: Path, reports: Sequence[Report], sizes: Sizes, *, job_id: str, project_id: str, digest: str, dry_run: bool
) -> Container:
    """Add each edition's preview.json, and container.json, to a stage, which makes it fit to be published; blocking."""
    for report in reports:
        (stage / report.folder).mkdir(exist_ok=True)
        write_json(stage / report.folder / REPORT, report.model_dump(mode="json", by_alias=True), synced=False)
    manifest = manifest_of(
        kind="plan" if dry_run else "preview",
        job_id=job_id,
        project_id=project_id,
        digest=digest,
        build=reports[0].build,
        files=tuple(_listed(stage, reports, sizes)),
    )
    write_manifest(stage, manifest)
    return manifest


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


def _listed(stage: Path, reports: Sequence[Report], sizes: Sizes) -> Iterator[PublishedFile]:
    lengths_ms = {report.folder: report.video.duration_ms for report in reports}
    for file in sorted(path for path in stage.rglob("*") if path.is_file()):
        name = file.relative_to(stage).as_posix()
        width_px, height_px = sizes.pictures.get(name, (None, None))
        is_video = file.suffix in {".mp4", ".webm"}
        seal = sizes.seals.get(name)
        yield PublishedFile(
            path=name,
            media_type=MEDIA_TYPES.get(file.suffix, "application/octet-stream"),
            size_bytes=file.stat().st_size,
            sha256=seal.sha256 if seal is not None and seal.holds(file) else sha256_of(file),
            width_px=width_px,
            height_px=height_px,
            duration_ms=lengths_ms.get(name.rpartition("/")[0]) if is_video else None,
        )
