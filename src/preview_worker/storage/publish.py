"""Publication: a stage folder becomes the preview by one rename into a place where nothing stood.

The first rename wins: the kernel refuses to rename a folder onto one that isn't empty, so no lock is needed and a late
attempt can't replace what stands. Files and folders are synced before; the parent after, by `keep`.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from functools import cache
from pathlib import Path

from pydantic import ValidationError

from preview_worker.contract.container import Build, Container, PublishedFile
from preview_worker.errors import StorageError
from preview_worker.storage.atomic import make_folder, storage_errors, sync_file, sync_folder, write_json
from preview_worker.trees import remove_tree

MANIFEST = "container.json"
_RENAME_TRIES = 100
_PARENT = "parent"
_READABLE = 0o755
# What the kernel says when a folder that isn't empty, or a file, stands where a folder is renamed to.
_OCCUPIED = frozenset({errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR})


class AlreadyPublishedError(StorageError):
    """Another attempt was first; this one's files are of no use any more."""

    default_code = "already-published"
    retryable = False


class UnreadableError(StorageError):
    """What is published can't be read, or isn't what it says it is; it can be made anew.

    Args:
        sentence: What is wrong.
        folder: What is published.
        file: Which of its files it is.
        damaged: Whether it was read and isn't what was published; otherwise the fault may pass.
    """

    def __init__(self, sentence: str, *, folder: Path, file: str, damaged: bool) -> None:
        super().__init__(sentence, hint="Restore the folder, or remove it and retry the job.")
        self.folder = folder
        self.file = file
        self.damaged = damaged


def new_stage(parent: Path, job_id: str, fence: int) -> Path:
    """A fresh folder for one attempt; blocking. See `stage_path` and `make_stage`."""
    stage = stage_path(parent, job_id, fence)
    make_stage(stage)
    return stage


def stage_path(parent: Path, job_id: str, fence: int) -> Path:
    """A folder's name for one attempt, by job and fence, that nobody else has; nothing stands there yet.

    Who is cancelled while the folder is made knows by it what to discard.
    """
    return parent / f"{job_id}.{fence}.{secrets.token_hex(4)}"


def make_stage(stage: Path) -> None:
    """Make an attempt's folder, for its owner's eyes alone; blocking.

    Raises:
        StorageError: The disk is full, read-only or failing (transient).
    """
    with storage_errors("create a stage folder"):
        stage.parent.mkdir(parents=True, exist_ok=True)
        stage.mkdir(mode=0o700)


def write_manifest(stage: Path, manifest: Container) -> None:
    """Write container.json, the last file of a stage; `publish` syncs it with the others."""
    write_json(stage / MANIFEST, manifest.model_dump(mode="json", by_alias=True), synced=False)


def sync_stage(stage: Path) -> None:
    """Force all files of a stage to the disk, several at once: they share the file system's commits; blocking.

    Raises:
        StorageError: The disk is full or failing (transient).
    """
    with storage_errors(f"sync {stage.name}"):
        found = sorted(stage.rglob("*"))
        syncs = [_syncs().submit(sync_file, path) for path in found if path.is_file()]
        wait(syncs)  # all of them: nobody works on the stage any more when this returns or raises
        for sync in syncs:
            sync.result()
        for folder in (path for path in found if path.is_dir()):
            folder.chmod(_READABLE)
            sync_folder(folder)


def publish(stage: Path, final: Path, *, synced: bool = False) -> None:
    """Make a stage folder, manifest included, the published one; `keep` sees to it that it stays.

    Args:
        stage: The folder.
        final: Where it is to be found.
        synced: Whether `sync_stage` has been called since its files were written last.

    Raises:
        ValueError: The stage has no manifest: nobody could read it, and nobody could replace it.
        AlreadyPublishedError: Something is published there already; the stage is left for `discard`.
        StorageError: The disk is full, read-only or failing, and nothing was published (transient).
    """
    if not (stage / MANIFEST).is_file():
        raise ValueError(f"a stage without {MANIFEST} is not finished")
    with storage_errors(f"publish {final.name}"):
        if not synced:
            sync_stage(stage)
        stage.chmod(_READABLE)
        sync_folder(stage)
        _rename(stage, final)


def keep(final: Path) -> None:
    """Force the names of a published folder and its parent to the disk: it stands after a power cut too; blocking.

    Raises:
        StorageError: The disk is failing; what is published is visible (transient).
    """
    with storage_errors(f"keep {final.name}"):
        sync_folder(final.parent)
        sync_folder(final.parent.parent)


@cache
def _syncs() -> ThreadPoolExecutor:
    """Shared by all stages of a process: threads of its own for each cost more than the syncs of a plan."""
    return ThreadPoolExecutor(8, thread_name_prefix="sync")


def _rename(stage: Path, final: Path) -> None:
    """Rename a stage to its place, together with its parent where somebody removes that for being empty.

    An empty one that waits for its stage might be removed as often as it is made. `keep` syncs the parent's name.
    """
    make_folder(final.parent.parent)
    for _ in range(_RENAME_TRIES):
        final.parent.mkdir(exist_ok=True)
        try:
            stage.rename(final)
        except FileNotFoundError:
            if _renamed_with_parent(stage, final):
                return
        except OSError as error:
            if error.errno in _OCCUPIED:
                raise AlreadyPublishedError(f"{final.name} is published already.") from error
            raise
        else:
            return
    stage.rename(final)


def _renamed_with_parent(stage: Path, final: Path) -> bool:
    """Rename a stage in a new parent of its own; False where another one that isn't empty has come to stand there."""
    parent = stage.with_name(f"{stage.name}.{_PARENT}")
    parent.mkdir()
    try:
        stage.rename(parent / final.name)
        try:
            parent.rename(final.parent)
        except OSError as error:
            (parent / final.name).rename(stage)
            if error.errno in _OCCUPIED:
                return False
            raise
    finally:
        with suppress(OSError):
            parent.rmdir()  # where it has been left
    return True


def published(final: Path) -> Container | None:
    """The manifest of what is published there, None where nothing is.

    Raises:
        UnreadableError: It can't be read, or isn't one (transient: an operator may restore it).
    """
    try:
        return Container.model_validate_json((final / MANIFEST).read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValidationError) as error:
        raise unreadable(final, MANIFEST, error) from error


def has_manifest(final: Path) -> bool:
    """Whether something whole is published there.

    Raises:
        StorageError: That can't be seen (transient).
    """
    with storage_errors(f"look at {final.name}"):
        return (final / MANIFEST).is_file()


def unreadable(folder: Path, file: str, error: Exception) -> UnreadableError:
    """What is said of a published file that can't be read, or holds something else."""
    damaged = not isinstance(error, OSError)
    fault = f"can't be read: {error.strerror or error}" if isinstance(error, OSError) else "is damaged"
    return UnreadableError(f"{file} of {folder.name} {fault}.", folder=folder, file=file, damaged=damaged)


def discard(stage: Path) -> None:
    """Remove a stage folder; nothing happens where there is none."""
    remove_tree(stage)


def manifest_of(
    *,
    kind: str,
    job_id: str,
    project_id: str,
    digest: str,
    build: Build,
    files: tuple[PublishedFile, ...],
    payload_digest: str | None = None,
) -> Container:
    """The manifest of a folder's files, ordered by name."""
    return Container(
        kind="plan" if kind == "plan" else "preview",
        job_id=job_id,
        project_id=project_id,
        digest=digest,
        payload_digest=payload_digest,
        build=build,
        files=tuple(sorted(files, key=lambda file: file.path)),
    )


def manifest_file(folder: Path) -> PublishedFile:
    """The manifest itself, which can't list itself; blocking."""
    content = (folder / MANIFEST).read_bytes()
    return PublishedFile(
        path=MANIFEST,
        media_type="application/json",
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def link_or_copy(source: Path, target: Path) -> None:
    """Give a file a second name, in place of whatever had it; where the file system can't, copy it with its times.

    Raises:
        OSError: The source is absent, or the copy failed; no part of it is left.
    """
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        try:
            shutil.copy2(source, target)
        except OSError:
            with suppress(OSError):
                target.unlink(missing_ok=True)
            raise
