"""A session of `dev` without render processes: saves, drawing and rendering happen when a test says so."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager

from preview_worker.assets.fetch import Fetcher
from preview_worker.assets.library import AssetLibrary
from preview_worker.contract import Build, Report
from preview_worker.contract.report import CacheFacts, StepTiming, VideoFacts
from preview_worker.render.frame import FramePicture
from preview_worker.worker.dev_ports import Rendered
from preview_worker.worker.dev_session import DevSession
from preview_worker.worker.dev_watch import stamps_of
from preview_worker.worker.intake import identified_job

DEADLINE_S = 10
STEP_MS = 2000


class HandSaves:
    """A watcher that notices a save when it is told of it."""

    def __init__(self):
        self.files = frozenset()
        self._saved = asyncio.Event()

    async def follow(self, files):
        self.files = frozenset(files)
        return stamps_of(self.files)

    async def changed(self):
        await self._saved.wait()
        self._saved.clear()

    def notice(self):
        self._saved.set()


class HandStudio:
    """A studio that finishes a render when it is let; what it is asked for is written down in `calls`."""

    def __init__(self, root):
        self.root = root
        self.calls = []
        self.discarded = []
        self.errors = {}
        self.may_finish = asyncio.Event()
        self._library = AssetLibrary(inline_dir=root / "inline", fetcher=Fetcher(frozenset()))

    async def take_in(self, payload):
        return identified_job(payload, library=self._library, root=self.root)

    async def frame(self, _intake, step_id):
        self.calls.append(("frame", step_id))
        if error := self.errors.get("frame"):
            raise error
        return FramePicture(content=f"picture of {step_id}".encode(), width_px=160, height_px=90, warnings=())

    async def render(self, intake, tell):
        title = intake.job.preview_request.title
        self.calls.append(("render", title))
        if error := self.errors.get("render"):
            raise error
        await tell({"percent": 40.0, "etaMs": 1200})
        try:
            await self.may_finish.wait()
        except asyncio.CancelledError:
            self.calls.append(("dropped", title))
            raise
        return Rendered(folder=self.root / f"video {len(self.calls)}", report=report_of(intake))

    async def discard(self, folder):
        self.discarded.append(folder)


class Shown:
    """A screen that remembers all it was told, and lets tests wait for something of it."""

    def __init__(self):
        self.states, self.videos, self.pictures, self.folders = [], [], {}, []
        self._news = asyncio.Event()

    def tell(self, state):
        self.states.append(state)
        self._news.set()

    def show(self, video, _name, folder):
        self.videos.append(video)
        self.folders.append(folder)
        self._news.set()

    def keep_picture(self, name, content):
        self.pictures[name] = content

    async def until(self, condition):
        """Wait until the newest state fulfils a condition; returns it."""
        async with asyncio.timeout(DEADLINE_S):
            while not (self.states and condition(self.states[-1])):
                self._news.clear()
                await self._news.wait()
        return self.states[-1]

    async def phase(self, phase, *, save):
        return await self.until(lambda state: state.phase == phase and state.save == save)


class HandSession:
    """A session on a payload's file, and all it works with."""

    def __init__(self, file):
        self.file = file
        self.saves, self.studio, self.screen = HandSaves(), HandStudio(file.parent), Shown()
        self.session = DevSession(
            file,
            root=file.parent,
            project_id="local",
            watcher=self.saves,
            studio=self.studio,
            screen=self.screen,
        )

    def save(self, request=None, *, text=None):
        """Write the file, and let it be noticed."""
        self.file.write_text(json.dumps(request) if text is None else text)
        self.saves.notice()


@asynccontextmanager
async def hand_session(file, request):
    """Yield a session at work on a file with that content."""
    file.write_text(json.dumps(request))
    session = HandSession(file)
    running = asyncio.create_task(session.session.run())
    try:
        yield session
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        if not running.cancelled():
            running.result()


def report_of(intake):
    """The report of a video in which every step takes two seconds."""
    request = intake.job.preview_request
    steps = tuple(
        StepTiming(
            id=step.id,
            index=index,
            kind=step.kind,
            title=step.title,
            start_ms=index * STEP_MS,
            duration_ms=STEP_MS,
            start_frame=index,
            frames=1,
            duration_source="payload",
        )
        for index, step in enumerate(request.steps)
    )
    video = VideoFacts(
        format="mp4",
        quality="standard",
        width_px=160,
        height_px=90,
        fps=15,
        frames=30,
        duration_ms=STEP_MS * len(steps),
    )
    return Report(
        job_id=intake.job.job_id,
        project_id=intake.job.project_id,
        request_id=intake.job.request_id,
        digest=intake.identified.digest,
        title=request.title,
        build=Build(version="test"),
        video=video,
        steps=steps,
        cache=CacheFacts(segments=len(steps), hits=0),
    )
