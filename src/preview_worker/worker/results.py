"""What is told of a published job: its reports, and the queue's return value."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from preview_worker.contract import Container, Report
from preview_worker.contract.result import RESULT_WARNINGS_MAX, EditionResult, JobResult
from preview_worker.storage.places import Places
from preview_worker.storage.publish import MANIFEST, unreadable
from preview_worker.worker.staging import REPORT


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
    """The reports of a published folder's editions, the first one's first; blocking.

    Raises:
        UnreadableError: One can't be read, or isn't one (transient: an operator may restore it).
    """
    first = _read_report(folder, REPORT)
    return (first, *(_read_report(folder, f"{variant.folder}/{REPORT}") for variant in first.variants))


def _read_report(folder: Path, name: str) -> Report:
    try:
        return Report.model_validate_json((folder / name).read_bytes())
    except (OSError, ValidationError) as error:
        raise unreadable(folder, name, error) from error
