"""Imported files are rendered like any payload, and their report tells what was lost."""

from __future__ import annotations

import json
from pathlib import Path

import av
import pytest
from click.testing import CliRunner

from preview_worker.bootstrap.render import render_here
from preview_worker.cli.import_storyboard import import_storyboard
from preview_worker.config.settings import load_settings
from support.media import picture_file, tone, wav_file

pytestmark = pytest.mark.anyio

FIXTURES = Path(__file__).parents[1] / "fixtures" / "bridges"
STEP_MS = 700


async def untold(_progress):
    """Take progress."""


def imported(name, folder):
    """Import a fixture as a user does, and make its video small and short."""
    file = folder / f"{name}.json"
    file.write_bytes((FIXTURES / file.name).read_bytes())
    result = CliRunner().invoke(import_storyboard, [str(file)])
    assert result.exit_code == 0, result.stderr
    payload = json.loads(result.stdout)
    request = payload["previewRequest"]
    request["options"] = {**request.get("options", {}), "resolution": "160x90", "fps": 12, "quality": "draft"}
    for step in request["steps"]:
        step["durationMs"] = STEP_MS
        # Else the step would be lengthened to what its words take.
        step["narration"] = ""
    return payload, result.stderr


@pytest.mark.parametrize(
    ("name", "lost"),
    [
        ("storyboard-1.2-bilingual", "/storyboard/scenes/1/imageAssetIds/2 is no picture"),
        ("slide-list-oddities", "/0/imageUrls/3 is no picture"),
        ("reviewed-script", "/scenes/2/callouts/0 is left out: it carries no coordinates"),
        ("chapter-steps", "/assetMatches/s7 is matched to a step that isn't there"),
        ("renderer-configuration", "/scenes/1/callouts/2 is left out: it carries no coordinates"),
        ("storyboard-1.1", "/scenes/1/visuals/1/motions/2 has no equal among the moves of a picture"),
    ],
)
async def test_an_imported_file_renders_and_tells_what_was_lost(name, lost, tmp_path):
    material = tmp_path / "material"
    (material / "pages").mkdir(parents=True)
    picture_file(material / "pages" / "page-3.png")
    for picture in ("c1.png", "comp-7.png", "table.png", "page-2.png", "lamps.png"):
        picture_file(material / picture)
    wav_file(material / "brand-intro.wav", tone(0.3))
    payload, report = imported(name, material)
    settings, _ = load_settings({"DATA_DIR": str(tmp_path / "data"), "PREVIEW_VOICE": "none"})
    done = await render_here(payload, settings, assets=material, output=tmp_path / "out", report=untold)
    assert lost in report
    steps = payload["previewRequest"]["steps"]
    assert [timing.id for timing in done.report.steps] == [step["id"] for step in steps]
    with av.open(str(done.folder / "preview.mp4")) as video:
        frames = sum(1 for _ in video.decode(video=0))
    assert frames == done.report.video.frames
    missing = {str(warning.value) for warning in done.report.warnings if warning.code == "asset-missing"}
    there = {
        asset["id"] for asset in payload["previewRequest"]["assets"] if (material / asset.get("uri", "-")).exists()
    }
    assert there
    assert not missing & there
