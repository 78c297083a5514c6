"""The last part of a run: the files checked in, the manifest written, the commit decided, the folder renamed."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from preview_worker.contract import Container, Report
from preview_worker.errors import JobConflictError, LockLostError, PreviewError, StorageError
from preview_worker.faults import FaultPoint, Reached, go_on
from preview_worker.observability.logs import logger
from preview_worker.render.settling import done, settled
from preview_worker.state.commit import CommitGate, CommitVerdict
from preview_worker.storage.damages import Damages
from preview_worker.storage.jobs import JobFile, JobFiles, RecordedState
from preview_worker.storage.places import Places
from preview_worker.storage.publications import Identity, Publications
from preview_worker.storage.publish import AlreadyPublishedError, UnreadableError, keep, publish, sync_stage
from preview_worker.storage.retention import Retention
from preview_worker.storage.trash import discard_published
from preview_worker.worker.holding import NotYet
from preview_worker.worker.patience import PAUSE_S, TRIES, readable
from preview_worker.worker.staging import Sizes, list_files, write_reports


class CommitRefused(Exception):  # noqa: N818 - the outcome of a race, not an error
    """A cancel came before the commit."""


class NotConfirmedYet(NotYet):
    """The preview is visible, and the disk keeps failing where that is to be made sure of.

    Attributes:
        folders: Where it fails.
    """

    event = "job-waits-for-disk"
    level = logging.ERROR
    reason = "its preview stands, and the disk doesn't take its record"

    def __init__(self, sentence: str, folders: tuple[Path, ...]) -> None:
        super().__init__(sentence)
        self.folders = folders


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt(Identity):
    """Who publishes: the job's identity, and this run's right to do so.

    Attributes:
        lock_left_s: For how long the lock is ours without asking, by the monotonic clock; below 0: no longer.
    """

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
        self.publications = Publications(places)
        self._places = places
        self._damages = Damages(places)
        self._job_files = job_files
        self._commits = commits
        self._retention = retention
        self._record_ttl_s = record_ttl_s
        self._reached = reached

    def folder(self, job: Identity) -> Path:
        """Where a job is published."""
        return self.publications.folder(job)

    def standing(self, job: Identity) -> Container | None:
        """See `Publications.own`."""
        return self.publications.own(job)

    def distrust(self, standing: UnreadableError) -> None:
        """Have what can't be read made anew, as if nothing stood there; blocking.

        Raises:
            NotConfirmedYet: That can't be noted.
        """
        try:
            self._damages.distrust(standing.folder, standing.file)
        except StorageError as error:
            raise NotConfirmedYet(error.sentence, (self._damages.folder,)) from error

    async def publish(self, attempt: Attempt, stage: Path, reports: Sequence[Report], sizes: Sizes) -> Container:
        """Publish a stage folder with its reports; on any error nothing is visible, and the stage is the caller's.

        A cancelled caller waits for a rename that has begun, so that it never cleans up what is being published.

        Raises:
            CommitRefused: A cancel came first.
            NotConfirmedYet: It is published; see `confirm`.
            JobConflictError: Another job's preview has come to stand under this id (permanent).
            LockLostError: Another run owns the job; this one ends without a verdict.
            QueueUnavailableError, StorageError: Nothing was published (transient).
        """
        try:
            manifest = await settled(self._complete, attempt, stage, reports, sizes)
            verdict = await self._decided_and_synced(attempt, stage)
            if verdict is CommitVerdict.CANCELLED:
                raise CommitRefused
            self._reached(FaultPoint.COMMITTED, attempt.job_id)
            await readable(self.publications.refuse_other, attempt)  # or its record would be overwritten
            await settled(self._announce, attempt)
            damaged = await readable(self._damages.of, attempt.job_id)
            await settled(self._rename, attempt, stage, damaged)
        except AlreadyPublishedError as error:
            standing = await readable(self.standing, attempt)
            if standing is not None:
                manifest = standing
            elif await readable(self._damages.of, attempt.job_id):
                sentence = f"What stands where {attempt.job_id} is to be published was found damaged just now."
                raise StorageError(sentence) from error
            else:  # another run would find the same there
                raise
        await self.confirm(attempt)
        return manifest

    async def confirm(self, attempt: Attempt) -> None:
        """See to it that what stands stays, and that the job's record says so; the last of all that may fail.

        Once its preview is visible a job doesn't fail any more, whatever the disk does. Most failures pass, and nobody
        could do better on the same disk: so it is tried again here for some seconds, while the lock is ours. Then the
        job is handed back, so that a worker which stops, or one on a sound machine, isn't kept from it; no attempt is
        used, and the next run finds what stands and comes straight here. Meanwhile this worker takes nothing until the
        disk takes writes, and says so: a disk that fails for good is told of by health, metric and log, and no job is
        run over and over on it.

        Raises:
            NotConfirmedYet: The disk went on failing.
        """
        for tries_left in reversed(range(TRIES)):
            try:
                await settled(self._confirm, attempt)
            except StorageError as error:
                logger("worker").error("publication-not-confirmed", job_id=attempt.job_id, reason=error.sentence)
                if not tries_left:
                    project = self.folder(attempt).parent
                    folders = (self._places.jobs, project, project.parent)  # all that are synced
                    raise NotConfirmedYet(error.sentence, folders) from error
            else:
                return
            await asyncio.sleep(PAUSE_S)

    async def confirm_standing(self, attempt: Attempt) -> None:
        """End a run that found its preview standing: from here on a cancel is too late, whatever the disk does.

        Raises:
            CommitRefused: A cancel came first; what stands stays.
            NotConfirmedYet: See `confirm`.
            LockLostError, QueueUnavailableError: As in `publish`.
        """
        if await self._commit(attempt) is CommitVerdict.CANCELLED:
            raise CommitRefused
        await self.confirm(attempt)

    def _confirm(self, attempt: Attempt) -> None:
        keep(self.folder(attempt))
        self.remember(attempt, state="completed")
        self._reached(FaultPoint.PUBLISHED, attempt.job_id)

    async def _decided_and_synced(self, attempt: Attempt, stage: Path) -> CommitVerdict:
        """The files reach the disk while Redis decides; whatever it says, no thread works on the stage afterwards."""
        syncing = asyncio.create_task(settled(self._sync, attempt, stage), name=f"sync-{attempt.job_id}")
        try:
            verdict = await self._commit(attempt)
        except BaseException:
            with suppress(PreviewError):
                await done(syncing)
            raise
        try:
            await done(syncing)
        except PreviewError:  # whoever cancelled has been told that nothing will come of the job
            if verdict is not CommitVerdict.CANCELLED:
                raise
        return verdict

    async def _commit(self, attempt: Attempt) -> CommitVerdict:
        return await self._commits.commit(
            attempt.job_id, lock_token=attempt.lock_token, fence=attempt.fence, record_ttl_s=self._record_ttl_s
        )

    def _complete(self, attempt: Attempt, stage: Path, reports: Sequence[Report], sizes: Sizes) -> Container:
        write_reports(stage, reports)
        self._reached(FaultPoint.REPORTED, attempt.job_id)
        manifest = list_files(stage, reports, sizes, attempt)
        self._reached(FaultPoint.LISTED, attempt.job_id)
        return manifest

    def _sync(self, attempt: Attempt, stage: Path) -> None:
        sync_stage(stage)
        self._reached(FaultPoint.SYNCED, attempt.job_id)

    def _announce(self, attempt: Attempt) -> None:
        _refuse_late(attempt)
        self.remember(attempt, state="publishing")
        self._reached(FaultPoint.ANNOUNCED, attempt.job_id)

    def _rename(self, attempt: Attempt, stage: Path, damaged: frozenset[str]) -> None:
        _refuse_late(attempt)
        if damaged:  # it stood for as long as there was nothing better
            self._damages.bind(self.folder(attempt))
            discard_published(self._places, self.folder(attempt))
            with suppress(StorageError):  # it is about what stood there, and says nothing of what comes
                self._damages.forget(attempt.job_id)
        _refuse_late(attempt)
        publish(stage, self.folder(attempt), synced=True)
        self._reached(FaultPoint.RENAMED, attempt.job_id)

    def remember(self, job: Identity, *, state: RecordedState, error: PreviewError | None = None) -> None:
        """Write the job's record on disk; blocking.

        Raises:
            StorageError: The disk is full, read-only or failing (transient).
        """
        now_ms = round(time.time() * 1000)
        kept_ms = self._retention.of(state, dry_run=job.dry_run)
        self._job_files.write(
            JobFile(
                job_id=job.job_id,
                project_id=job.project_id,
                digest=job.digest,
                dry_run=job.dry_run,
                state=state,
                finished_at_ms=now_ms,
                expires_at_ms=now_ms + kept_ms,
                failed_code=error.code if error is not None else None,
                failed_reason=error.sentence if error is not None else None,
            )
        )

    def remember_failure(self, job: Identity, error: PreviewError) -> None:
        """Write a failed job's record on disk, unless something stands under its id, its own or another's; blocking.

        Raises:
            StorageError: The disk is full, read-only or failing (transient).
        """
        with suppress(JobConflictError):
            self.publications.refuse_other(job)
            if not self.publications.occupied(job):  # damaged or not: it is what the job has come to
                self.remember(job, state="failed", error=error)


def _refuse_late(attempt: Attempt) -> None:
    """A process that was stopped since Redis decided finds here that another run may own the job by now."""
    if attempt.lock_left_s() <= 0:
        raise LockLostError(f"Job {attempt.job_id}'s lock ran out before its rename; this run publishes nothing.")
