"""`preview-worker render` as its users call it."""

from __future__ import annotations

import json
import os

import pytest

from preview_worker.cli.group import run

STEPS = [{"id": "board", "title": "Board", "text": "Place the board.", "narration": ""}]
OPTIONS = {"resolution": "320x180", "fps": 12, "quality": "draft"}


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    """Render a request into a folder."""
    for name in list(os.environ):
        if name.startswith(("PREVIEW_", "REDIS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("PREVIEW_VOICE", "none")

    def rendered(**members):
        file = tmp_path / "tale.json"
        file.write_text(json.dumps({"steps": STEPS, "assets": [], "audio": {}, "options": OPTIONS} | members))
        assert run(["render", str(file), "-o", str(tmp_path / "out")]) == 0
        return capsys.readouterr()

    return rendered


def test_one_language_is_told_with_its_length_and_its_video(call, tmp_path):
    told = call()
    assert told.out == f"{tmp_path / 'out' / 'preview.mp4'}\n"
    (line,) = told.err.splitlines()
    assert line.startswith("2.0 s of video in ")


def test_every_language_is_told_with_its_own_warnings_its_length_and_its_video(call, tmp_path):
    words = {"board": {"title": "Brett", "text": "Ein Brett \ue123.", "narration": "Legt das Brett in die Mitte."}}
    told = call(variants=[{"language": "de", "steps": words}])
    assert told.out.splitlines() == [str(tmp_path / "out" / name) for name in ("preview.mp4", "de/preview.mp4")]
    *warnings, lengths = told.err.splitlines()
    assert any(line.startswith("warning (de): ") and line.endswith("[glyph-missing]") for line in warnings)
    assert any(line.startswith("warning (de): ") and line.endswith("[narration-missing]") for line in warnings)
    assert all(line.startswith("warning (de): ") for line in warnings)
    assert lengths.startswith("2.0 s in en, ")
    assert " s in de: " in lengths
    assert " s of video in " in lengths
