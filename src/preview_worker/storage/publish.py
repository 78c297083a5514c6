"""Publication: a stage folder becomes the preview by one rename into a place where nothing stood.

The first rename wins: the kernel refuses to rename a folder onto one that isn't empty, so no lock is needed and a late
attempt can't replace what stands. Files and folders are synced before, the parent after.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from preview_worker.contract.container import Build, Container, PublishedFile
from preview_worker.errors import StorageError
from preview_worker.storage.atomic import storage_errors, sync_file, sync_folder, write_json

MANIFEST = "container.json"


class AlreadyPublishedError(StorageError):
    """Another attempt was first; this one's files are of no use any more."""

    default_code = "already-published"
    retryable = False


def new_stage(parent: Path, job_id: str, fence: int) -> Path:
    """A fresh folder for one attempt, named by job and fence."""
    with storage_errors("create a stage folder"):
        parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f"{job_id}.{fence}.", dir=parent))


def write_manifest(stage: Path, manifest: Container) -> None:
    """Write container.json, the last file of a stage."""
    with storage_errors("write container.json"):
        write_json(stage / MANIFEST, manifest.model_dump(mode="json", by_alias=True))


def publish(stage: Path, final: Path) -> None:
    """Make a stage folder, manifest included, the published one.

    Raises:
        AlreadyPublishedError: Something is published there already; the stage is left for `discard`.
        StorageError: The disk is full, read-only or failing (transient).
    """
    with storage_errors(f"publish {final.name}"):
        for file in sorted(stage.iterdir()):
            sync_file(file)
        stage.chmod(0o755)
        sync_folder(stage)
        final.parent.mkdir(parents=True, exist_ok=True)
        if final.exists():
            raise AlreadyPublishedError(f"{final.name} is published already.")
        try:
            stage.rename(final)
        except OSError as error:
            if final.exists():
                raise AlreadyPublishedError(f"{final.name} is published already.") from error
            raise
        sync_folder(final.parent)


def published(final: Path) -> Container | None:
    """The manifest of what is published there, None where nothing is."""
    try:
        return Container.model_validate_json((final / MANIFEST).read_bytes())
    except FileNotFoundError:
        return None


def discard(stage: Path) -> None:
    """Remove a stage folder; nothing happens where there is none."""
    shutil.rmtree(stage, ignore_errors=True)


def manifest_of(
    *, kind: str, job_id: str, project_id: str, digest: str, build: Build, files: tuple[PublishedFile, ...]
) -> Container:
    """The manifest of a folder's files, ordered by name."""
    return Container(
        kind="plan" if kind == "plan" else "preview",
        job_id=job_id,
        project_id=project_id,
        digest=digest,
        build=build,
        files=tuple(sorted(files, key=lambda file: file.path)),
    )


def free_bytes(root: Path) -> int:
    """Bytes that may still be written below a folder."""
    return shutil.disk_usage(root).free


def link_or_copy(source: Path, target: Path) -> None:
    """Give a file a second name; where the file system can't, copy it."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
