"""Facts of a file are kept by its hash, for all projects: those that can't be true are measured again, and replaced."""

from __future__ import annotations

import json

import pytest

from preview_worker.queue.port import JobState
from support.media import picture_file
from support.queues import in_state, until
from support.service import PREFIX, payload
from support.workers import working

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("wrong", [{"width_px": "wide"}, {"kind": "missing"}, {"sha256": "0" * 64}])
async def test_kept_facts_that_no_file_has_are_measured_again_and_replaced(
    client, service, queue_address, tmp_path, wrong
):
    board = service.places.assets("board-games") / "board.png"
    board.parent.mkdir(parents=True)
    picture_file(board, size_px=(64, 48))

    async def planned(job_id):
        step = {"text": "Place the board.", "visuals": [{"assetId": "board"}]}
        job = payload(job_id, dry_run=True, steps=[step], assets=[{"id": "board", "uri": "board.png"}])
        await client.post(f"{PREFIX}/job", json=job | {"attempts": 1})
        await until(in_state(service.producer, job_id, JobState.COMPLETED), deadline_s=30)

    async with working(queue_address, tmp_path):
        await planned("moon")
        (kept,) = service.places.facts.rglob("*.json")
        measured = json.loads(kept.read_bytes())
        kept.write_text(json.dumps(measured | wrong), "utf-8")
        await planned("sun")
    assert json.loads(kept.read_bytes()) == measured
