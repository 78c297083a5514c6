"""Jobs that fail for good, through the whole service: looked at, mended, run again, by an operator's commands."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support.illustrated import long_to_draw
from support.media import picture_file
from support.processes import environment, render_processes
from support.service import payload


def tutorial(job_id, *, project):
    step = {"id": "board", "title": "The board", "visuals": ["board"], "durationMs": 1000}
    options = {"resolution": "320x180", "fps": 12, "onMissingAsset": "fail"}
    return payload(job_id, project=project, steps=[step], assets=[{"id": "board", "uri": "board.png"}], options=options)


def run(service, *arguments):
    done = subprocess.run(
        [sys.executable, "-m", "preview_worker", "dead-letters", *arguments],
        env=environment(service.data_dir),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def broken(service, job_id, project):
    """A job whose picture is damaged: it fails for good."""
    folder = service.data_dir / "assets" / project
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "board.png").write_bytes(b"\x89PNG\r\n\x1a\n damaged")
    assert service.ended(service.submit(tutorial(job_id, project=project)))["status"] == "failed"
    return folder / "board.png"


def test_a_dead_letter_is_found_and_its_job_completes_when_its_file_was_mended(service):
    picture = broken(service, "letters-1", "letters")
    code, listed, _ = run(service, "list", "--project", "letters")
    assert (code, listed.count("letters-1.g1")) == (0, 1)
    assert "asset-undecodable" in listed
    letter = json.loads(run(service, "show", "letters-1")[1])
    assert (letter["id"], letter["pointer"], letter["attempts"]) == ("letters-1.g1", "/previewRequest/assets/0", 1)
    assert letter["payload"]["jobId"] == "letters-1"
    assert json.loads(run(service, "show", "letters-1.g1", "--payload")[1]) == letter["payload"]

    picture.unlink()
    picture_file(picture, size_px=(640, 360))
    assert run(service, "replay", "letters-1", "--dry-run")[1] == (
        "letters-1.g1: would run again (asset-undecodable)\n"
    )
    code, told, errors = run(service, "replay", "letters-1.g1")
    assert (code, told.startswith("letters-1.g1: runs again")) == (0, True), errors
    status = service.ended("letters-1")
    assert (service.places.preview("letters", "letters-1") / "preview.mp4").is_file()
    assert (status["status"], status["generation"], status["error"]) == ("completed", 2, None)
    assert "letters-1" not in run(service, "list", "--project", "letters")[1]
    assert "replay  letters-1.g1" in run(service, "audit")[1]


def test_letters_are_exported_and_purged_and_nothing_is_done_by_accident(service, tmp_path):
    broken(service, "letters-2", "letters-b")
    broken(service, "letters-3", "letters-b")
    file = tmp_path / "letters.jsonl"
    assert run(service, "export", str(file), "--project", "letters-b")[0] == 0
    assert [json.loads(line)["jobId"] for line in file.read_text().splitlines()] == ["letters-3", "letters-2"]
    assert run(service, "purge")[0] == 2
    assert run(service, "replay", "letters-2", "--all")[0] == 2
    assert run(service, "purge", "letters-2", "--yes")[2] == "1 removed\n"
    assert run(service, "purge", "--project", "letters-b", "--older-than", "1", "--yes")[2] == "0 removed\n"
    assert [entry["jobId"] for entry in json.loads(run(service, "list", "--project", "letters-b", "--json")[1])] == [
        "letters-3"
    ]
    assert run(service, "show", "letters-2")[0] == 1


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_row_03_row_08_a_job_is_poison_when_its_render_process_dies_three_times(service):
    job_id = service.submit(long_to_draw(service.places.assets("poison"), "poisonous", project="poison", seconds=30))

    def struck(attempts):
        """Kill what renders until one more attempt has ended so; who has no input yet hasn't got the job."""
        for pid in render_processes(service.process.pid):
            with contextlib.suppress(OSError):
                if any(path.is_file() for path in Path(f"/proc/{pid}/cwd/in").iterdir()):
                    os.kill(pid, signal.SIGKILL)
        return service.status(job_id)["attemptsMade"] >= attempts

    for attempts in (1, 2, 3):
        service.until(functools.partial(struck, attempts))
    status = service.ended(job_id)
    assert (status["status"], status["error"]["code"], status["attemptsMade"]) == ("failed", "poison", 3)
    assert "crashed 3 times" in status["failedReason"]
    (letter,) = json.loads(run(service, "list", "--project", "poison", "--json")[1])
    assert (letter["code"], letter["attempts"], letter["stalls"]) == ("poison", 3, 0)
