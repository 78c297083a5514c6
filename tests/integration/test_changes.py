"""A payload rendered again into its folder: the report says what changed, and a strip shows it."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from preview_worker.bootstrap.render import render_here
from preview_worker.config.settings import load_settings
from support.media import click_track, picture_file, wav_file

pytestmark = pytest.mark.anyio

MARGIN_PX, HEADER_PX, GUTTER_PX, GAP_PX = 48, 76, 24, 16
"""Of sheet and strip: where the first frame stands, and what lies between two."""
SHEET_NOISE = 14
"""Mean difference that two passes through JPEG may make."""


@pytest.fixture(scope="module")
def anyio_backend():
    """The previews are shared by the module's tests."""
    return "asyncio"


def payload(steps, **options):
    request = {
        "title": "A game",
        "steps": steps,
        "assets": [{"id": name, "uri": f"{name}.png"} for name in ("board", "card")] + [{"id": "v", "uri": "v.wav"}],
        "audio": {},
        "options": {"resolution": "320x180", "fps": 12, **options},
    }
    return {"jobId": "tale", "projectId": "moon", "requestId": "r", "dryRun": False, "previewRequest": request}


BOARD = {"id": "board", "title": "The board", "text": "Place it.", "visuals": ["board"], "durationMs": 1000}
CARDS = {"id": "cards", "title": "The cards", "text": "Shuffle.", "durationMs": 1000}
END = {"id": "end", "kind": "end_card", "title": "Have fun", "durationMs": 1000}
LATE = {"id": "late", "title": "Late", "text": "It came later.", "durationMs": 1000}


@pytest.fixture(scope="module")
def assets(tmp_path_factory):
    folder = tmp_path_factory.mktemp("assets")
    picture_file(folder / "board.png", size_px=(640, 360))
    picture_file(folder / "card.png", size_px=(630, 360))
    wav_file(folder / "v.wav", click_track(1.0, [0.25]))
    return folder


class Desk:
    """Renders into one folder, as an author does who tries again and again."""

    def __init__(self, folder, assets):
        self.settings, _ = load_settings({"DATA_DIR": str(folder / "data"), "PREVIEW_VOICE": "none"})
        self.output, self.assets = folder / "out", assets

    async def render(self, steps, **options):
        async def silent(_progress):
            return

        job = payload(steps, **options)
        await render_here(job, self.settings, assets=self.assets, output=self.output, report=silent)
        return json.loads((self.output / "preview.json").read_text())

    def picture(self, name):
        with Image.open(self.output / name) as image:
            return np.asarray(image.convert("RGB")).astype(int)

    @property
    def files(self):
        listed = json.loads((self.output / "container.json").read_text())["files"]
        return {file["path"] for file in listed}


@pytest.fixture(scope="module")
async def first(tmp_path_factory, assets):
    """A folder with a first preview, and its report; copied by the tests."""
    desk = Desk(tmp_path_factory.mktemp("first"), assets)
    return desk, await desk.render([BOARD, CARDS, END])


@pytest.fixture
def desk(first, tmp_path, assets):
    shutil.copytree(first[0].output.parent, tmp_path, dirs_exist_ok=True)
    return Desk(tmp_path, assets)


def frame(page, column, *, gap_px):
    """The frame in a column of the first row."""
    x = MARGIN_PX + column * (320 + gap_px)
    return page[MARGIN_PX + HEADER_PX : MARGIN_PX + HEADER_PX + 180, x : x + 320]


def differ(one, other):
    return float(np.abs(one - other).mean())


def told(report):
    return [(step["id"], step["change"], step["aspects"]) for step in report["changes"]["steps"]]


async def test_there_are_no_changes_when_it_is_the_first_preview(first):
    desk, report = first
    assert report["changes"] is None
    assert all(len(step["fingerprints"]) == 5 for step in report["steps"])
    assert "changes.jpg" not in desk.files


async def test_changes_are_empty_and_no_strip_is_drawn_when_nothing_changed(desk):
    report = await desk.render([BOARD, CARDS, END])
    assert report["changes"] == {"against": "tale", "basis": "last", "steps": []}
    assert "changes.jpg" not in desk.files


async def test_changes_are_empty_when_the_same_is_rendered_in_another_quality(desk):
    report = await desk.render([BOARD, CARDS, END], quality="draft", fps=24, resolution="480x270")
    assert told(report) == []


async def test_strip_shows_before_and_after_when_a_picture_changed(desk):
    earlier = frame(desk.picture("contact-sheet.jpg"), 0, gap_px=GUTTER_PX)
    report = await desk.render([BOARD | {"visuals": ["card"]}, CARDS, END])
    assert told(report) == [("board", "changed", ["picture"])]
    assert "changes.jpg" in desk.files
    strip = desk.picture("changes.jpg")
    before, after = (frame(strip, column, gap_px=GAP_PX) for column in (0, 1))
    now = frame(desk.picture("contact-sheet.jpg"), 0, gap_px=GUTTER_PX)
    assert differ(before, earlier) < SHEET_NOISE < differ(before, now)
    assert differ(after, now) < SHEET_NOISE < differ(after, earlier)


async def test_every_kind_of_change_is_told_when_there_are_several(desk):
    report = await desk.render([END, BOARD | {"text": "Lay it down."}, LATE])
    assert told(report) == [
        ("end", "moved", []),
        ("board", "changed", ["text"]),
        ("late", "new", []),
        ("cards", "removed", []),
    ]
    strip = desk.picture("changes.jpg")
    assert strip.shape[1] > 4 * 320
    row_px = 180 + 62 + GUTTER_PX
    new = strip[row_px + MARGIN_PX + HEADER_PX :][:180, MARGIN_PX : MARGIN_PX + 320]
    assert new[10:60, 10:300].min() > 240  # it wasn't there before: an empty box


async def test_sound_and_timing_are_told_when_a_step_gets_a_voice(desk):
    report = await desk.render([BOARD | {"narrationAssetId": "v", "durationMs": 1500}, CARDS, END])
    assert told(report) == [("board", "changed", ["sound", "timing"])]


async def test_steps_outside_are_not_removed_when_a_part_is_rendered(desk):
    report = await desk.render([BOARD, CARDS | {"title": "Cards"}, END], range={"fromStep": "cards", "toStep": "cards"})
    assert report["part"] is True
    assert told(report) == [("cards", "changed", ["text"])]


@pytest.mark.parametrize("spoilt", ["gone", "another size", "damaged"])
async def test_strip_is_drawn_without_the_earlier_picture_when_the_sheet_is_of_no_use(desk, spoilt):
    sheet = desk.output / "contact-sheet.jpg"
    match spoilt:
        case "gone":
            sheet.unlink()
        case "another size":
            Image.new("RGB", (64, 64)).save(sheet)
        case "damaged":
            sheet.write_bytes(sheet.read_bytes()[:3000])
    await desk.render([BOARD | {"visuals": ["card"]}, CARDS, END])
    before = frame(desk.picture("changes.jpg"), 0, gap_px=GAP_PX)
    assert before[10:60, 10:300].min() > 240


async def test_a_preview_asked_for_and_not_there_is_a_warning_when_rendered(desk):
    report = await desk.render([BOARD, CARDS, END], compareTo="nowhere")
    assert report["changes"]["basis"] == "last"
    assert ("not-rendered", "nowhere") in [(warning["code"], warning["value"]) for warning in report["warnings"]]
