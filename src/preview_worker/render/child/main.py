"""The render process: one command after the other until the worker says shutdown or is gone."""

from __future__ import annotations

import gc
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

import cv2

from preview_worker.contract import Stage
from preview_worker.posix import call_process
from preview_worker.render.child.channel import Channel, standard_channel
from preview_worker.render.child.checking import check
from preview_worker.render.child.edition import Edition, WriteVideo
from preview_worker.render.child.failures import failure_of
from preview_worker.render.child.limits import confine, give_back_memory, peak_memory_bytes, processor_s
from preview_worker.render.child.materials import Materials
from preview_worker.render.child.mux import write_video
from preview_worker.render.child.preparation import LastPlans, Prepared
from preview_worker.render.child.production import Production
from preview_worker.render.child.single_frame import FrameMaker
from preview_worker.render.child.stages import Progression
from preview_worker.render.child.stock import Stock
from preview_worker.render.lifecycle import SandboxTerms
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
from preview_worker.timeline.estimate import cost_of_all


def main(arguments: list[str], write: WriteVideo = write_video) -> int:
    """Serve commands.

    Args:
        arguments: The process's own folder, the process id of the parent it lives with, and the terms of the sandbox.
        write: Writes finished videos.
    """
    call_process("pvw-render")
    folder, parent_pid = Path(arguments[0]), int(arguments[1])
    sandbox = confine(parent_pid, folder, SandboxTerms.of_argument(arguments[2]))
    # The processes of a job share the cores: OpenCV's pool in each of them would only make them wait for one another.
    cv2.setNumThreads(1)
    # What the imports made stays for life: no collection need look at it again.
    gc.freeze()
    channel = standard_channel()
    channel.send(Hello(version=PROTOCOL_VERSION, pid=os.getpid(), sandbox=sandbox))
    return serve(channel, folder, write)


def serve(channel: Channel, folder: Path, write: WriteVideo = write_video) -> int:
    """Answer commands until shutdown; returns the exit code.

    Args:
        channel: To the worker.
        folder: The process's own folder.
        write: Writes finished videos.
    """
    materials = Materials()
    kept = _Kept(materials=materials, frames=FrameMaker(materials), plans=LastPlans(), write=write)
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
    plans: LastPlans
    write: WriteVideo


def _answer(command: Command, channel: Channel, folder: Path, kept: _Kept) -> Finished:
    match command:
        case Render():
            return _render(command, channel, folder, kept)
        case Probe():
            _, progression = _prepared(command.work, channel, folder, kept.plans)
            return _finished(progression)
        case Check():
            (prepared, *_), progression = _prepared(command.work, channel, folder, kept.plans)
            check(prepared, kept.materials.studio(prepared, command.work), progression, channel.send)
            return _finished(progression)
        case Frame():
            return _frame(command, channel, folder, kept.frames)
        case Cached() | Shutdown():
            raise ProtocolError(f"{type(command).__name__} is no answer to anything here.")
        case _:
            assert_never(command)


def _render(command: Render, channel: Channel, folder: Path, kept: _Kept) -> Finished:
    plans, progression = _prepared(command.work, channel, folder, kept.plans)
    stock = Stock(folder, channel.send)
    editions = _editions(command, plans, folder, kept, stock, channel)
    channel.send(_planned(editions))
    cached = channel.receive()
    if not isinstance(cached, Cached):
        raise ProtocolError(f"A plan is answered by Cached, not by {type(cached).__name__}.")
    production = Production(editions, stock, folder, progression, channel.send)
    production.make(frozenset(cached.keys), command.work.threads, live=command.work.live, write=kept.write)
    return _finished(progression, segments=production.segments, hits=production.hits)


def _editions(
    command: Render, plans: Sequence[Prepared], folder: Path, kept: _Kept, stock: Stock, channel: Channel
) -> list[Edition]:
    work = command.work
    names = JobNames(job_id=work.job_id, project_id=work.project_id, request_id=work.request_id, digest=work.digest)
    return [
        Edition(
            prepared=prepared,
            folder=prepared.request.language if number else "",
            names=names,
            own_folder=folder,
            studio=kept.materials.studio(prepared, work),
            stock=stock,
            earlier=command.earlier[number] if command.earlier else None,
            tell=channel.send,
        )
        for number, prepared in enumerate(plans)
    ]


def _planned(editions: Sequence[Edition]) -> Planned:
    plans = [edition.prepared for edition in editions]
    cost = cost_of_all(plan.timeline for plan in plans)
    return Planned(
        frames=sum(plan.timeline.frames for plan in plans),
        keys=[segment.key for plan in plans for segment in plan.timeline.segments],
        sound_keys=[span.key for plan in plans for span in plan.spans],
        still_keys=[key for edition in editions for key in (edition.prepared.poster_key, edition.sheet.key)],
        p90_render_ms=cost.p90_render_ms,
        p90_bytes=cost.p90_bytes,
    )


def _frame(command: Frame, channel: Channel, folder: Path, frames: FrameMaker) -> Finished:
    progression = Progression(channel.send)
    frames.make(command, folder, progression, channel.send)
    return _finished(progression)


def _prepared(work: Work, channel: Channel, folder: Path, plans: LastPlans) -> tuple[tuple[Prepared, ...], Progression]:
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
