"""Input files of a render process: linked once, kept for the next job, replaced when they are others."""

from __future__ import annotations

import os
import time

import pytest

from preview_worker.assets.library import AbsentAsset, FoundAsset
from preview_worker.errors import AssetError
from preview_worker.render.facts import FACTS_REVISION
from preview_worker.render.process import RenderProcess
from preview_worker.render.protocol import SegmentReady, Work
from preview_worker.storage.facts import FactsCache
from preview_worker.storage.segments import SegmentCache
from preview_worker.worker.inputs import link_inputs
from preview_worker.worker.progress import ProgressTracker
from preview_worker.worker.rendering import RenderJob
from support.forks import forked

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend():
    """The process is shared by the module's tests."""
    return "asyncio"


@pytest.fixture(scope="module")
async def started(tmp_path_factory):
    async with RenderProcess(tmp_path_factory.mktemp("process") / "work", launch=forked()) as running:
        yield running


@pytest.fixture
async def process(started):
    """One that has no inputs, and that is idle."""
    link_inputs([{}], started)
    await started.clear()
    assert [path.name for path in (started.folder / "in").iterdir()] == ["segments"]
    return started


def found(path, name, content=b"content"):
    file = path / name
    file.write_bytes(content)
    modified_ns = file.stat().st_mtime_ns
    return FoundAsset(path=file, sha256=name[0] * 64, size_bytes=len(content), modified_ns=modified_ns)


async def test_files_keep_their_names_between_jobs_and_go_when_they_are_not_needed(process, tmp_path):
    board, cards = found(tmp_path, "board.png"), found(tmp_path, "cards.png")
    inputs = process.folder / "in"
    sources = link_inputs([{"a": board, "b": cards, "c": AbsentAsset(reason="no file")}], process).sources
    assert (sources["a"].file, sources["b"].sha256, sources["c"].missing) == ("b" * 64, "c" * 64, "no file")
    changed_ns = board.path.stat().st_ctime_ns
    await process.clear()
    link_inputs([{"a": board}], process)
    assert board.path.stat().st_ctime_ns == changed_ns  # no name came or went
    assert [path.name for path in inputs.iterdir() if path.is_file()] == ["b" * 64]
    assert cards.path.stat().st_nlink == 1
    assert (inputs / "segments").is_dir()


async def test_another_file_takes_the_place_when_one_of_the_same_hash_comes(process, tmp_path):
    first, second = found(tmp_path, "b1"), found(tmp_path, "b2")
    link_inputs([{"a": first}], process)
    first.path.write_bytes(b"changed in place")  # what was linked isn't what the hash says any more
    link_inputs([{"a": second}], process)
    assert (process.folder / "in" / ("b" * 64)).read_bytes() == b"content"


async def test_two_assets_of_the_same_bytes_are_one_file_that_is_linked_once(process, tmp_path):
    board = found(tmp_path, "board.png")
    link_inputs([{"a": board, "b": board}], process)
    changed_ns = board.path.stat().st_ctime_ns
    inputs = link_inputs([{"a": board, "b": board}], process)
    assert board.path.stat().st_ctime_ns == changed_ns
    assert inputs.sources["a"].file == inputs.sources["b"].file == "b" * 64
    inputs.check()


@pytest.mark.parametrize("content", [b"more content", b"another"], ids=["size", "time"])
async def test_a_file_that_is_written_to_after_it_was_hashed_is_refused(process, tmp_path, content):
    board = found(tmp_path, "board.png")
    inputs = link_inputs([{"a": board}], process)
    inputs.check()
    board.path.write_bytes(content)
    os.utime(board.path, ns=(0, board.modified_ns + (len(content) == board.size_bytes)))
    with pytest.raises(AssetError, match="written to") as caught:
        inputs.check()
    assert caught.value.code == "asset-changed"


async def test_a_file_that_is_replaced_by_a_rename_keeps_its_bytes_for_the_process(process, tmp_path):
    board = found(tmp_path, "board.png")
    inputs = link_inputs([{"a": board}], process)
    found(tmp_path, "new.png", b"replaced").path.rename(board.path)
    inputs.check()
    assert (process.folder / "in" / ("b" * 64)).read_bytes() == b"content"


async def test_nothing_that_was_made_of_a_changed_file_is_kept(process, tmp_path):
    board = found(tmp_path, "board.png")
    cache = tmp_path / "cache"
    job = RenderJob(
        process=process,
        work=Work(job_id="j", project_id="p", request_id="r", digest="d", request={}, sources={}),
        inputs=link_inputs([{"a": board}], process),
        segments=SegmentCache(cache, limit_bytes=1_000_000),
        facts=FactsCache(tmp_path / "facts", FACTS_REVISION),
        tracker=ProgressTracker(lambda _: None, time.monotonic),
    )
    for key in ("1" * 64, "2" * 64):
        (process.folder / "out" / "segments" / f"{key}.seg").write_bytes(b"piece")
    await job._handle(SegmentReady(key="1" * 64, file=f"{'1' * 64}.seg", frames=1))
    board.path.write_bytes(b"more content")
    with pytest.raises(AssetError, match="written to"):
        await job._handle(SegmentReady(key="2" * 64, file=f"{'2' * 64}.seg", frames=1))
    assert [path.stem for path in cache.rglob("*.seg")] == ["1" * 64]
