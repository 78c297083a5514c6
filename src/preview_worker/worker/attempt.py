"""One attempt at one job: take in, fence, plan or render, publish."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from preview_worker.contract import Container, Report, Stage, identifier_fault
from preview_worker.errors import PreviewError, StorageError
from preview_worker.faults import FaultPoint
from preview_worker.observability.logs import logger
from preview_worker.queue.delivery import Delivery
from preview_worker.render.settling import settled
from preview_worker.state.records import JobRecord
from preview_worker.storage.janitor import sweep
from preview_worker.storage.publications import Identity
from preview_worker.storage.publish import UnreadableError, discard, make_stage, stage_path
from preview_worker.worker.bounds import RunDeadline
from preview_worker.worker.finishing import finished_reports
from preview_worker.worker.intake import Intake, published_before, take_in
from preview_worker.worker.making import Maker
from preview_worker.worker.patience import readable
from preview_worker.worker.progress import ProgressTracker
from preview_worker.worker.publication import Attempt, CommitRefused, NotConfirmedYet
from preview_worker.worker.results import read_reports, result_of
from preview_worker.worker.staging import Sizes
from preview_worker.worker.telling import LatestTeller
from preview_worker.worker.workshop import Workshop


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A published job: BullMQ's return value, and whether it was a plan only."""

    result: dict[str, Any]
    dry_run: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """What goes along with one run.

    Attributes:
        tracker: Told of progress.
        started_at_ms: In ms since the epoch.
        bounded: Whether it has half the limits.
        deadline: For all but the publication.
    """

    tracker: ProgressTracker
    started_at_ms: int
    bounded: bool
    deadline: RunDeadline


class AttemptRunner:
    """Runs attempts with one workshop."""

    def __init__(self, workshop: Workshop) -> None:
        self._shop = workshop
        self._maker = Maker(workshop)

    async def run(self, delivery: Delivery) -> Done:
        """Run one attempt to its published end.

        Raises:
            PreviewError: The attempt failed; its class says whether another may succeed.
            CommitRefused: A cancel came first.
            NotYet: Something of the machine is in the way: the disk fails or is promised to other jobs, or no render
                process can be started.
        """
        started_at_ms = round(time.time() * 1000)
        async with LatestTeller(delivery.report) as teller:
            tracker = ProgressTracker(self._reporter(delivery, teller), self._shop.clock)
            await tracker.enter(Stage.ASSETS)
            try:
                return await self._run_whatever_stands(delivery, tracker, started_at_ms)
            except NotConfirmedYet as failure:
                self._shop.room.mistrust(failure.folders)
                raise

    async def _run_whatever_stands(self, delivery: Delivery, tracker: ProgressTracker, started_at_ms: int) -> Done:
        """A job doesn't fail because of what an earlier run published: what can't be read is made anew."""
        try:
            return await self._run(delivery, tracker, started_at_ms)
        except UnreadableError as standing:
            logger("worker").error("published-made-anew", reason=standing.sentence)
            await settled(self._shop.publisher.distrust, standing)
        return await self._run(delivery, tracker, started_at_ms)

    async def _run(self, delivery: Delivery, tracker: ProgressTracker, started_at_ms: int) -> Done:
        if (done := await self._published_before(delivery, tracker)) is not None:
            return done
        async with self._shop.company.join(delivery.job_id, delivery.stalls) as bounded:
            run = _Run(
                tracker=tracker,
                started_at_ms=started_at_ms,
                bounded=bounded,
                deadline=RunDeadline(self._shop.job_timeout_s),
            )
            return await self._attempted(delivery, run)

    async def _published_before(self, delivery: Delivery, tracker: ProgressTracker) -> Done | None:
        """End a job whose preview stands already, whatever became of its assets and however many workers have died."""
        shop = self._shop
        record = await self._placeable(delivery)
        found = await readable(published_before, delivery, record, shop.publisher.publications)
        if found is None:
            return None
        identity, standing = found
        return await self._complete(await self._fenced(delivery, identity, standing=True), standing, tracker)

    async def _fenced(self, delivery: Delivery, identity: Identity, *, standing: bool = False) -> Attempt:
        shop = self._shop
        fence = await shop.fences.acquire(delivery.job_id, delivery.lock_token, standing=standing)
        if fence is None:
            raise CommitRefused
        shop.reached(FaultPoint.FENCED, delivery.job_id)
        return Attempt(
            **asdict(identity), lock_token=delivery.lock_token, fence=fence, lock_left_s=delivery.lock_left_s
        )

    async def _complete(self, attempt: Attempt, standing: Container, tracker: ProgressTracker) -> Done:
        """End a job whose preview stands."""
        shop = self._shop
        await shop.publisher.confirm_standing(attempt)
        reports = await readable(read_reports, shop.publisher.folder(attempt))
        await self._remember(reports)
        result = result_of(standing, reports[0], shop.places, dry_run=attempt.dry_run, cached=True)
        await tracker.done()
        return Done(result=result.model_dump(mode="json", by_alias=True), dry_run=attempt.dry_run)

    async def _attempted(self, delivery: Delivery, run: _Run) -> Done:
        shop = self._shop
        if delivery.stalls:  # a worker died with it: what that worker left goes now
            await asyncio.to_thread(sweep, shop.places)
        async with run.deadline.kept():
            intake, identity = await take_in(
                delivery,
                library=shop.library,
                places=shop.places,
                publications=shop.publisher.publications,
                records=shop.records,
                record_ttl_s=shop.record_ttl_s,
            )
        shop.reached(FaultPoint.IDENTIFIED, delivery.job_id)
        attempt = await self._fenced(delivery, identity)
        standing = await readable(shop.publisher.standing, attempt)
        if standing is not None:
            return await self._complete(attempt, standing, run.tracker)
        return await self._produce(intake, attempt, run)

    async def remember_failure(self, delivery: Delivery, error: PreviewError) -> None:
        """Write a finally failed job's record to the disk, where its project is known and the job is still ours."""
        record = await self._placeable(delivery)
        if not isinstance(delivery.payload.get("projectId"), str) or record is None:
            return
        identity = Identity(
            job_id=delivery.job_id,
            project_id=record.project_id,
            digest=record.digest,
            payload_digest="",
            dry_run=delivery.payload.get("dryRun") is True,
        )
        if delivery.lock_left_s() > 0:
            await settled(self._shop.publisher.remember_failure, identity, error)

    async def _placeable(self, delivery: Delivery) -> JobRecord | None:
        """A job's record; None where its ids are no names of folders: a foreign job's cancel wrote them unchecked."""
        record = await self._shop.records.get(delivery.job_id)
        if record is None or identifier_fault(record.project_id) or identifier_fault(record.job_id):
            return None
        return record

    def _reporter(self, delivery: Delivery, teller: LatestTeller) -> Callable[[Any], Any]:
        async def report(progress: Any) -> None:
            self._shop.bench.running[delivery.job_id] = str(progress["stage"])
            await teller.tell(progress)

        return report

    async def _produce(self, intake: Intake, attempt: Attempt, run: _Run) -> Done:
        shop, tracker = self._shop, run.tracker
        started_s = shop.clock()
        stage = stage_path(shop.tenancy.stage, attempt.job_id, attempt.fence)
        try:
            await settled(make_stage, stage)
            shop.reached(FaultPoint.STAGED, attempt.job_id)
            async with run.deadline.kept():
                produced = await self._maker.make(intake, attempt, stage, tracker=tracker, bounded=run.bounded)
            shop.reached(FaultPoint.PRODUCED, attempt.job_id)
            await tracker.enter(Stage.PUBLISH)
            wall_s = shop.clock() - started_s
            reports = finished_reports(
                produced, intake.editions, tracker.stages_ms(), started_at_ms=run.started_at_ms, wall_s=wall_s
            )
            sizes = Sizes(pictures=produced.pictures, seals=produced.seals)
            manifest = await shop.publisher.publish(attempt, stage, reports, sizes)
        finally:
            try:
                await settled(discard, stage)
            finally:
                await shop.room.release(attempt.job_id)
        await self._remember(reports)
        shop.reached(FaultPoint.REMEMBERED, attempt.job_id)
        await tracker.done()
        self._maker.count(produced, wall_s)
        result = result_of(manifest, reports[0], shop.places, dry_run=attempt.dry_run, cached=produced.cached)
        return Done(result=result.model_dump(mode="json", by_alias=True), dry_run=attempt.dry_run)

    async def _remember(self, reports: Sequence[Report]) -> None:
        """Let the next previews be compared with these; they are published, whatever becomes of that."""
        try:
            for report in reports:
                await settled(self._shop.history.remember, report)
        except StorageError as error:
            logger("worker").warning("history-not-written", job_id=reports[0].job_id, why=error.sentence)
