"""Single pictures outside the queue, each made by a render process that is lent for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from preview_worker.assets.identity import Identified, refuse_absent
from preview_worker.assets.library import AssetLibrary
from preview_worker.contract import PreviewJob
from preview_worker.errors import InvalidPayloadError, RenderCrashError
from preview_worker.render.frame import FramePicture, FrameWish, check_wish
from preview_worker.render.process import RenderProcess
from preview_worker.render.protocol import FILES_FOLDER, OUT_FOLDER, Frame
from preview_worker.render.settling import settled
from preview_worker.storage.atomic import storage_errors
from preview_worker.storage.facts import FactsCache
from preview_worker.worker.inputs import link_inputs
from preview_worker.worker.intake import Intake, with_voices
from preview_worker.worker.listening import Listener
from preview_worker.worker.planning import Planner
from preview_worker.worker.speaking import Speaker

LendProcess = Callable[[str], AbstractAsyncContextManager[RenderProcess]]
"""Lends an idle and clear render process for a command of the named project."""


class FrameTaker:
    """Takes pictures.

    Args:
        lend: Lends render processes.
        planner: Tells a process what to work on.
        facts: Measured facts of media; what is measured for a picture is kept there.
        library: Found the assets; it is told that processes were given them.
        speaker: Speaks the wished step if nobody has recorded it: its captions depend on that. Other steps that nobody
            has spoken yet have their estimated length: a picture is wanted at once, outside the queue.
        deadline_s: Longest time a process may take for a picture.
    """

    def __init__(
        self,
        lend: LendProcess,
        *,
        planner: Planner,
        facts: FactsCache,
        library: AssetLibrary,
        speaker: Speaker,
        deadline_s: float,
    ) -> None:
        self._lend = lend
        self._speaker = speaker
        self._planner = planner
        self._facts = facts
        self._library = library
        self._deadline_s = deadline_s

    async def take(self, job: PreviewJob, identified: Identified, wish: FrameWish) -> FramePicture:
        """Take one picture; a cancelled caller leaves no work behind.

        Raises:
            InvalidPayloadError: There is no such picture (permanent).
            AssetError: A file can't be used, or is absent where that fails the job (permanent).
            PreviewError: What `RenderProcess.run` raises, and `StorageError` (transient).
        """
        check_wish(job.preview_request, wish)
        refuse_absent(job.preview_request, identified)
        intake = Intake(job=job, warnings=(), identified=identified).edition(wish.language)
        intake = await with_voices(intake, self._speaker, only_step=wish.step_id)
        async with self._lend(job.project_id) as process:
            inputs = await settled(link_inputs, [intake.identified.assets], process, self._library)
            work = self._planner.work(intake, inputs)
            command = Frame(work=work, step_id=wish.step_id, at_ms=wish.at_ms, width_px=wish.width_px)
            listener = Listener(facts=self._facts, inputs=inputs, takes_picture=True)
            await process.run(command, listener.hear, deadline_s=self._deadline_s)
            return await asyncio.to_thread(_picture, listener, process.folder / OUT_FOLDER / FILES_FOLDER)


def _picture(heard: Listener, folder: Path) -> FramePicture:
    """The picture, read from the process's files."""
    if heard.refusal is not None:
        raise InvalidPayloadError(heard.refusal.sentence, code=heard.refusal.code)
    ready = heard.picture
    if ready is None or ready.width_px is None or ready.height_px is None:
        raise RenderCrashError("The render process ended a frame without a picture.")
    with storage_errors("read the frame"):
        content = (folder / Path(ready.name).name).read_bytes()
    return FramePicture(
        content=content, width_px=ready.width_px, height_px=ready.height_px, warnings=tuple(heard.warnings)
    )
