from __future__ import annotations

import json
import os

import pytest

from preview_worker.cli.group import run
from preview_worker.storage.places import Places
from support.publications import publish_preview


@pytest.fixture
def old(tmp_path, monkeypatch):
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    folder = publish_preview(Places(tmp_path), job_id="old")
    os.utime(folder / "container.json", (1, 1))
    return folder


def test_clean_tells_what_would_go_and_why_when_it_is_a_dry_run(old, capsys):
    assert run(["clean", "--dry-run"]) == 1  # nothing is known of the clock yet
    told = capsys.readouterr()
    assert "previews/board-games/old  it is " in told.out
    assert "1 would be removed" in told.err
    assert "--confirm" in told.err
    assert old.exists()


def test_clean_removes_what_is_over_when_it_is_confirmed_and_says_so_as_json(old, capsys):
    assert run(["clean", "--json"]) == 1
    left = json.loads(capsys.readouterr().out)
    assert [(row["path"], row["removed"]) for row in left["found"]] == [("previews/board-games/old", False)]
    assert "nothing is known yet" in left["refusal"]
    assert run(["clean", "--confirm", "--json"]) == 0
    gone = json.loads(capsys.readouterr().out)
    assert [(row["kind"], row["removed"], row["bytes"] > 10_000) for row in gone["found"]] == [("preview", True, True)]
    assert not old.exists()


def test_clean_names_what_it_had_to_leave_and_exits_with_1_when_there_is_any(old, capsys):
    trash = Places(old.parents[2]).trash
    trash.mkdir()
    (trash / "stray").touch()  # what is no folder was never put there by us
    assert run(["clean", "--confirm"]) == 1
    assert "Left as it is: trash/stray: Operation not permitted" in capsys.readouterr().err
    assert not old.exists()
