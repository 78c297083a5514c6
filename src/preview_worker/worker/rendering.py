"""Driving a render process through one job: inputs linked in, cached segments lent, results moved to the stage."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from preview_worker.contract import Report, Stage
from preview_worker.contract.result import live_path
from preview_worker.errors import RenderCrashError
from preview_worker.faults import FaultPoint, Reached, go_on
from preview_worker.render.process import RenderProcess
from preview_worker.render.protocol import (
    FILES_FOLDER,
    IN_FOLDER,
    LIVE_FOLDER,
    OUT_FOLDER,
    PLAYLIST_FILE,
    SEGMENTS_FOLDER,
    Cached,
    Earlier,
    Event,
    FileReady,
    Finished,
    LiveReady,
    LogLine,
    Planned,
    Probed,
    Progress,
    ProtocolError,
    Render,
    SegmentReady,
    Work,
)
from preview_worker.render.settling import settled
from preview_worker.storage.atomic import storage_errors
from preview_worker.storage.facts import FactsCache
from preview_worker.storage.live import LiveFolder
from preview_worker.storage.segments import SegmentCache
from preview_worker.worker.comparison import Comparison
from preview_worker.worker.heard import facts_of, file_name_of, key_of, stage_of, step_id_of, taken_report, there
from preview_worker.worker.inputs import Inputs
from preview_worker.worker.progress import ProgressTracker
from preview_worker.worker.seals import Seal, sealed

LOG_FILE = "render.log"
LONGEST_LOG_LINES = 2000
LONGEST_LOG_LINE = 1000
"""Characters."""
MOST_FILES = 32
"""Most files of an edition; it has about a dozen."""
EARLY_FILES = {"poster.jpg": "poster", "contact-sheet.jpg": "contactSheet", PLAYLIST_FILE: "playlist"}
"""What progress tells of, by file name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Produced:
    """What planning or rendering left in the stage.

    Attributes:
        reports: The report of each edition, without times and host.
        pictures: Width and height by file name.
        finished: What the render process used; None for a plan that needed none.
        threads: How many encoders could run at once.
        seals: What is synced and hashed already, by file name.
    """

    reports: tuple[Report, ...]
    pictures: dict[str, tuple[int, int]]
    finished: Finished | None
    threads: int = 1
    seals: Mapping[str, Seal] = field(default_factory=dict)

    @property
    def cached(self) -> bool:
        """Whether every segment was there already."""
        return self.finished is not None and 0 < self.finished.segments == self.finished.hits


@dataclass(slots=True, kw_only=True)
class RenderJob:
    """One job in one render process.

    Args:
        process: The process, idle and clear.
        work: The job as the process reads it.
        inputs: The files that it was given.
        segments: The project's segment cache.
        facts: Measured facts of media.
        tracker: Told of progress.
        live: Where early files are shown, if anywhere.
        comparisons: What each edition is compared with.
        reserve: Promises the job room on the disk for so many bytes of video, or raises; None: nobody asks.
        deadline_of: Longest time of the run in s, by the plan's estimate in ms; None where the caller's is all.
        reached: Told of fault points.
    """

    process: RenderProcess
    work: Work
    inputs: Inputs
    segments: SegmentCache
    facts: FactsCache
    tracker: ProgressTracker
    live: LiveFolder | None = None
    comparisons: Sequence[Comparison] = (Comparison(),)
    deadline_of: Callable[[int], float] | None = None
    reserve: Callable[[int], Awaitable[None]] | None = None
    reached: Reached = go_on
    _sealing: dict[str, asyncio.Task[Seal]] = field(default_factory=dict)
    _added: bool = False
    _files: set[str] = field(default_factory=set)
    _pictures: dict[str, tuple[int, int]] = field(default_factory=dict)
    _log: list[str] = field(default_factory=list)
    _started_s: float = field(default_factory=time.monotonic)

    async def render(self, stage: Path, *, threads: int, deadline_s: float) -> Produced:
        """Render everything into a stage folder.

        Args:
            stage: The folder.
            threads: How many encoders run at once.
            deadline_s: Longest time of the run; the plan's estimate may shorten it.

        Raises:
            PreviewError: What `RenderProcess.run` raises, and `StorageError` (transient).
            AssetError: An asset was written to meanwhile (permanent, ``asset-changed``).
        """
        work = replace(self.work, threads=threads, live=self.live is not None)
        earlier = await settled(self._hand_over)
        try:
            command = Render(work=work, earlier=earlier)
            finished = await self.process.run(command, self._handle, deadline_s=deadline_s)
        finally:
            await asyncio.gather(*self._sealing.values(), return_exceptions=True)
        self._note("finished", {"segments": finished.segments, "hits": finished.hits, "cpu_ms": finished.cpu_ms})
        try:
            return await self._produced(finished, stage, threads)
        except ProtocolError:
            await self.process.stop()  # it isn't to be used again, however well it says to have finished
            raise

    async def _produced(self, finished: Finished, stage: Path, threads: int) -> Produced:
        for name in finished.stages_ms:
            stage_of(name)
        await settled(self._collect, stage)
        found = await settled(self._take_reports, stage)
        reports = tuple(comparison.warned(report) for comparison, report in zip(self.comparisons, found, strict=True))
        if self._added:
            await asyncio.to_thread(self.segments.trim)
        seals = {name: task.result() for name, task in self._sealing.items()}
        return Produced(reports=reports, pictures=self._pictures, finished=finished, threads=threads, seals=seals)

    def _hand_over(self) -> list[Earlier | None]:
        return [comparison.hand_over(self.process.folder) for comparison in self.comparisons]

    async def _handle(self, event: Event) -> None:
        match event:
            case Probed():
                await settled(self._keep_facts, event)
            case Planned():
                await self._lend(event)
            case Progress():
                await self._progress(event)
            case SegmentReady():
                await settled(self._keep_piece, event)
                self.reached(FaultPoint.DRAWING, self.work.job_id)
            case FileReady():
                await self._file(event)
            case LiveReady():
                await self._show(LIVE_FOLDER, file_name_of(event.name), file_name_of(event.file))
            case LogLine():
                self._note(event.event, event.values)
            case _:
                raise RenderCrashError(f"The render process said {type(event).__name__} out of turn.")

    def _keep_facts(self, event: Probed) -> None:
        self.inputs.check()
        self.facts.keep(facts_of(event, self.inputs))

    def _keep_piece(self, event: SegmentReady) -> None:
        self.inputs.check()
        file = self.process.folder / OUT_FOLDER / SEGMENTS_FOLDER / file_name_of(event.file)
        self._added = True
        self.segments.add(key_of(event.key), there(file))

    async def _file(self, ready: FileReady) -> None:
        name = file_name_of(ready.name)
        if name in self._files or len(self._files) >= MOST_FILES * len(self.comparisons):
            raise ProtocolError(f"The render process told of a file {name!r} once more, or of too many.")
        self._files.add(name)
        if ready.width_px is not None and ready.height_px is not None:
            self._pictures[name] = (ready.width_px, ready.height_px)
        if ready.media_type.startswith("video/"):
            path = self.process.folder / OUT_FOLDER / FILES_FOLDER / name
            self._sealing[name] = asyncio.create_task(settled(_sealed, path), name=f"seal-{name}")
        await self._show(FILES_FOLDER, name, name)

    async def _show(self, folder: str, name: str, file: str) -> None:
        """Let a file be seen before the job is done, and tell of it; fragments are found through the playlist."""
        kind = EARLY_FILES.get(name)
        if self.live is None or (kind is None and folder != LIVE_FOLDER):
            return
        source = self.process.folder / OUT_FOLDER / folder / Path(file).name
        if not await asyncio.to_thread(self.live.put, Path(name).name, source):
            self._note("live-ended", {"file": name})
            self.live = None  # a playlist mustn't speak of what isn't there
        elif kind is not None:
            await self.tracker.early(kind, live_path(self.work.job_id, name))

    async def _lend(self, planned: Planned) -> None:
        folder = self.process.folder / IN_FOLDER / SEGMENTS_FOLDER
        if self.reserve is not None:
            await self.reserve(planned.p90_bytes)
        if self.deadline_of is not None:
            self.process.hasten(self.deadline_of(planned.p90_render_ms))
        self.reached(FaultPoint.PLANNED, self.work.job_id)
        known = await settled(self.segments.lend, [key_of(key) for key in planned.all_keys], folder)
        counts = {"segments": len(planned.keys), "spans": len(planned.sound_keys), "known": len(known)}
        self._note("planned", {"frames": planned.frames, **counts})
        await self.process.answer(Cached(keys=list(known)))

    async def _progress(self, event: Progress) -> None:
        stage = stage_of(event.stage)
        if stage is not self.tracker.stage:
            self._note("stage", {"stage": stage.value})
            await self.tracker.enter(stage)
        if stage is Stage.RENDER:
            done = min(event.frames_done, event.frames_total)
            await self.tracker.frames(done, event.frames_total, step_id_of(event.step_id))

    def _note(self, event: str, values: Mapping[str, Any]) -> None:
        """A line of render.log: milliseconds since the run began, the event, its values."""
        if len(self._log) < LONGEST_LOG_LINES:
            shown = " ".join(f"{name}={value}" for name, value in values.items())
            line = f"{round((time.monotonic() - self._started_s) * 1000):>7} ms  {event}  {shown}"
            self._log.append(line[:LONGEST_LOG_LINE].rstrip())

    def _collect(self, stage: Path) -> None:
        """Move the process's files into the stage, and add the log."""
        self.inputs.check()
        with storage_errors("collect the rendered files"):
            for file in (self.process.folder / OUT_FOLDER / FILES_FOLDER).iterdir():
                shutil.move(file, stage / file.name)
            (stage / LOG_FILE).write_text("\n".join(self._log) + "\n", encoding="utf-8", errors="backslashreplace")

    def _take_reports(self, stage: Path) -> list[Report]:
        """Take the reports out of the stage, the first edition's first and the others in their variants' order."""
        variants = self.work.request.get("variants", ()) if self.work.edition is None else ()
        folders = [stage, *(stage / file_name_of(variant["language"]) for variant in variants)]
        return [taken_report(folder) for folder in folders]


def _sealed(file: Path) -> Seal:
    return sealed(there(file))
