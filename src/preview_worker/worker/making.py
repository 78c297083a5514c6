"""What an attempt publishes, put into its stage: a plan, or a preview from a render process."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from preview_worker.errors import RenderStartError
from preview_worker.render.process import RenderProcess
from preview_worker.render.protocol import Probe
from preview_worker.render.settling import settled
from preview_worker.storage.live import LiveFolder
from preview_worker.storage.segments import SegmentCache
from preview_worker.worker.bounds import deadline_of, threads_for
from preview_worker.worker.comparison import comparisons_of
from preview_worker.worker.holding import NoProcessYet
from preview_worker.worker.inputs import Inputs, link_inputs
from preview_worker.worker.intake import Intake, spoken_editions
from preview_worker.worker.listening import Listener
from preview_worker.worker.planning import Plan, Planner, planned
from preview_worker.worker.progress import ProgressTracker
from preview_worker.worker.publication import Attempt
from preview_worker.worker.rendering import Produced, RenderJob
from preview_worker.worker.workshop import Workshop


class Maker:
    """Makes what attempts publish.

    Args:
        workshop: What they work with.
    """

    def __init__(self, workshop: Workshop) -> None:
        self._shop = workshop
        self._planner = Planner(
            facts=workshop.facts, max_duration_ms=workshop.max_duration_ms, fonts_dir=workshop.fonts_dir
        )

    async def make(
        self, intake: Intake, attempt: Attempt, stage: Path, *, tracker: ProgressTracker, bounded: bool
    ) -> Produced:
        """Plan or render into a stage.

        Args:
            intake: The job.
            attempt: The run.
            stage: Its folder.
            tracker: Told of progress.
            bounded: Whether the render process has half the limits.

        Raises:
            PreviewError: It failed; its class says whether another run may succeed.
            NotYet: Other jobs have the disk's room, or no render process starts.
        """
        try:
            return await self._made(intake, attempt, stage, tracker, bounded=bounded)
        except RenderStartError as error:
            if bounded:  # with half the limits it may be the job's own fault
                raise
            raise NoProcessYet(error.sentence) from error

    async def _made(
        self, intake: Intake, attempt: Attempt, stage: Path, tracker: ProgressTracker, *, bounded: bool
    ) -> Produced:
        shop, editions = self._shop, intake.editions
        segments = SegmentCache(shop.places.segments(attempt.project_id), limit_bytes=shop.cache_bytes)
        comparisons = await asyncio.to_thread(
            comparisons_of, [edition.job for edition in editions], shop.places, shop.history
        )
        if attempt.dry_run:
            plans = await self._plans(intake)
            return await asyncio.to_thread(planned, plans, editions, segments, comparisons)
        editions = await spoken_editions(intake, shop.speaker)
        live = LiveFolder(shop.places.live(attempt.project_id, attempt.job_id), attempt.fence)
        async with shop.pool.lend_bounded() if bounded else shop.pool.lend(attempt.project_id) as process:
            inputs = await self._given(editions, process)
            job = RenderJob(
                process=process,
                work=self._planner.work(intake, inputs),
                inputs=inputs,
                segments=segments,
                facts=shop.facts,
                tracker=tracker,
                live=live,
                comparisons=comparisons,
                reserve=lambda video_bytes: shop.room.reserve(attempt.job_id, video_bytes),
                deadline_of=lambda estimate_ms: deadline_of(estimate_ms, shop.job_timeout_s),
                reached=shop.reached,
            )
            return await self._rendered(job, live, stage)

    async def _rendered(self, job: RenderJob, live: LiveFolder, stage: Path) -> Produced:
        shop = self._shop
        threads = threads_for(lambda: len(shop.bench.running), shop.cores)
        try:
            await settled(live.open)
            return await job.render(stage, threads=threads, deadline_s=shop.job_timeout_s)
        except asyncio.CancelledError:  # cancelled, lost or handed back: nobody shall look at it any more
            await settled(live.remove)
            raise
        finally:
            await settled(live.close)

    async def _plans(self, intake: Intake) -> list[Plan]:
        """The plan of every edition; a render process measures what nobody has measured yet."""
        shop, editions = self._shop, intake.editions
        plans = await asyncio.to_thread(self._planner.plans, editions)
        if plans is not None:
            return plans
        async with shop.pool.lend(intake.job.project_id) as process:
            inputs = await self._given(editions, process)
            listener = Listener(facts=shop.facts, inputs=inputs)
            command = Probe(work=self._planner.work(intake, inputs))
            await process.run(command, listener.hear, deadline_s=shop.job_timeout_s)
        return [await asyncio.to_thread(self._planner.probed, edition) for edition in editions]

    async def _given(self, editions: Sequence[Intake], process: RenderProcess) -> Inputs:
        """The assets, linked into a process's folder."""
        assets = [edition.identified.assets for edition in editions]
        return await settled(link_inputs, assets, process, self._shop.library)

    def count(self, produced: Produced, wall_s: float) -> None:
        """Count the frames and the speed of what was rendered and published."""
        if produced.finished is None:
            return
        videos = [report.video for report in produced.reports]
        self._shop.metrics.frames.labels("published").inc(sum(video.frames for video in videos))
        self._shop.metrics.speed.set(sum(video.duration_ms for video in videos) / 1000 / max(wall_s, 0.001))
        for stage, spent_ms in produced.finished.stages_ms.items():
            self._shop.metrics.stage_duration.labels(stage).observe(spent_ms / 1000)
