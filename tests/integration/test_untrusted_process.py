"""A job whose render process breaks the protocol ends as that, whatever it says; nothing of it grows or stays."""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from pathlib import Path

import pytest

from preview_worker.assets.library import FoundAsset
from preview_worker.errors import RenderStartError
from preview_worker.render.facts import FACTS_REVISION, facts_to_json
from preview_worker.render.launching import Program
from preview_worker.render.process import RenderProcess
from preview_worker.render.protocol import (
    FileReady,
    LogLine,
    Planned,
    Probed,
    Progress,
    ProtocolError,
    SegmentReady,
    Work,
)
from preview_worker.storage.facts import FactsCache
from preview_worker.storage.segments import SegmentCache
from preview_worker.worker.inputs import Inputs
from preview_worker.worker.progress import ProgressTracker
from preview_worker.worker.rendering import LOG_FILE, LONGEST_LOG_LINE, MOST_FILES, RenderJob
from support.tutorials import picture

ZOO = Path(__file__).parent.parent / "zoo"

pytestmark = pytest.mark.anyio

VIDEO = FileReady(name="preview.mp4", media_type="video/mp4", width_px=320, height_px=180)


async def ignore(_progress):
    """Take progress."""


@pytest.fixture
async def job(tmp_path):
    """A job in a process that finishes every command at once, and makes nothing."""
    board = tmp_path / "board.png"
    board.write_bytes(b"a board")
    status = board.stat()
    asset = FoundAsset(path=board, sha256="b" * 64, size_bytes=status.st_size, modified_ns=status.st_mtime_ns)
    process = RenderProcess(tmp_path / "process", launch=Program((sys.executable, str(ZOO / "finishes.py"))))
    async with process:
        yield RenderJob(
            process=process,
            work=Work(job_id="j", project_id="p", request_id="r", digest="d", request={}, sources={}),
            inputs=Inputs(sources={}, voices=[], files=[(board, "board", asset)]),
            segments=SegmentCache(tmp_path / "cache", limit_bytes=1_000_000),
            facts=FactsCache(tmp_path / "facts", FACTS_REVISION),
            tracker=ProgressTracker(ignore, time.monotonic),
        )


@pytest.mark.parametrize(
    "event",
    [
        Progress(stage="dance", frames_done=0, frames_total=1),
        Probed(facts={"../../elsewhere": {"kind": "picture"}}),
        Probed(facts={"b" * 64: facts_to_json(picture("b")) | {"width_px": "wide"}}),
        SegmentReady(key="../../elsewhere", file=f"{'1' * 64}.seg", frames=1),
        SegmentReady(key="1" * 64, file="missing.seg", frames=1),
        SegmentReady(key="1" * 64, file="..", frames=1),
        FileReady(name="../elsewhere.mp4", media_type="video/mp4"),
        Planned(frames=1, keys=["../x"], sound_keys=[], still_keys=[], p90_render_ms=1, p90_bytes=1),
    ],
    ids=lambda event: type(event).__name__,
)
async def test_what_leads_elsewhere_or_means_nothing_is_a_broken_protocol(job, tmp_path, event):
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ProtocolError, match="The render process"):
        await job._handle(event)
    assert sorted(tmp_path.rglob("*")) == before


async def test_a_file_is_told_of_once(job):
    (job.process.folder / "out" / "files" / VIDEO.name).write_bytes(b"video")
    await job._handle(VIDEO)
    [sealing] = job._sealing.values()
    with pytest.raises(ProtocolError, match=r"'preview.mp4' once more"):
        await job._handle(VIDEO)
    assert list(job._sealing.values()) == [sealing]
    assert (await sealing).stamp.size_bytes == len(b"video")


async def test_files_are_told_of_as_far_as_an_edition_may_have_them(job):
    for number in range(MOST_FILES):
        await job._handle(FileReady(name=f"{number}.jpg", media_type="image/jpeg", width_px=1, height_px=1))
    with pytest.raises(ProtocolError, match="too many"):
        await job._handle(FileReady(name="more.jpg", media_type="image/jpeg", width_px=1, height_px=1))
    assert len(job._pictures) == MOST_FILES


async def test_progress_is_never_beyond_the_end_of_its_stage(job):
    told = []

    async def report(progress):
        told.append(progress["percent"])

    seconds = itertools.count()
    job.tracker = ProgressTracker(report, lambda: next(seconds))
    await job._handle(Progress(stage="render", frames_done=500, frames_total=1))
    assert told == [8, 92]


async def test_a_video_that_is_not_there_is_a_broken_protocol(job):
    await job._handle(VIDEO)
    with pytest.raises(ProtocolError, match="isn't there"):
        await job._sealing[VIDEO.name]


async def test_a_process_that_says_to_have_finished_without_a_report_is_not_used_again(job, tmp_path):
    stage = tmp_path / "stage"
    stage.mkdir()
    await job._handle(LogLine(event="\ud800", values={"long": "x" * 10_000}))
    with pytest.raises(ProtocolError, match=r"'report.json' that isn't there"):
        await job.render(stage, threads=1, deadline_s=30)
    assert job.process.state == "dead"
    assert max(len(line) for line in (stage / LOG_FILE).read_text().splitlines()) <= LONGEST_LOG_LINE + len("\\ud800")


async def test_a_folder_that_cannot_be_made_is_told_as_that(tmp_path):
    (tmp_path / "file").touch()
    process = RenderProcess(tmp_path / "file" / "work", launch=Program((sys.executable, str(ZOO / "finishes.py"))))
    with pytest.raises(RenderStartError, match="The folder of a render process can't be made: Not a directory"):
        await process.start()
    assert process.state == "dead"


async def test_results_that_are_not_a_folder_any_more_are_told_when_a_process_is_cleared(job):
    results = job.process.folder / "out" / "files"
    await asyncio.to_thread(results.rmdir)
    results.write_bytes(b"a file")  # which isn't removed as a folder is
    with pytest.raises(RenderStartError, match="can't be made: File exists"):
        await job.process.clear()
