"""Hearing a render process that renders no video: what is kept of it, and what it may not say."""

from __future__ import annotations

import pytest

from preview_worker.assets.library import FoundAsset
from preview_worker.errors import AssetError, RenderCrashError
from preview_worker.render.facts import FACTS_REVISION, facts_to_json
from preview_worker.render.protocol import FileReady, LogLine, Noticed, Probed, Progress, Refused, SegmentReady
from preview_worker.storage.facts import FactsCache
from preview_worker.worker.inputs import Inputs
from preview_worker.worker.listening import Listener
from support.tutorials import picture

pytestmark = pytest.mark.anyio

PICTURE = FileReady(name="frame.jpg", media_type="image/jpeg", width_px=320, height_px=180)
REFUSED = Refused(sentence="There is no such step.", code="unknown-step")
SHA256 = "b" * 64
FACTS = {SHA256: facts_to_json(picture("b"))}


@pytest.fixture
def facts(tmp_path):
    return FactsCache(tmp_path / "facts", FACTS_REVISION)


@pytest.fixture
def board(tmp_path):
    file = tmp_path / "board.png"
    file.write_bytes(b"a board")
    return file


@pytest.fixture
def inputs(board):
    status = board.stat()
    asset = FoundAsset(path=board, sha256=SHA256, size_bytes=status.st_size, modified_ns=status.st_mtime_ns)
    return Inputs(sources={}, voices=[], files=[(board, "board", asset)])


async def test_facts_and_warnings_are_kept_in_their_order(facts, inputs):
    listener = Listener(facts=facts, inputs=inputs)
    await listener.hear(Probed(facts=FACTS))
    for code in ("text-small", "asset-unused"):
        warning = {"code": code, "severity": "advice", "message": "It is so."}
        await listener.hear(Noticed(warnings=[warning]))
    await listener.hear(Progress(stage="plan", frames_done=0, frames_total=1))
    await listener.hear(LogLine(event="planned"))
    assert facts.known([SHA256]) == FACTS
    assert [warning.code for warning in listener.warnings] == ["text-small", "asset-unused"]


async def test_a_picture_or_its_refusal_is_heard_when_one_is_taken(facts, inputs):
    listener = Listener(facts=facts, inputs=inputs, takes_picture=True)
    await listener.hear(PICTURE)
    assert (listener.picture, listener.refusal) == (PICTURE, None)
    await listener.hear(REFUSED)
    assert listener.refusal == REFUSED


@pytest.mark.parametrize("event", [PICTURE, REFUSED, SegmentReady(key="k", file="k.seg", frames=1)])
async def test_what_nobody_asked_for_is_a_crash(facts, inputs, event):
    with pytest.raises(RenderCrashError, match=f"{type(event).__name__} out of turn"):
        await Listener(facts=facts, inputs=inputs).hear(event)


@pytest.mark.parametrize("event", [Probed(facts=FACTS), PICTURE])
async def test_nothing_is_kept_of_a_file_that_was_written_to(facts, inputs, board, event):
    listener = Listener(facts=facts, inputs=inputs, takes_picture=True)
    board.write_bytes(b"another board")
    with pytest.raises(AssetError, match="written to"):
        await listener.hear(event)
    assert facts.known([SHA256]) == {}
    assert listener.picture is None
