"""One job in several languages: a set of files for each, and no work done twice."""

from __future__ import annotations

import json
from hashlib import sha256

import av
import pytest

from preview_worker.bootstrap.check import check_here
from preview_worker.bootstrap.render import render_here
from preview_worker.config.settings import load_settings
from preview_worker.errors import PermanentError
from support.media import click_track, picture_file, wav_file

pytestmark = pytest.mark.anyio

STEPS = [
    {"id": "board", "narration": "Place the board.", "narrationAssetId": "one", "visuals": ["board"]},
    {"id": "cards", "narration": "Shuffle all the cards.", "narrationAssetId": "two", "visuals": ["card"]},
]
FRENCH = {
    "board": {"narration": "Posez le plateau.", "narrationAssetId": "un"},
    "cards": {"narration": "Mélangez les cartes.", "narrationAssetId": "deux"},
}
SECONDS = {"one": 1.5, "two": 1.5, "un": 1.2, "deux": 2.0}


@pytest.fixture(scope="module")
def anyio_backend():
    """The videos are shared by the module's tests."""
    return "asyncio"


@pytest.fixture(scope="module")
def assets(tmp_path_factory):
    folder = tmp_path_factory.mktemp("assets")
    for name in ("board", "card"):
        picture_file(folder / f"{name}.png", size_px=(800, 450))
    for name, seconds in SECONDS.items():
        wav_file(folder / f"{name}.wav", click_track(seconds, [0.25 * seconds]))
    return folder


def job(french, *, steps=STEPS, **options):
    request = {
        "title": "Harbour",
        "steps": [{"layout": "full", "badge": False, **step} for step in steps],
        "assets": [
            *({"id": name, "uri": f"{name}.png"} for name in ("board", "card")),
            *({"id": name, "uri": f"{name}.wav"} for name in SECONDS),
        ],
        "audio": {},
        "options": {"resolution": "320x180", "fps": 12, "includeCaptions": False, **options},
        "variants": [{"language": "fr", "title": "Le port", "steps": french}],
    }
    return {"jobId": "tale", "projectId": "moon", "requestId": "r", "dryRun": False, "previewRequest": request}


async def silent(_progress):
    return


class Desk:
    """Renders into one folder with one cache."""

    def __init__(self, folder, assets):
        self.settings, _ = load_settings({"DATA_DIR": str(folder / "data"), "PREVIEW_VOICE": "none"})
        self.output, self.assets = folder / "out", assets

    async def render(self, *arguments, **members):
        done = await render_here(
            job(*arguments, **members), self.settings, assets=self.assets, output=self.output, report=silent
        )
        assert [json.loads((self.output / name).read_text()) for name in ("preview.json", "fr/preview.json")] == [
            report.model_dump(mode="json", by_alias=True) for report in done.reports
        ]
        return done.reports


@pytest.fixture
def desk(tmp_path, assets):
    return Desk(tmp_path, assets)


@pytest.fixture(scope="module")
async def spoken(tmp_path_factory, assets):
    """A job whose languages differ in what is heard, at equal lengths; its folder and reports."""
    desk = Desk(tmp_path_factory.mktemp("spoken"), assets)
    return desk, await desk.render(FRENCH, steps=[{**step, "durationMs": 2500} for step in STEPS])


async def test_each_language_has_files_of_its_own_all_in_the_manifest(spoken):
    desk, _ = spoken
    listed = {file["path"]: file for file in json.loads((desk.output / "container.json").read_text())["files"]}
    own = {path for path in listed if "/" not in path} - {"render.log"}
    assert {path for path in listed if "/" in path} == {f"fr/{path}" for path in own}
    for path, file in listed.items():
        assert sha256((desk.output / path).read_bytes()).hexdigest() == file["sha256"]
    assert (listed["fr/preview.mp4"]["durationMs"], listed["fr/poster.jpg"]["mediaType"]) == (5000, "image/jpeg")
    found = {path.relative_to(desk.output).as_posix() for path in desk.output.rglob("*") if path.is_file()}
    assert found == {*listed, "container.json"}


async def test_nothing_is_drawn_again_when_only_words_that_are_heard_differ(spoken):
    _, (own, french) = spoken
    assert own.cache.shared == 0
    assert own.cache.drawn_frames == own.video.frames
    assert own.cache.prepared_pictures >= 2
    assert (french.cache.shared, french.cache.hits) == (french.cache.segments, 0)
    assert (french.cache.drawn_frames, french.cache.prepared_pictures) == (0, 0)


async def test_what_is_heard_and_read_is_each_languages_own(spoken):
    desk, (own, french) = spoken
    for folder, tag, letters, words in (
        ("", "en", "eng", "Place the board."),
        ("fr", "fr", "fra", "Posez le plateau."),
    ):
        captions = (desk.output / folder / "captions.vtt").read_text()
        assert f"Language: {tag}" in captions
        assert words in captions
        with av.open(str(desk.output / folder / "preview.mp4")) as video:
            assert {stream.language for stream in (*video.streams.video, *video.streams.audio)} == {letters}
            assert video.metadata["title"] == {"": "Harbour", "fr": "Le port"}[folder]
    assert (own.language, own.title, french.language, french.title) == ("en", "Harbour", "fr", "Le port")
    assert [step.narration_ms for step in french.steps] == [1200, 2000]
    assert sounds_of(desk.output / "preview.mp4") != sounds_of(desk.output / "fr" / "preview.mp4")
    assert pictures_of(desk.output / "preview.mp4") == pictures_of(desk.output / "fr" / "preview.mp4")


def packets_of(path, kind):
    with av.open(str(path)) as video:
        (stream,) = (stream for stream in video.streams if stream.type == kind and stream.codec_context is not None)
        return [bytes(packet) for packet in video.demux(stream)]


def sounds_of(path):
    return packets_of(path, "audio")


def pictures_of(path):
    return packets_of(path, "video")


async def test_the_first_report_tells_of_the_others(spoken):
    _, (own, french) = spoken
    (told,) = own.variants
    assert (told.language, told.folder, told.duration_ms) == ("fr", "fr", french.video.duration_ms)
    assert (own.folder, french.folder, french.variants) == ("", "fr", ())
    assert told.warning_count == len(french.warnings)
    assert own.digest == french.digest


async def test_pictures_are_shared_when_words_on_the_screen_differ(desk):
    french = {key: {**words, "title": f"Étape {key}"} for key, words in FRENCH.items()}
    steps = [{**step, "title": f"Step {step['id']}", "durationMs": 2500} for step in STEPS]
    own, other = await desk.render(french, steps=steps)
    assert other.cache.drawn_frames == other.video.frames == own.cache.drawn_frames
    assert own.cache.prepared_pictures >= 2
    # Each process prepares what it shows: one that helps with the last pieces may need a picture again.
    assert other.cache.prepared_pictures <= 1
    assert other.cache.shared == 0


async def test_lengths_follow_each_language_and_pictures_are_shared(desk):
    own, french = await desk.render(FRENCH)
    assert [step.duration_ms for step in own.steps] != [step.duration_ms for step in french.steps]
    lengths = {report.language: [step.narration_ms for step in report.steps] for report in (own, french)}
    assert lengths == {"en": [1500, 1500], "fr": [1200, 2000]}
    assert french.cache.prepared_pictures <= 1
    assert french.cache.drawn_frames + shared_frames(french) == french.video.frames


def shared_frames(report):
    return 0 if report.cache.shared == 0 else report.video.frames - report.cache.drawn_frames


async def test_only_steps_that_differ_are_drawn_when_one_text_is_translated(desk):
    steps = [{**step, "title": "Same", "durationMs": 2500, "transition": {"type": "cut"}} for step in STEPS]
    french = {"board": {**FRENCH["board"], "title": "Same"}, "cards": {**FRENCH["cards"], "title": "Les cartes"}}
    _, other = await desk.render(french, steps=steps)
    cards = next(step for step in other.steps if step.id == "cards")
    assert other.cache.drawn_frames == cards.frames
    assert other.cache.shared > 0


async def test_nothing_is_made_anew_when_the_job_comes_again(desk):
    await desk.render(FRENCH)
    own, french = await desk.render(FRENCH)
    for report in (own, french):
        assert (report.cache.hits, report.cache.drawn_frames) == (report.cache.segments, 0)
        assert (report.changes.against, report.changes.steps) == ("tale", ())


async def test_each_language_is_compared_with_its_own_earlier_preview(desk):
    await desk.render(FRENCH)
    changed = FRENCH | {"cards": {"narration": "Battez les cartes.", "narrationAssetId": "deux"}}
    own, french = await desk.render(changed)
    assert own.changes.steps == ()
    assert [(step.id, step.change) for step in french.changes.steps] == [("cards", "changed")]
    assert (desk.output / "fr" / "changes.jpg").is_file()
    assert not (desk.output / "changes.jpg").exists()


async def test_words_left_behind_are_told_in_the_languages_own_report(desk):
    own, french = await desk.render({"board": FRENCH["board"]})
    codes = [(warning.code.value, warning.step_id) for warning in french.warnings if warning.code == "untranslated"]
    assert codes == [("untranslated", "cards")]
    assert "untranslated" not in {warning.code.value for warning in own.warnings}


async def test_nothing_is_published_when_a_file_of_another_language_is_damaged(desk, tmp_path, assets):
    for file in assets.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "deux.wav").write_bytes(b"RIFF no sound")
    desk.assets = tmp_path
    with pytest.raises(PermanentError, match="deux"):
        await desk.render(FRENCH)
    assert not desk.output.exists()


async def test_check_tells_of_every_language(desk):
    words = {"board": {"narration": "Posez le plateau. " * 30}, "cards": FRENCH["cards"]}
    payload = job(words)
    own, french = await check_here(payload, desk.settings, assets=desk.assets)
    assert (own.language, french.language) == ("en", "fr")
    assert own.duration_ms < french.duration_ms
    codes = {warning.code.value for warning in french.warnings} - {warning.code.value for warning in own.warnings}
    assert "narration-missing" in codes
