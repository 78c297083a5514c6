"""A tutorial without recordings speaks: by the command, with the same bytes each time, and says who spoke."""

from __future__ import annotations

import json
import subprocess
import sys

import av
import numpy as np
import pytest

from support.processes import environment
from support.videos import media_hashes

WORDS = {"a": "Posez le plateau au milieu de la table.", "b": "Puis tirez deux cartes chacun."}
DEADLINE_S = 60


def rendered(folder, **settings):
    request = {
        "title": "Essai",
        "language": "fr-CA",
        "options": {"resolution": "160x90", "fps": 12},
        "steps": [{"id": step_id, "text": text} for step_id, text in WORDS.items()],
    }
    folder.mkdir(parents=True)
    (folder / "tutorial.json").write_text(json.dumps(request))
    done = subprocess.run(
        [sys.executable, "-m", "preview_worker", "render", str(folder / "tutorial.json"), "-o", str(folder / "out")],
        env=environment(folder / "data", **settings),
        check=True,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
    )
    return folder / "out", json.loads((folder / "out" / "preview.json").read_text()), done.stderr


def loudest(path):
    with av.open(str(path)) as container:
        return max(float(np.abs(frame.to_ndarray()).max()) for frame in container.decode(audio=0))


@pytest.fixture(scope="module")
def spoken(tmp_path_factory):
    return rendered(tmp_path_factory.mktemp("voice") / "first", PREVIEW_VOICE="auto")


def test_steps_are_spoken_and_marked_when_the_voice_is_installed(spoken):
    folder, report, told = spoken
    assert (report["draftVoice"], [step["draftVoice"] for step in report["steps"]]) == ("fr", [True, True])
    assert loudest(folder / "preview.mp4") > 0.1
    assert abs(report["loudness"]["integratedLufs"] + 16) <= 0.5
    assert "a draft voice speaks it" in told


def test_media_are_the_same_when_another_process_speaks(spoken, tmp_path):
    again, _, _ = rendered(tmp_path / "again", PREVIEW_VOICE="auto")
    assert media_hashes(again) == media_hashes(spoken[0])


def test_nobody_speaks_when_the_voice_is_turned_off(tmp_path):
    folder, report, told = rendered(tmp_path / "off", PREVIEW_VOICE="none")
    assert (report["draftVoice"], report["loudness"]["integratedLufs"]) == (None, None)
    assert loudest(folder / "preview.mp4") < 0.001
    assert "its length is estimated" in told
