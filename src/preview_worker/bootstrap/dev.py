"""`dev`: a payload's file followed while its author edits it, shown on a page of this machine; no queue, no Redis."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from preview_worker.api.dev import create_dev_app
from preview_worker.api.dev_screen import DevScreen
from preview_worker.api.server import listening, serve_on
from preview_worker.assets.fetch import Fetcher
from preview_worker.assets.library import AssetLibrary
from preview_worker.bootstrap.frame import open_frames
from preview_worker.bootstrap.processes import fork_server, render_pool
from preview_worker.bootstrap.voices import speaker_of
from preview_worker.config.settings import Settings
from preview_worker.contract.dev import DevState, DevVideo
from preview_worker.errors import ConfigurationError
from preview_worker.posix import usable_cores
from preview_worker.render.facts import FACTS_REVISION
from preview_worker.storage.facts import FactsCache
from preview_worker.storage.janitor import Tenancy, sweep
from preview_worker.storage.places import Places
from preview_worker.worker.dev_session import DevSession
from preview_worker.worker.dev_studio import DevStudio
from preview_worker.worker.dev_watch import Watcher
from preview_worker.worker.planning import Planner

HOST = "127.0.0.1"
REUSE_MEMORY_BYTES = 400_000_000
"""There is one author and one process: it may keep more than those of a service that share a machine."""

Told = Callable[[DevState | DevVideo], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DevWish:
    """What is to be followed, and where it is shown.

    Attributes:
        file: The payload's file.
        assets: Folder below which relative asset paths are looked up.
        project_id: Project of a bare previewRequest.
        port: Port on loopback; 0 takes a free one.
        language: Language of a variant; None: the request's own.
    """

    file: Path
    assets: Path
    project_id: str
    port: int = 0
    language: str | None = None


async def dev_here(wish: DevWish, settings: Settings, *, opened: Callable[[str], None], told: Told) -> None:
    """Follow a payload until SIGINT or SIGTERM; no process and no folder is left.

    Args:
        wish: What to follow.
        settings: Limits, caches and fonts; DATA_DIR holds caches and work folders.
        opened: Told the page's address once it can be opened.
        told: Told of every state and every video, as the pages are.

    Raises:
        ConfigurationError: The port can't be listened on (permanent).
        StorageError: DATA_DIR can't be worked in (transient).
    """
    screen = _ToldScreen(told)
    async with AsyncExitStack() as stack:
        listener = _listener(stack, wish.port)
        studio = await stack.enter_async_context(_open_studio(settings, wish.assets, wish.language))
        session = DevSession(
            wish.file,
            root=wish.assets,
            project_id=wish.project_id,
            watcher=Watcher(),
            studio=studio,
            screen=screen,
        )
        async with asyncio.TaskGroup() as group:
            following = group.create_task(session.run(), name="dev-session")
            opened(f"http://{HOST}:{listener.getsockname()[1]}/")
            await serve_on(create_dev_app(screen), listener, ending=screen.close)
            following.cancel()


class _ToldScreen(DevScreen):
    """The screen, with somebody beside the pages who is told of states and videos."""

    def __init__(self, told: Told) -> None:
        super().__init__()
        self._told = told

    def tell(self, state: DevState) -> None:
        super().tell(state)
        self._told(state)

    def show(self, video: DevVideo, name: str, folder: Path) -> None:
        super().show(video, name, folder)
        self._told(video)


def _listener(stack: AsyncExitStack, port: int) -> socket.socket:
    try:
        return stack.enter_context(listening(HOST, port))
    except ConfigurationError as error:
        hint = "Name another one with --port, or leave it out for a free one."
        raise ConfigurationError(f"Port {port} can't be listened on: another program has it.", hint=hint) from error


@asynccontextmanager
async def _open_studio(settings: Settings, root: Path, language: str | None) -> AsyncIterator[DevStudio]:
    places = Places(settings.data_dir)
    await asyncio.to_thread(sweep, places)
    facts = FactsCache(places.facts, FACTS_REVISION)
    with Tenancy(places) as tenancy:
        server = fork_server()
        pool = render_pool(settings, tenancy.work, idle_max=1, reuse_memory_bytes=REUSE_MEMORY_BYTES, server=server)
        library = AssetLibrary(inline_dir=places.inline, fetcher=Fetcher(settings.asset_hosts))
        async with pool, open_frames(settings, places, library, server=server) as frames:
            yield DevStudio(
                root=root,
                stage=tenancy.stage,
                places=places,
                library=library,
                facts=facts,
                planner=Planner(
                    facts=facts, max_duration_ms=settings.max_duration_s * 1000, fonts_dir=settings.fonts_dir
                ),
                pool=pool,
                frames=frames,
                speaker=speaker_of(settings, library),
                cache_bytes=settings.cache_bytes,
                deadline_s=settings.job_timeout_s,
                threads=usable_cores(),
                language=language,
            )
