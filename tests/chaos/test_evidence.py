"""What the checker reads from disk, processes and files of lines."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys

import pytest

from preview_worker.chaos.evidence import Standing, leftovers, standing
from preview_worker.chaos.history import LineReader, Lines, lines
from preview_worker.chaos.process_list import still_there
from preview_worker.chaos.takeover import waits_of
from preview_worker.chaos.witness import sighting
from preview_worker.storage.live import LiveFolder
from preview_worker.storage.places import Places

VIDEO = b"not really a video"


@pytest.fixture
def folder(tmp_path):
    """A published folder with a video."""
    made = tmp_path / "job"
    made.mkdir()
    (made / "preview.mp4").write_bytes(VIDEO)
    listed = {"path": "preview.mp4", "size": len(VIDEO), "sha256": hashlib.sha256(VIDEO).hexdigest()}
    (made / "container.json").write_text(json.dumps({"files": [listed]}))
    return made


def test_a_folder_is_whole_when_it_holds_what_its_manifest_lists(folder):
    assert standing(folder, dry_run=False) is Standing.WHOLE
    assert standing(folder.parent / "absent", dry_run=False) is Standing.NOTHING


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "preview.mp4").write_bytes(VIDEO[:-1]),
        lambda folder: (folder / "preview.mp4").write_bytes(VIDEO[:-1] + b"!"),
        lambda folder: (folder / "preview.mp4").unlink(),
        lambda folder: (folder / "more.txt").write_text("x"),
        lambda folder: (folder / "container.json").unlink(),
        lambda folder: (folder / "container.json").write_text("{"),
    ],
    ids=["cut", "changed", "absent", "more", "no manifest", "half a manifest"],
)
def test_a_folder_is_corrupt_when_it_differs_from_its_manifest(folder, damage):
    damage(folder)
    assert standing(folder, dry_run=False) is Standing.CORRUPT


def test_a_preview_without_a_video_is_corrupt_and_so_is_a_plan_with_one(folder):
    assert standing(folder, dry_run=True) is Standing.CORRUPT
    (folder / "preview.mp4").unlink()
    (folder / "container.json").write_text('{"files": []}')
    assert standing(folder, dry_run=True) is Standing.WHOLE
    assert standing(folder, dry_run=False) is Standing.CORRUPT


def test_a_replaced_manifest_is_another_sighting_even_with_the_same_words(folder):
    first = sighting(folder)
    manifest = folder / "container.json"
    (folder / "new").write_bytes(manifest.read_bytes())
    (folder / "new").replace(manifest)
    assert sighting(folder) != first
    assert sighting(folder.parent) is None


LEFT_OVER = ["stage/worker-1", "work/worker-1", "reservations/worker-1", "trash/moon.0123", "live/project/moon/1"]


@pytest.mark.parametrize("name", LEFT_OVER)
def test_what_nobody_owns_any_more_is_left_over(tmp_path, name):
    (tmp_path / name).mkdir(parents=True)
    assert leftovers(Places(tmp_path)) == [name]


def test_early_files_of_a_run_that_has_ended_are_not_left_over(tmp_path):
    early = LiveFolder(Places(tmp_path).live("project", "moon"), 2)
    early.open()
    early.close()
    assert leftovers(Places(tmp_path)) == []


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_processes_that_work_below_a_folder_are_found_but_for_its_server(tmp_path):
    server = tmp_path / "valkey"
    server.mkdir()
    program = [sys.executable, "-c", "input()"]
    with (
        subprocess.Popen(program, cwd=tmp_path, stdin=subprocess.PIPE) as orphan,
        subprocess.Popen(program, cwd=server, stdin=subprocess.PIPE) as kept,
    ):
        assert still_there(tmp_path, but=server) == [orphan.pid]
        assert still_there(tmp_path) == sorted([orphan.pid, kept.pid])
    assert still_there(tmp_path) == []


def test_lines_are_read_as_they_were_written(tmp_path):
    path = tmp_path / "x" / "trace.jsonl"
    with Lines(path) as first, Lines(path) as second:
        first.add("taken", job="a")
        second.add("self-kill", job="a", point="drawing")
    told = lines(path)
    assert [(line.event, line.job_id) for line in told] == [("taken", "a"), ("self-kill", "a")]
    assert told[1].fields["point"] == "drawing"
    assert told[0].at_s <= told[1].at_s
    assert lines(tmp_path / "absent") == []


def test_a_reader_tells_each_line_once_and_waits_for_the_rest_of_one(tmp_path):
    path = tmp_path / "trace.jsonl"
    reader = LineReader(path)
    assert reader.new() == []
    with Lines(path) as writer:
        writer.add("taken", job="a")
        assert [line.job_id for line in reader.new()] == ["a"]
        whole = path.read_bytes().replace(b'"a"', '"ä"'.encode())
        with path.open("ab") as file:
            file.write(whole[:-3])
            file.flush()
            assert reader.new() == []
            file.write(whole[-3:])
        writer.add("taken", job="c")
    assert [line.job_id for line in reader.new()] == ["ä", "c"]
    assert reader.new() == []


def test_a_takeover_lasts_from_the_death_to_the_next_start_of_the_same_job(tmp_path):
    path = tmp_path / "trace.jsonl"
    events = [
        (1.0, "taken", "a"),
        (2.0, "self-kill", "a"),
        (3.0, "taken", "b"),
        (9.5, "taken", "a"),
        (11.0, "taken", "a"),
    ]
    told = [json.dumps({"at_s": at, "pid": 1, "event": event, "job": job}) for at, event, job in events]
    path.write_text("\n".join(told) + "\n")
    assert waits_of(lines(path)) == [7.5]
