"""Pictures and videos for a session of `dev`, made in warm render processes."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from preview_worker.assets.library import AssetLibrary
from preview_worker.render.frame import FramePicture, FrameWish
from preview_worker.render.settling import settled
from preview_worker.storage.facts import FactsCache
from preview_worker.storage.places import Places
from preview_worker.storage.publish import discard, new_stage
from preview_worker.storage.segments import SegmentCache
from preview_worker.worker.dev_ports import Rendered, TellProgress
from preview_worker.worker.finishing import finished_reports
from preview_worker.worker.frames import FrameTaker
from preview_worker.worker.inputs import link_inputs
from preview_worker.worker.intake import Intake, identified_job, with_voices
from preview_worker.worker.planning import Planner
from preview_worker.worker.pool import RenderPool
from preview_worker.worker.progress import ProgressTracker
from preview_worker.worker.rendering import Produced, RenderJob
from preview_worker.worker.speaking import Speaker


@dataclass(frozen=True, slots=True, kw_only=True)
class DevStudio:
    """Makes pictures and videos.

    Args:
        root: Folder below which relative asset paths are looked up.
        stage: Where each video gets a folder.
        places: Folders of DATA_DIR; the segment caches are there.
        library: Finds assets.
        facts: Measured facts of media.
        planner: Tells a process what to work on.
        pool: Processes that render.
        frames: Takes pictures, in processes of its own: a stale render that is killed takes nothing from their warmth.
        speaker: Speaks what nobody has recorded.
        cache_bytes: Limit of the project's segment cache.
        deadline_s: Longest time of a render.
        threads: Encoder threads.
        language: Which edition is made, by its language; None: that of the request's own.
    """

    root: Path
    stage: Path
    places: Places
    library: AssetLibrary
    facts: FactsCache
    planner: Planner
    pool: RenderPool
    frames: FrameTaker
    speaker: Speaker
    cache_bytes: int
    deadline_s: float
    threads: int
    language: str | None = None

    async def take_in(self, payload: dict[str, Any]) -> Intake:
        """Find a valid payload's assets, and take the edition that is made.

        Raises:
            InvalidPayloadError, UnsupportedVersionError, AssetError: Permanent.
            AssetUnreachableError, StorageError: Transient.
        """
        intake = await asyncio.to_thread(identified_job, payload, library=self.library, root=self.root)
        return intake.edition(self.language)

    async def frame(self, intake: Intake, step_id: str) -> FramePicture:
        """The picture of a step at rest; cancelling the caller kills the process.

        Raises:
            PreviewError: There is none.
        """
        wish = FrameWish(step_id=step_id, language=self.language)
        return await self.frames.take(intake.whole or intake.job, intake.identified, wish)

    async def render(self, intake: Intake, tell: TellProgress) -> Rendered:
        """Render the video into a new folder; cancelling the caller kills the process and removes the folder.

        Raises:
            PreviewError: The render failed; no folder is left.
        """
        started_s, started_at_ms = time.monotonic(), round(time.time() * 1000)
        tracker = ProgressTracker(tell, time.monotonic)
        folder = await settled(new_stage, self.stage, intake.job.job_id, 0)
        try:
            produced = await self._produce(intake, folder, tracker)
        except BaseException:
            await settled(discard, folder)
            raise
        (report,) = finished_reports(
            produced,
            [intake],
            tracker.stages_ms(),
            started_at_ms=started_at_ms,
            wall_s=time.monotonic() - started_s,
        )
        return Rendered(folder=folder, report=report)

    async def discard(self, folder: Path) -> None:
        """Remove the folder of a video."""
        await settled(discard, folder)

    async def _produce(self, intake: Intake, folder: Path, tracker: ProgressTracker) -> Produced:
        project_id = intake.job.project_id
        intake = await with_voices(intake, self.speaker)
        async with self.pool.lend(project_id) as process:
            inputs = await settled(link_inputs, [intake.identified.assets], process, self.library)
            job = RenderJob(
                process=process,
                work=self.planner.work(intake, inputs),
                inputs=inputs,
                segments=SegmentCache(self.places.segments(project_id), limit_bytes=self.cache_bytes),
                facts=self.facts,
                tracker=tracker,
            )
            return await job.render(folder, threads=self.threads, deadline_s=self.deadline_s)
