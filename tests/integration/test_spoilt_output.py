"""A file that isn't what was painted, mixed and planned is never published, whatever spoilt it on its way."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from preview_worker.bootstrap.render import render_here
from preview_worker.config.settings import load_settings
from preview_worker.errors import PermanentError
from preview_worker.render.launching import Program
from support.media import picture_file, tone, wav_file

ZOO = Path(__file__).parent.parent / "zoo"
FAULTS = {
    "cut": "can't be read back",
    "black": "came out black",
    "silent": "silent after encoding",
    "short": "number of frames",
    "short-sound": "The sound of the finished file ends|another length than it is",
    "stray": "2 tracks of kind soun|3 streams instead of 2",
}

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def assets(tmp_path_factory):
    folder = tmp_path_factory.mktemp("assets")
    picture_file(folder / "board.png", size_px=(640, 360))
    wav_file(folder / "voice.wav", tone(3.0))
    return folder


def payload(kind):
    return {
        "jobId": "spoilt",
        "projectId": "local",
        "requestId": "r",
        "dryRun": False,
        "previewRequest": {
            "title": "A game",
            "steps": [
                {
                    "id": "a",
                    "title": "The board",
                    "visuals": ["board"],
                    "narrationAssetId": "voice",
                    "narration": "Go.",
                },
                {"id": "b", "title": "The end", "durationMs": 1000, "narration": "", "transition": {"type": "cut"}},
            ],
            "assets": [{"id": "board", "uri": "board.png"}, {"id": "voice", "uri": "voice.wav"}],
            "audio": {},
            "options": {"resolution": "160x90", "format": kind},
        },
    }


async def rendered(kind, fault, assets, folder):
    async def ignore(_progress):
        """Progress is of no interest here."""

    settings, _ = load_settings({"DATA_DIR": str(folder / "data"), "PREVIEW_VOICE": "none"})
    spoilt = Program((sys.executable, str(ZOO / "spoils_output.py"), fault))
    output = folder / "out" / "preview"
    return await render_here(payload(kind), settings, assets=assets, output=output, report=ignore, launch=spoilt)


@pytest.mark.parametrize("fault", ["black", "silent"])
@pytest.mark.parametrize("kind", ["mp4", "webm"])
async def test_nothing_is_published_or_kept_when_an_encoder_spoils_what_it_is_given(kind, fault, assets, tmp_path):
    await refused(kind, fault, assets, tmp_path)
    # Of a spoilt run only sound pieces are in the cache: a process that works publishes.
    done = await rendered(kind, "none", assets, tmp_path)
    assert (done.folder / f"preview.{kind}").stat().st_size > 0
    assert done.report.warnings == ()


@pytest.mark.parametrize("kind", ["mp4", "webm"])
async def test_nothing_is_published_when_the_file_is_not_what_was_planned(kind, assets, tmp_path):
    for fault in ("cut", "short", "short-sound", "stray"):
        await refused(kind, fault, assets, tmp_path)


async def refused(kind, fault, assets, folder):
    """Render with a fault: it must be found, and leave nothing behind."""
    with pytest.raises(PermanentError, match=FAULTS[fault]) as error:
        await rendered(kind, fault, assets, folder)
    assert error.value.code == "output-check-failed", fault
    assert list((folder / "out").iterdir()) == [], fault
