"""A stage folder is made complete: reports, and the manifest that lists every file with its hash."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from preview_worker.assets.library import sha256_of
from preview_worker.contract import Container, PublishedFile, Report
from preview_worker.storage.atomic import write_json
from preview_worker.storage.publications import Identity
from preview_worker.storage.publish import manifest_of, write_manifest
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Picture sizes and known hashes by file name, for the manifest."""

    pictures: dict[str, tuple[int, int]]
    seals: Mapping[str, Seal] = field(default_factory=dict)


def complete_stage(stage: Path, reports: Sequence[Report], sizes: Sizes, job: Identity) -> Container:
    """Add each edition's preview.json, and container.json, to a stage, which makes it fit to be published; blocking."""
    write_reports(stage, reports)
    return list_files(stage, reports, sizes, job)


def write_reports(stage: Path, reports: Sequence[Report]) -> None:
    """Add each edition's preview.json to a stage; blocking."""
    for report in reports:
        (stage / report.folder).mkdir(exist_ok=True)
        write_json(stage / report.folder / REPORT, report.model_dump(mode="json", by_alias=True), synced=False)


def list_files(stage: Path, reports: Sequence[Report], sizes: Sizes, job: Identity) -> Container:
    """Add container.json, which lists every other file of a stage; blocking."""
    manifest = manifest_of(
        kind="plan" if job.dry_run else "preview",
        job_id=job.job_id,
        project_id=job.project_id,
        digest=job.digest,
        payload_digest=job.payload_digest,
        build=reports[0].build,
        files=tuple(_listed(stage, reports, sizes)),
    )
    write_manifest(stage, manifest)
    return manifest


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
