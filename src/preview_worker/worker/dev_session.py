"""One author at work: each save is validated, drawn and rendered, and the newest one wins.

At most one save is worked on. Another one ends that work, whatever it is at, before its own begins, so that nothing of
an older state can be shown after something of a newer one.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
import time
from collections import deque
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from preview_worker.contract.dev import DevFrame, DevPhase, DevState
from preview_worker.errors import InvalidPayloadError, PreviewError, TooLongError, UnsupportedVersionError
from preview_worker.worker.dev_draft import Draft, Faulty, asset_files, read_draft
from preview_worker.worker.dev_edit import edited_step
from preview_worker.worker.dev_ports import Rendered, Screen, Studio
from preview_worker.worker.dev_video import described_frame, described_video
from preview_worker.worker.dev_watch import Watcher
from preview_worker.worker.intake import Intake

VIDEOS_KEPT = 2
"""The one that is shown, and the one before: a player that still reads it shall find it."""
GRACE_S = 1.0
"""A stale picture is finished rather than killed: it takes some 40 ms, and its process stays warm for the next."""

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Save:
    """One saved state of the payload: its number, and the monotonic second in which it was noticed."""

    number: int
    noticed_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """The video on the screen."""

    digest: str
    name: str
    rendered: Rendered


class DevSession:
    """Follows a payload's file, and what it shows and plays, until it is cancelled.

    Args:
        file: The payload's file.
        root: Folder below which relative asset paths are looked up.
        project_id: Project of a bare previewRequest.
        watcher: Notices saves.
        studio: Draws and renders.
        screen: Shows it.
    """

    def __init__(
        self, file: Path, *, root: Path, project_id: str, watcher: Watcher, studio: Studio, screen: Screen
    ) -> None:
        self._file = file
        self._root = root
        self._project_id = project_id
        self._watcher = watcher
        self._studio = studio
        self._screen = screen
        self._names = (f"{secrets.token_hex(4)}-{number}" for number in itertools.count(1))
        self._videos: deque[_Shown] = deque()
        self._looked_at: Intake | None = None
        self._work: asyncio.Task[None] | None = None
        self._worked_on: object = None

    async def run(self) -> None:
        """Work on the file as it is, and again after every save."""
        await self._watcher.follow([self._file])
        async with asyncio.TaskGroup() as group:
            for number in itertools.count(1):
                await self._take(_Save(number=number, noticed_s=time.monotonic()), group)
                await self._watcher.changed()

    async def _take(self, save: _Save, group: asyncio.TaskGroup) -> None:
        draft = await asyncio.to_thread(read_draft, self._file, project_id=self._project_id)
        if isinstance(draft, Faulty):
            await self._drop()
            self._screen.tell(self._state(save, DevPhase.INVALID, faults=draft.faults))
            return
        files = await asyncio.to_thread(asset_files, draft.request, self._root)
        stamps = await self._watcher.follow({self._file} | files)
        # A comment, or spaces: the work under way is on this very tutorial.
        content = (draft.payload, {path: stamp for path, stamp in stamps.items() if path != self._file})
        if self._work is not None and not self._work.done() and content == self._worked_on:
            return
        await self._drop()
        self._worked_on = content
        self._work = group.create_task(self._make(draft, save), name=f"dev-save-{save.number}")

    async def _drop(self) -> None:
        """End the work under way; nothing of it is shown any more."""
        work, self._work = self._work, None
        if work is not None:
            work.cancel()
            await asyncio.wait({work})

    async def _make(self, draft: Draft, save: _Save) -> None:
        self._screen.tell(self._state(save, DevPhase.VALIDATING))
        try:
            intake = await self._studio.take_in(draft.payload)
            stands = bool(self._videos) and self._videos[-1].digest == intake.identified.digest
            if stands:
                self._looked_at = intake
            else:
                await self._render(intake, save)
        except PreviewError as error:
            self._screen.tell(self._state(save, _phase_of(error), faults=(draft.fault(error),)))
            return
        shown = self._videos[-1]
        video = described_video(shown.rendered.report, draft, shown.name)
        if stands:
            video = video.model_copy(update={"segments_made": 0})
        self._screen.show(video, shown.name, shown.rendered.folder)
        self._screen.tell(self._state(save, DevPhase.READY))
        while len(self._videos) > VIDEOS_KEPT:
            await self._studio.discard(self._videos.popleft().rendered.folder)

    async def _render(self, intake: Intake, save: _Save) -> None:
        if self._looked_at is None:
            self._screen.tell(self._state(save, DevPhase.RENDERING, percent=0))
        frame = await self._frame(intake)
        self._looked_at = intake

        async def tell(progress: Mapping[str, Any]) -> None:
            percent, eta_ms = progress["percent"], progress.get("etaMs")
            self._screen.tell(self._state(save, DevPhase.RENDERING, percent=percent, eta_ms=eta_ms, frame=frame))

        await tell({"percent": 0})
        rendered = await self._studio.render(intake, tell)
        self._videos.append(_Shown(digest=intake.identified.digest, name=next(self._names), rendered=rendered))

    async def _frame(self, intake: Intake) -> DevFrame | None:
        """The edited step's picture, put on the screen; None where there is none to look at."""
        step_id = edited_step(self._looked_at, intake)
        if step_id is None:
            return None
        try:
            picture = await _finished(self._studio.frame(intake, step_id))
        except PreviewError:  # the step lies outside of the range, or the render will say what is wrong
            return None
        name = next(self._names)
        self._screen.keep_picture(name, picture.content)
        return described_frame(picture, intake.job.preview_request, step_id, name)

    def _state(self, save: _Save, phase: DevPhase, **members: Any) -> DevState:
        took_ms = round((time.monotonic() - save.noticed_s) * 1000)
        return DevState(phase=phase, save=save.number, file=self._file.name, took_ms=took_ms, **members)


def _phase_of(error: PreviewError) -> DevPhase:
    wrong = isinstance(error, InvalidPayloadError | TooLongError | UnsupportedVersionError)
    return DevPhase.INVALID if wrong or error.code == TooLongError.default_code else DevPhase.FAILED


async def _finished(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Await some short work, which a cancelled caller lets come to its end within the grace."""
    task = asyncio.create_task(work, name="dev-frame")
    try:
        return await asyncio.shield(task)
    finally:
        try:
            await asyncio.wait({task}, timeout=GRACE_S)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
