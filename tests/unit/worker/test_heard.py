"""What a render process says is made sure of: names, keys, stages, facts, warnings and its report."""

from __future__ import annotations

import pytest

from preview_worker.assets.library import FoundAsset
from preview_worker.contract import Stage
from preview_worker.render.facts import facts_to_json
from preview_worker.render.protocol import Noticed, Probed, ProtocolError
from preview_worker.storage.facts import FactsCache
from preview_worker.worker.heard import (
    facts_of,
    file_name_of,
    key_of,
    stage_of,
    step_id_of,
    taken_report,
    there,
    warnings_of,
)
from preview_worker.worker.inputs import Inputs
from preview_worker.worker.listening import Listener
from support.tutorials import picture

SHA256 = "b" * 64


@pytest.mark.parametrize("name", ["poster.jpg", "fr-CA/preview.mp4", "index.m3u8.00001"])
def test_a_name_below_the_folder_of_files_stays_as_it_is(name):
    assert file_name_of(name) == name


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/..", "/x", "a/b/c", "a//", "a\0", "a\\b", ".hidden", "a" * 129, "\ud800"]
)
def test_a_name_that_leads_elsewhere_is_refused(name):
    with pytest.raises(ProtocolError, match="named a file"):
        file_name_of(name)


@pytest.mark.parametrize("key", ["", "a" * 63, "A" * 64, "../" + "a" * 61, "a" * 64 + "\n"])
def test_a_key_that_leads_elsewhere_is_refused(key):
    assert key_of("a" * 64) == "a" * 64
    with pytest.raises(ProtocolError, match="named a piece"):
        key_of(key)


def test_stages_and_steps_are_those_of_the_contract():
    assert stage_of("render") is Stage.RENDER
    with pytest.raises(ProtocolError, match="stage 'dance'"):
        stage_of("dance")
    assert [step_id_of(step_id) for step_id in (None, "step-1", "title")] == [None, "step-1", "title"]
    with pytest.raises(ProtocolError, match="named a step"):
        step_id_of("a" * 10_000)


def test_facts_of_a_file_that_was_not_given_are_refused(tmp_path):
    asset = FoundAsset(path=tmp_path / "board.png", sha256=SHA256, size_bytes=1, modified_ns=1)
    inputs = Inputs(sources={}, voices=[], files=[(tmp_path / SHA256, "board", asset)])
    facts = {SHA256: facts_to_json(picture("b"))}
    assert facts_of(Probed(facts=facts), inputs) == facts
    with pytest.raises(ProtocolError, match="that it wasn't given"):
        facts_of(Probed(facts={"../../records/job": {}}), inputs)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "wrong", [{"width_px": "wide"}, {"sha256": "c" * 64}, {"kind": "missing"}, {"mood": 1}, {"height_px": 10**9}]
)
async def test_facts_such_as_no_file_has_are_refused_and_not_kept(tmp_path, wrong):
    board = tmp_path / "board.png"
    board.write_bytes(b"a board")
    status = board.stat()
    asset = FoundAsset(path=board, sha256=SHA256, size_bytes=status.st_size, modified_ns=status.st_mtime_ns)
    inputs = Inputs(sources={}, voices=[], files=[(board, "board", asset)])
    event = Probed(facts={SHA256: {**facts_to_json(picture("b")), **wrong}})
    with pytest.raises(ProtocolError, match="The render process"):
        await Listener(facts=FactsCache(tmp_path / "facts", 1), inputs=inputs).hear(event)
    assert [path.name for path in tmp_path.iterdir()] == ["board.png"]


def test_a_warning_that_is_not_the_contracts_is_refused():
    with pytest.raises(ProtocolError, match="a warning that isn't the contract's"):
        warnings_of([{"code": "no-such-code"}])


@pytest.mark.anyio
@pytest.mark.parametrize("event", [Noticed(warnings=[{"code": "no-such-code"}]), Probed(facts={"../../x": {}})])
async def test_a_listener_is_told_nothing_else_either(tmp_path, event):
    inputs = Inputs(sources={}, voices=[], files=[])
    listener = Listener(facts=FactsCache(tmp_path / "facts", 1), inputs=inputs)
    with pytest.raises(ProtocolError, match="The render process"):
        await listener.hear(event)
    assert listener.warnings == []
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ProtocolError, match="isn't there"):
        there(tmp_path / "preview.mp4")


def test_a_report_that_is_missing_or_not_the_contracts_is_refused(tmp_path):
    with pytest.raises(ProtocolError, match=r"'report.json' that isn't there"):
        taken_report(tmp_path)
    for content in (b"{", b'{"steps": 7}', b"\xff"):
        (tmp_path / "report.json").write_bytes(content)
        with pytest.raises(ProtocolError, match="a report that isn't the contract's"):
            taken_report(tmp_path)
