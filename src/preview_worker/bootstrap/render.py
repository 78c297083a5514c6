"""`render`: one payload to a folder, here and now, without queue and Redis."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from preview_worker.assets.fetch import Fetcher
from preview_worker.assets.library import AssetLibrary
from preview_worker.bootstrap.processes import render_processes
from preview_worker.bootstrap.voices import speaker_of
from preview_worker.config.settings import Settings
from preview_worker.contract import Report
from preview_worker.errors import ConfigurationError
from preview_worker.posix import usable_cores
from preview_worker.render.facts import FACTS_REVISION
from preview_worker.render.launching import Launch
from preview_worker.render.process import RenderProcess
from preview_worker.render.settling import settled
from preview_worker.storage.atomic import storage_errors
from preview_worker.storage.facts import FactsCache
from preview_worker.storage.janitor import Tenancy, sweep
from preview_worker.storage.places import Places
from preview_worker.storage.publish import MANIFEST, discard, new_stage
from preview_worker.storage.segments import SegmentCache
from preview_worker.trees import remove_tree
from preview_worker.worker.comparison import comparison_with
from preview_worker.worker.finishing import finished_reports
from preview_worker.worker.inputs import link_inputs
from preview_worker.worker.intake import Intake, identified_job, identity_of, spoken_editions
from preview_worker.worker.planning import Planner
from preview_worker.worker.progress import ProgressTracker
from preview_worker.worker.rendering import Produced, RenderJob
from preview_worker.worker.staging import Sizes, complete_stage

TellProgress = Callable[[Mapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedHere:
    """Where the files are, and the report of each edition, the first one's first."""

    folder: Path
    reports: tuple[Report, ...]

    @property
    def report(self) -> Report:
        """The report in the request's own language."""
        return self.reports[0]


async def render_here(
    payload: dict[str, Any],
    settings: Settings,
    *,
    assets: Path,
    output: Path,
    report: TellProgress,
    launch: Launch | None = None,
) -> RenderedHere:
    """Render a payload into a folder, which appears whole; one that stands there is replaced, and compared with.

    Args:
        payload: A valid job payload.
        settings: Limits, caches and fonts; DATA_DIR holds caches and work folders.
        assets: Folder below which relative asset paths are looked up.
        output: The folder to make; see `replaceable`.
        report: Told of progress.
        launch: Starts the render process, where it isn't the usual program.

    Raises:
        ConfigurationError: The output's place is taken by something else (permanent).
        PreviewError: The render failed; nothing is left in the output's place but what stood there before.
    """
    if not replaceable(output):
        raise ConfigurationError(f"{output} holds something that is no preview; it is left as it is.")
    places = Places(settings.data_dir)
    library = AssetLibrary(inline_dir=places.inline, fetcher=Fetcher(settings.asset_hosts))
    intake = await asyncio.to_thread(identified_job, payload, library=library, root=assets)
    with storage_errors(f"make {output.parent}"):
        output.parent.mkdir(parents=True, exist_ok=True)
    stage = await asyncio.to_thread(new_stage, output.parent, f".{output.name}", os.getpid())
    started_s, started_at_ms = time.monotonic(), round(time.time() * 1000)
    tracker = ProgressTracker(report, time.monotonic)
    try:
        await asyncio.to_thread(sweep, places)
        with Tenancy(places) as tenancy:
            process = render_processes(settings, launch=launch)(tenancy.work / "render")
            produced = await _render(intake, settings, process, library, stage, tracker, output)
        finished = finished_reports(
            produced,
            intake.editions,
            tracker.stages_ms(),
            started_at_ms=started_at_ms,
            wall_s=time.monotonic() - started_s,
        )
        identity = await asyncio.to_thread(identity_of, intake, payload, job_id=intake.job.job_id)
        sizes = Sizes(pictures=produced.pictures)
        await asyncio.to_thread(complete_stage, stage, finished, sizes, replace(identity, dry_run=False))
        await asyncio.to_thread(_replace, stage, output)
    finally:
        await asyncio.to_thread(discard, stage)
    return RenderedHere(folder=output, reports=finished)


async def _render(
    intake: Intake,
    settings: Settings,
    idle: RenderProcess,
    library: AssetLibrary,
    stage: Path,
    tracker: ProgressTracker,
    output: Path,
) -> Produced:
    places = Places(settings.data_dir)
    facts = FactsCache(places.facts, FACTS_REVISION)
    planner = Planner(facts=facts, max_duration_ms=settings.max_duration_s * 1000, fonts_dir=settings.fonts_dir)
    editions = await spoken_editions(intake, speaker_of(settings, library))
    async with idle as process:
        inputs = await settled(link_inputs, [edition.identified.assets for edition in editions], process)
        comparisons = [await asyncio.to_thread(comparison_with, edition.job, output, places) for edition in editions]
        job = RenderJob(
            process=process,
            work=planner.work(intake, inputs),
            inputs=inputs,
            segments=SegmentCache(places.segments(intake.job.project_id), limit_bytes=settings.cache_bytes),
            facts=facts,
            tracker=tracker,
            comparisons=comparisons,
        )
        return await job.render(stage, threads=usable_cores(), deadline_s=settings.job_timeout_s)


def replaceable(output: Path) -> bool:
    """Whether a folder may be made there: nothing stands there, an empty folder does, or an earlier preview."""
    if not output.exists() and not output.is_symlink():
        return True
    return output.is_dir() and ((output / MANIFEST).is_file() or not any(output.iterdir()))


def _replace(stage: Path, output: Path) -> None:
    """Put the finished folder in its place; what stood there goes last, so that something always stands there."""
    with storage_errors(f"write {output}"):
        old = output.with_name(f".{output.name}.old.{os.getpid()}")
        if output.exists():
            output.rename(old)
        stage.chmod(0o755)
        stage.rename(output)
        remove_tree(old)
