"""`check`: what a render of a payload would warn about, told by a render process that renders nothing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from preview_worker.assets.fetch import Fetcher
from preview_worker.assets.library import AssetLibrary
from preview_worker.bootstrap.processes import render_processes
from preview_worker.bootstrap.voices import speaker_of
from preview_worker.config.settings import Settings
from preview_worker.contract import PreviewWarning
from preview_worker.render.facts import FACTS_REVISION
from preview_worker.render.process import RenderProcess
from preview_worker.render.protocol import Check
from preview_worker.render.settling import settled
from preview_worker.storage.facts import FactsCache
from preview_worker.storage.janitor import Tenancy, sweep
from preview_worker.storage.places import Places
from preview_worker.timeline.time import ms_of_frames
from preview_worker.worker.inputs import link_inputs
from preview_worker.worker.intake import Intake, identified_job, spoken_editions
from preview_worker.worker.listening import Listener
from preview_worker.worker.planning import Planner


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was found in an edition, beside the findings of the validation, and how long its video would be.

    Attributes:
        language: Its language.
        warnings: In the order of a report.
        steps: How many steps it would show.
        frames: How many frames.
        duration_ms: How long.
    """

    language: str
    warnings: tuple[PreviewWarning, ...]
    steps: int
    frames: int
    duration_ms: int


async def check_here(payload: dict[str, Any], settings: Settings, *, assets: Path) -> tuple[Checked, ...]:
    """Plan each edition of a payload, measure its assets and set its scenes, with a process that lives for it alone.

    Args:
        payload: A valid job payload.
        settings: Limits, caches and fonts; DATA_DIR holds caches and work folders.
        assets: Folder below which relative asset paths are looked up.

    Raises:
        AssetError: A file can't be used, or is absent where that fails the job (permanent).
        TooLongError: The tutorial is longer than allowed (permanent).
        PreviewError: What `RenderProcess.run` raises, and `StorageError` (transient).
    """
    places = Places(settings.data_dir)
    library = AssetLibrary(inline_dir=places.inline, fetcher=Fetcher(settings.asset_hosts))
    intake = await asyncio.to_thread(identified_job, payload, library=library, root=assets)
    await asyncio.to_thread(sweep, places)
    facts = FactsCache(places.facts, FACTS_REVISION)
    planner = Planner(facts=facts, max_duration_ms=settings.max_duration_s * 1000, fonts_dir=settings.fonts_dir)
    with Tenancy(places) as tenancy:
        editions = await spoken_editions(intake, speaker_of(settings, library))
        async with render_processes(settings)(tenancy.work / "check") as process:
            return tuple([await _checked(edition, process, planner, facts, settings) for edition in editions])


async def _checked(
    edition: Intake, process: RenderProcess, planner: Planner, facts: FactsCache, settings: Settings
) -> Checked:
    inputs = await settled(link_inputs, [edition.identified.assets], process)
    listener = Listener(facts=facts, inputs=inputs)
    await process.run(Check(work=planner.work(edition, inputs)), listener.hear, deadline_s=settings.job_timeout_s)
    timeline = (await asyncio.to_thread(planner.probed, edition)).timeline
    return Checked(
        language=edition.job.preview_request.language,
        warnings=tuple(listener.warnings),
        steps=len(timeline.clips),
        frames=timeline.frames,
        duration_ms=ms_of_frames(timeline.frames, timeline.rate),
    )
