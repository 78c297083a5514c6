"""`preview-worker frame` as its users call it: files, standard output, exit codes."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys

import pytest
from PIL import Image

from preview_worker.cli.group import run
from support.illustrated import STEP_MS, illustrated
from support.processes import DEADLINE_S, environment


@pytest.fixture
def tutorial(tmp_path):
    """A payload in a file, beside what it shows."""
    folder = tmp_path / "tutorial"
    request = illustrated(folder, "harbour-1", project="harbour")["previewRequest"]
    (folder / "tutorial.json").write_text(json.dumps(request))
    return folder / "tutorial.json"


def frame(tutorial, *arguments, **options):
    """Call the command in the folder above the tutorial's."""
    return subprocess.run(
        [sys.executable, "-m", "preview_worker", "frame", str(tutorial), *arguments],
        cwd=tutorial.parent.parent,
        env=environment(tutorial.parent.parent / "data"),
        check=False,
        capture_output=True,
        timeout=DEADLINE_S,
        **options,
    )


@pytest.fixture
def refused(tutorial, monkeypatch, capsys):
    """Call the command without a process of its own: returns its exit code, and what it wrote to both streams."""
    for name in list(os.environ):
        if name.startswith(("PREVIEW_", "REDIS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DATA_DIR", str(tutorial.parent.parent / "data"))
    monkeypatch.chdir(tutorial.parent.parent)

    def call(*arguments):
        code = run(["frame", str(tutorial), *arguments])
        return code, *capsys.readouterr()

    return call


def size_of(content):
    with Image.open(io.BytesIO(content)) as image:
        return image.format, image.size


def test_a_picture_is_written_by_the_steps_name_when_no_file_is_named(tutorial):
    done = frame(tutorial, "--step", "step-2")
    assert (done.returncode, done.stdout) == (0, b"step-2.jpg\n"), done.stderr
    folder = tutorial.parent.parent
    assert size_of((folder / "step-2.jpg").read_bytes()) == ("JPEG", (320, 180))
    assert list((folder / "data" / "work").iterdir()) == []
    assert {path.name for path in folder.iterdir()} == {"data", "tutorial", "step-2.jpg"}


def test_a_picture_goes_to_stdout_and_warnings_beside_it_when_asked(tutorial):
    request = json.loads(tutorial.read_text())
    del request["steps"][1]["narrationAssetId"]
    document = json.dumps(request).encode()
    arguments = ["--step", "step-2", "--at", "600", "--width", "160", "-o", "-", "--assets", str(tutorial.parent)]
    done = subprocess.run(
        [sys.executable, "-m", "preview_worker", "frame", "-", *arguments],
        input=document,
        cwd=tutorial.parent.parent,
        env=environment(tutorial.parent.parent / "data"),
        check=True,
        capture_output=True,
        timeout=DEADLINE_S,
    )
    assert size_of(done.stdout) == ("JPEG", (160, 90))
    assert b"[narration-missing]" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        ([], 2, "step-1, step-2, step-3, step-4"),
        (["--step", "goal"], 2, "step-1, step-2, step-3, step-4"),
        (["--step", "step-2", "--at", str(STEP_MS + 1)], 2, f"{STEP_MS} ms"),
        (["--step", "step-2", "--at", "soon"], 2, "rest"),
        (["--step", "step-2", "--width", "8"], 2, "16 to 320 px"),
        (["--step", "step-2", "-o", "nowhere/x.jpg"], 2, "nowhere"),
    ],
)
def test_one_clear_error_and_no_file_is_left_when_there_is_no_such_picture(tutorial, refused, arguments, code, word):
    exit_code, out, err = refused(*arguments)
    assert (exit_code, out) == (code, "")
    errors = [line for line in err.splitlines() if line.startswith("Error")]
    assert len(errors) == 1
    assert word in errors[0]
    assert not list(tutorial.parent.parent.glob("*.jpg"))


def test_the_exit_code_says_what_is_wrong_when_the_payload_or_its_assets_are(tutorial, refused):
    (tutorial.parent / "board.jpg").write_bytes(b"no picture")
    assert frame(tutorial, "--step", "step-2").returncode == 1
    tutorial.write_text("{}")
    assert refused("--step", "step-2")[0] == 2
    tutorial.write_text("{")
    assert refused("--step", "step-2")[0] == 3
