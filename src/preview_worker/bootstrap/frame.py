"""Single pictures: for the API, from processes of its own; for the command, here and now."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from preview_worker.assets.fetch import Fetcher
from preview_worker.assets.library import AssetLibrary
from preview_worker.bootstrap.processes import render_pool, render_processes
from preview_worker.bootstrap.voices import speaker_of
from preview_worker.config.settings import Settings
from preview_worker.contract import Finding
from preview_worker.render.facts import FACTS_REVISION
from preview_worker.render.fork_server import ForkServer
from preview_worker.render.frame import FramePicture, FrameWish
from preview_worker.render.process import RenderProcess
from preview_worker.storage.facts import FactsCache
from preview_worker.storage.janitor import Tenancy, sweep
from preview_worker.storage.places import Places
from preview_worker.worker.frames import FrameTaker, LendProcess
from preview_worker.worker.intake import identified_job
from preview_worker.worker.planning import Planner
from preview_worker.worker.pool_on_demand import PoolOnDemand

WARM_MAX = 2
"""Processes of the API that wait with a project: those of two authors, about 200 MB each."""
START_S = 10.0
"""Half of what a caller waits for a picture: a fork server that hangs is found, though each caller gives up."""
QUIET_S = 300.0
"""An author who hasn't looked for five minutes waits for a start again; meanwhile nothing is held for him."""
FRAMES_PER_PROCESS = 1000
"""A frame leaves nothing behind: its process may serve more commands than one that renders whole videos."""
REUSE_MEMORY_BYTES = 400_000_000
"""Sixteen steps ready to be drawn take about 100 MB at 1280 × 720, 230 MB at 1920 × 1080, beside 90 MB of libraries."""
PROCESS_DEADLINE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenHere:
    """A picture, and what the validation of its payload warned about."""

    picture: FramePicture
    findings: tuple[Finding, ...]


@asynccontextmanager
async def open_frames(
    settings: Settings, places: Places, library: AssetLibrary, *, server: ForkServer | None = None
) -> AsyncIterator[FrameTaker]:
    """Take pictures for many callers; the first starts the processes, none outlives the block.

    Args:
        settings: Limits, caches and fonts.
        places: The folders of DATA_DIR.
        library: Where assets are.
        server: To fork the processes from, where somebody has one; otherwise they have their own.
    """
    open_pool = partial(
        render_pool,
        settings,
        idle_max=WARM_MAX,
        jobs=FRAMES_PER_PROCESS,
        reuse_memory_bytes=REUSE_MEMORY_BYTES,
        start_s=START_S,
        server=server,
    )
    async with PoolOnDemand(places, open_pool, idle_s=QUIET_S) as pool:
        yield _taker(settings, places, library, pool.lend)


async def frame_here(payload: dict[str, Any], settings: Settings, *, assets: Path, wish: FrameWish) -> TakenHere:
    """Take one picture with a process that lives for it alone.

    Args:
        payload: A valid job payload.
        settings: Limits, caches and fonts; DATA_DIR holds caches and work folders.
        assets: Folder below which relative asset paths are looked up.
        wish: Which picture.

    Raises:
        InvalidPayloadError: There is no such picture (permanent).
        PreviewError: It can't be drawn.
    """
    places = Places(settings.data_dir)
    library = AssetLibrary(inline_dir=places.inline, fetcher=Fetcher(settings.asset_hosts))
    intake = await asyncio.to_thread(identified_job, payload, library=library, root=assets)
    await asyncio.to_thread(sweep, places)
    start = render_processes(settings)
    with Tenancy(places) as tenancy:

        @asynccontextmanager
        async def lend(_project_id: str) -> AsyncIterator[RenderProcess]:
            async with start(tenancy.work / "frame") as process:
                yield process

        picture = await _taker(settings, places, library, lend).take(intake.job, intake.identified, wish)
    return TakenHere(picture=picture, findings=intake.warnings)


def _taker(settings: Settings, places: Places, library: AssetLibrary, lend: LendProcess) -> FrameTaker:
    facts = FactsCache(places.facts, FACTS_REVISION)
    planner = Planner(facts=facts, max_duration_ms=settings.max_duration_s * 1000, fonts_dir=settings.fonts_dir)
    return FrameTaker(
        lend,
        planner=planner,
        facts=facts,
        library=library,
        speaker=speaker_of(settings, library),
        deadline_s=PROCESS_DEADLINE_S,
    )
