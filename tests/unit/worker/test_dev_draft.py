from __future__ import annotations

import json

import pytest

from preview_worker.contract import validate_job
from preview_worker.errors import TooLongError
from preview_worker.worker.dev_draft import Draft, Faulty, asset_files, read_draft
from support.service import payload

BARE = """\
title: Moon
steps:
  - text: Place the board.
  - text: Deal.
"""


@pytest.fixture
def file(tmp_path):
    return tmp_path / "tutorial.yaml"


def test_draft_is_a_whole_job_with_the_files_own_lines_when_the_request_is_bare(file):
    file.write_text(BARE)
    draft = read_draft(file, project_id="games")
    assert isinstance(draft, Draft)
    assert (draft.payload["projectId"], draft.payload["jobId"]) == ("games", "moon")
    assert draft.line("/previewRequest/steps/1") == 4
    fault = draft.fault(TooLongError("Too long.", pointer="/previewRequest/steps/0/text"))
    assert (fault.line, fault.column, fault.code) == (3, 5, "too-long")


def test_draft_is_rendered_when_the_job_in_the_file_is_a_dry_run(tmp_path):
    file = tmp_path / "job.json"
    file.write_text(json.dumps(payload(dry_run=True, steps=[{"text": "x"}]), indent=1))
    draft = read_draft(file, project_id="local")
    assert draft.payload["dryRun"] is False
    assert draft.line("/previewRequest/steps/0") == 9


@pytest.mark.parametrize(
    ("content", "faults"),
    [
        ("title: ]", [("malformed-yaml", 1)]),
        (BARE + "    kind: x\n    title: 7\n", [("not-allowed", 5), ("wrong-type", 6)]),
        (BARE + "    title: 7\n    kind: x\n", [("wrong-type", 5), ("not-allowed", 6)]),
        ("version: 2\ntitle: x\n", [("unsupported-version", 1)]),
    ],
)
def test_faults_stand_in_the_order_of_the_file_when_a_payload_is_invalid(file, content, faults):
    file.write_text(content)
    found = read_draft(file, project_id="local")
    assert isinstance(found, Faulty)
    assert [(fault.code, fault.line) for fault in found.faults] == faults


def test_fault_has_no_line_when_the_file_is_gone(file):
    [fault] = read_draft(file, project_id="local").faults
    assert (fault.code, fault.line) == ("unreadable", None)
    assert "No such file" in fault.message


def test_files_on_this_disk_are_followed_when_a_tutorial_uses_them(tmp_path):
    (tmp_path / "cafe\u0301.png").write_bytes(b"x")
    (tmp_path / "out.png").symlink_to("/nowhere/at/all.png")
    assets = [
        {"id": "accent", "uri": "caf\u00e9.png"},
        {"id": "absent", "uri": "later/board.png"},
        {"id": "outside", "uri": "out.png"},
        {"id": "inline", "uri": "data:image/png;base64,AAAA"},
        {"id": "remote", "uri": "https://pictures.example/x.png"},
        {"id": "unused", "uri": "unused.png"},
        {"id": "music", "uri": "music.ogg"},
        {"id": "voice", "uri": "voice.wav"},
    ]
    steps = [
        {"visuals": ["accent", "absent", "outside", "inline", "remote", "plain.png"], "narrationAssetId": "voice"},
    ]
    job = validate_job(payload(steps=steps, assets=assets, audio={"music": {"assetId": "music"}})).job
    names = {str(path.relative_to(tmp_path)) for path in asset_files(job.preview_request, tmp_path)}
    assert names == {"cafe\u0301.png", "later/board.png", "out.png", "plain.png", "music.ogg", "voice.wav"}
