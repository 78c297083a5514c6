"""The render process: one command after the other until the worker says shutdown or is gone."""

from __future__ import annotations

import gc
import os
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

import cv2

from preview_worker.contract import Stage
from preview_worker.render.child.channel import Channel, standard_channel
from preview_worker.render.child.checking import check
from preview_worker.render.child.failures import failure_of
from preview_worker.render.child.limits import confine, give_back_memory, peak_memory_bytes, processor_s
from preview_worker.render.child.materials import Materials
from preview_worker.render.child.mux import write_video
from preview_worker.render.child.preparation import LastPlan, Prepared
from preview_worker.render.child.production import Production, WriteVideo
from preview_worker.render.child.sheet import Sheet
from preview_worker.render.child.single_frame import FrameMaker
from preview_worker.render.child.stages import Progression
from preview_worker.render.protocol import (
    PROTOCOL_VERSION,
    Cached,
    Check,
    Command,
    Finished,
    Frame,
    Hello,
    Planned,
    Probe,
    ProtocolError,
    Render,
    Shutdown,
    Work,
)
from preview_worker.render.report import JobNames
from preview_worker.timeline.estimate import cost_of
from preview_worker.timeline.time import ms_of_frames


def main(arguments: list[str], write: WriteVideo = write_video) -> int:
    """Serve commands.

    Args:
        arguments: The process's own folder, and the worker's process id.
        write: Writes finished videos.
    """
    folder, parent_pid = Path(arguments[0]), int(arguments[1])
    confine(parent_pid)
    # The processes of a job share the cores: OpenCV's pool in each of them would only make them wait for one another.
    cv2.setNumThreads(1)
    # What the imports made stays for life: no collection need look at it again.
    gc.freeze()
    channel = standard_channel()
    channel.send(Hello(version=PROTOCOL_VERSION, pid=os.getpid()))
    return serve(channel, folder, write)


def serve(channel: Channel, folder: Path, write: WriteVideo = write_video) -> int:
    """Answer commands until shutdown; returns the exit code.

    Args:
        channel: To the worker.
        folder: The process's own folder.
        write: Writes finished videos.
    """
    materials = Materials()
    kept = _Kept(materials=materials, frames=FrameMaker(materials), plans=LastPlan(), write=write)
    while True:
        try:
            command = channel.receive()
            if isinstance(command, Shutdown):
                return 0
            answer = _answer(command, channel, folder, kept)
            give_back_memory()
            channel.send(answer)
        except BrokenPipeError:
            return 0
        except Exception as error:  # noqa: BLE001 - the border of the process: whatever failed becomes an answer
            channel.send(failure_of(error))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What serves one command after the other."""

    materials: Materials
    frames: FrameMaker
    plans: LastPlan
    write: WriteVideo


def _answer(command: Command, channel: Channel, folder: Path, kept: _Kept) -> Finished:
    match command:
        case Render():
            return _render(command, channel, folder, kept)
        case Probe():
            _, progression = _prepared(command.work, channel, folder, kept.plans)
            return _finished(progression)
        case Check():
            prepared, progression = _prepared(command.work, channel, folder, kept.plans)
            check(prepared, kept.materials.studio(prepared, command.work), progression, channel.send)
            return _finished(progression)
        case Frame():
            return _frame(command, channel, folder, kept.frames)
        case Cached() | Shutdown():
            raise ProtocolError(f"{type(command).__name__} is no answer to anything here.")
        case _:
            assert_never(command)


def _render(command: Render, channel: Channel, folder: Path, kept: _Kept) -> Finished:
    prepared, progression = _prepared(command.work, channel, folder, kept.plans)
    timeline, sheet = prepared.timeline, Sheet(prepared)
    channel.send(
        Planned(
            frames=timeline.frames,
            duration_ms=ms_of_frames(timeline.frames, timeline.rate),
            keys=[segment.key for segment in timeline.segments],
            poster_key=prepared.poster_key,
            sheet_key=sheet.key,
            p90_render_ms=cost_of(timeline).p90_render_ms,
            sound_keys=[span.key for span in prepared.spans],
        )
    )
    cached = channel.receive()
    if not isinstance(cached, Cached):
        raise ProtocolError(f"A plan is answered by Cached, not by {type(cached).__name__}.")
    names = JobNames(
        job_id=command.work.job_id,
        project_id=command.work.project_id,
        request_id=command.work.request_id,
        digest=command.work.digest,
    )
    studio = kept.materials.studio(prepared, command.work)
    production = Production(prepared, sheet, names, folder, studio, progression, channel.send)
    produced = production.make(
        frozenset(cached.keys),
        command.work.threads,
        live=command.work.live,
        earlier=command.earlier,
        write=kept.write,
    )
    return _finished(progression, segments=produced.segments, hits=produced.hits)


def _frame(command: Frame, channel: Channel, folder: Path, frames: FrameMaker) -> Finished:
    progression = Progression(channel.send)
    frames.make(command, folder, progression, channel.send)
    return _finished(progression)


def _prepared(work: Work, channel: Channel, folder: Path, plans: LastPlan) -> tuple[Prepared, Progression]:
    progression = Progression(channel.send)
    with progression.stage(Stage.PLAN):
        return plans.prepare(work, folder, channel.send), progression


def _finished(progression: Progression, *, segments: int = 0, hits: int = 0) -> Finished:
    return Finished(
        stages_ms=progression.stages_ms,
        segments=segments,
        hits=hits,
        cpu_ms=round((processor_s() - progression.started_cpu_s) * 1000),
        peak_memory_bytes=peak_memory_bytes(),
    )
