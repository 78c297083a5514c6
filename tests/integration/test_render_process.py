"""The real render process: every file of a small tutorial, the same bytes however they were made."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass, field, replace
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from preview_worker.contract import Report
from preview_worker.errors import PreviewError
from preview_worker.render.child.segment_file import read_segment, write_segment
from preview_worker.render.process import RenderProcess
from preview_worker.render.protocol import (
    Cached,
    FileReady,
    Finished,
    Frame,
    LogLine,
    Planned,
    Probe,
    Probed,
    Progress,
    Refused,
    Render,
    SegmentReady,
    Source,
    Work,
)
from preview_worker.timeline.time import SAMPLE_RATE_HZ
from support.forks import forked
from support.media import click_track, decoded_frames, decoded_sound, picture_file, tone, wav_file

pytestmark = pytest.mark.anyio

FILES = {
    "poster.jpg",
    "contact-sheet.jpg",
    "captions.srt",
    "captions.vtt",
    "chapters.json",
    "chapters.vtt",
    "youtube.txt",
    "report.json",
}
SEGMENT_SUFFIX = ".seg"


@dataclass
class Outcome:
    """What a render said and left."""

    files: dict[str, bytes] = field(default_factory=dict)
    segments: dict[str, bytes] = field(default_factory=dict)
    events: list = field(default_factory=list)
    finished: Finished | None = None

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]


def tutorial(**options):
    return {
        "title": "A game",
        "language": "en",
        "steps": [
            {"id": "intro", "kind": "intro", "title": "A game", "durationMs": 1600},
            {
                "id": "board",
                "title": "The board",
                "text": "Place the board.",
                "visuals": [{"assetId": "board", "motion": {"type": "zoom_in"}}],
                "narrationAssetId": "voice",
                "durationMs": 2400,
            },
            {"id": "cards", "title": "The cards", "text": "Shuffle them.", "visuals": ["card"], "durationMs": 2000},
        ],
        "assets": [
            {"id": "board", "uri": "board.jpg"},
            {"id": "card", "uri": "card.png"},
            {"id": "voice", "uri": "voice.wav"},
            {"id": "music", "uri": "music.wav"},
        ],
        "audio": {"music": {"assetId": "music", "gainDb": -40}},
        "options": {"resolution": "320x180", "fps": 15, "includeCaptions": True, **options},
    }


@pytest.fixture(scope="module")
def assets(tmp_path_factory):
    folder = tmp_path_factory.mktemp("assets")
    picture_file(folder / "board.jpg", size_px=(640, 400))
    picture_file(folder / "card.png", size_px=(300, 500), alpha=True)
    wav_file(folder / "voice.wav", click_track(1.5, [0.25, 1.0]))
    wav_file(folder / "music.wav", tone(1.0, level=0.2, rate_hz=44_100), rate_hz=44_100)
    return folder


def work_of(process, request, assets, *, missing=()):
    sources = {}
    for asset in request["assets"]:
        path = assets / asset["uri"]
        if asset["id"] in missing:
            sources[asset["id"]] = Source(missing="there is no such file")
            continue
        shutil.copy(path, process.folder / "in" / path.name)
        sources[asset["id"]] = Source(file=path.name, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    return Work(
        job_id="job", project_id="project", request_id="request", digest="d" * 64, request=request, sources=sources
    )


async def render(process, request, assets, *, threads=1, cache=None, missing=()):
    """Render one tutorial; `cache` holds segment files by name."""
    outcome = Outcome()

    async def handle(event):
        outcome.events.append(event)
        if isinstance(event, Planned):
            wanted = [key for key in set(event.all_keys) if key + SEGMENT_SUFFIX in (cache or {})]
            for key in wanted:
                name = key + SEGMENT_SUFFIX
                (process.folder / "in" / "segments" / name).write_bytes(cache[name])
            await process.answer(Cached(keys=wanted))

    work = work_of(process, request, assets, missing=missing)
    outcome.finished = await process.run(Render(work=replace(work, threads=threads)), handle, deadline_s=60)
    out = process.folder / "out"
    outcome.files = {path.name: path.read_bytes() for path in (out / "files").iterdir()}
    outcome.segments = {path.name: path.read_bytes() for path in (out / "segments").iterdir()}
    await process.clear()
    return outcome


def without_cache(files):
    """Everything whose bytes must not depend on what was cached."""
    return {name: content for name, content in files.items() if name != "report.json"}


@pytest.fixture(scope="module")
def anyio_backend():
    """Processes are shared by the module's tests."""
    return "asyncio"


@pytest.fixture
async def process(tmp_path):
    """One that knows nothing yet."""
    async with RenderProcess(tmp_path / "work", launch=forked()) as started:
        yield started


@pytest.fixture(scope="module")
async def warm(tmp_path_factory):
    """One for all jobs that succeed, as in the service."""
    async with RenderProcess(tmp_path_factory.mktemp("warm") / "work", launch=forked()) as started:
        yield started


@pytest.fixture(scope="module")
async def cold(assets, tmp_path_factory):
    """The tutorial as one thread of a fresh process makes it."""
    async with RenderProcess(tmp_path_factory.mktemp("cold") / "work", launch=forked()) as started:
        return await render(started, tutorial(), assets)


async def test_render_makes_every_file_and_tells_of_each(cold, tmp_path):
    assert set(cold.files) == FILES | {"preview.mp4"}
    assert {event.name for event in cold.of(FileReady)} == set(cold.files)
    assert cold.of(FileReady)[0].name == "poster.jpg"
    assert {event.file for event in cold.of(SegmentReady)} == set(cold.segments)
    assert set(cold.finished.stages_ms) >= {"plan", "poster", "render", "join", "check"}

    video = tmp_path / "preview.mp4"
    video.write_bytes(cold.files["preview.mp4"])
    frames = decoded_frames(video)
    assert [time_s for time_s, _ in frames] == [Fraction(index, 15) for index in range(90)]
    assert all(luma.std() > 2 for _, luma in frames)

    heard = np.abs(decoded_sound(video)[0])
    loud = np.flatnonzero(heard > 0.25)
    board_s = 1.6 + 0.2
    expected = [round((board_s + click_s) * SAMPLE_RATE_HZ) for click_s in (0.25, 1.0)]
    starts = loud[np.flatnonzero(np.diff(loud, prepend=-9999) > 4800)]
    assert len(starts) == 2
    assert all(abs(int(start) - at) <= 48 for start, at in zip(starts, expected, strict=True))


async def test_progress_never_falls_and_ends_at_the_whole_when_rendered(warm, assets):
    made = await render(warm, tutorial(), assets, threads=2)
    counted = [event.frames_done for event in made.of(Progress)]
    assert counted == sorted(counted)
    assert counted[-1] == 90 == made.of(Planned)[0].frames


async def test_report_is_the_contracts_when_read_back(cold):
    report = Report.model_validate_json(cold.files["report.json"])
    assert [step.id for step in report.steps] == ["intro", "board", "cards"]
    assert (report.video.video_codec, report.video.audio_codec) == ("h264", "aac")
    assert report.video.size_bytes == len(cold.files["preview.mp4"])
    assert report.cache.hits == 0


async def test_bytes_are_the_same_when_threads_process_or_cache_differ(process, cold, assets):
    threaded = await render(process, tutorial(), assets, threads=2)
    assert without_cache(threaded.files) == without_cache(cold.files)
    assert threaded.segments == cold.segments
    again = await render(process, tutorial(), assets, threads=1)
    assert without_cache(again.files) == without_cache(cold.files)
    assert again.segments == cold.segments
    cached = await render(process, tutorial(), assets, cache=cold.segments)
    assert without_cache(cached.files) == without_cache(cold.files)
    assert cached.segments == {}
    assert cached.finished.hits == cached.finished.segments > 0
    some = dict(list(cold.segments.items())[::2])
    assert without_cache((await render(process, tutorial(), assets, cache=some)).files) == without_cache(cold.files)


async def test_only_changed_segments_are_made_when_one_step_is_edited(warm, cold, assets):
    edited = tutorial()
    edited["steps"][2]["title"] = "The deck"
    made = await render(warm, edited, assets, cache=cold.segments)
    changed = {event.key for event in made.of(SegmentReady)}
    planned = made.of(Planned)[0]
    assert planned.still_keys[1] in changed  # it shows the step
    changed.remove(planned.still_keys[1])
    assert changed
    assert changed <= set(planned.keys[-3:])
    assert planned.keys[0] not in changed


async def test_contact_sheet_is_made_anew_when_a_warning_comes_or_goes(warm, cold, assets, tmp_path):
    planned = cold.of(Planned)[0]
    other = dict(cold.segments)
    sheet = other.pop(planned.still_keys[1] + SEGMENT_SUFFIX)
    (tmp_path / "sheet.seg").write_bytes(sheet)
    kept = read_segment(tmp_path / "sheet.seg")
    assert kept.extradata == bytes(3)
    write_segment(tmp_path / "sheet.seg", replace(kept, extradata=b"\0\1\0", payload=kept.payload[::-1]))
    other[planned.still_keys[1] + SEGMENT_SUFFIX] = (tmp_path / "sheet.seg").read_bytes()
    made = await render(warm, tutorial(), assets, cache=other)
    assert [event.key for event in made.of(SegmentReady)] == [planned.still_keys[1]]
    assert without_cache(made.files) == without_cache(cold.files)


def long_tutorial():
    """Three spans of sound."""
    long = tutorial()
    long["steps"][2]["durationMs"] = 9000
    return long


@pytest.fixture(scope="module")
async def long_cold(warm, assets):
    return await render(warm, long_tutorial(), assets)


async def test_only_spans_in_which_it_is_heard_are_made_when_a_voice_is_spoken_anew(warm, long_cold, assets, tmp_path):
    again = tmp_path / "again"
    shutil.copytree(assets, again)
    # As loud as before: the gain of the whole stays, and with it every span in which the voice isn't heard.
    wav_file(again / "voice.wav", -click_track(1.5, [0.25, 1.0]))
    made = await render(warm, long_tutorial(), again, cache=long_cold.segments)
    planned = made.of(Planned)[0]
    assert len(planned.sound_keys) == 3
    assert [event.key for event in made.of(SegmentReady)] == planned.sound_keys[:1]
    assert planned.keys == long_cold.of(Planned)[0].keys


async def test_spans_are_told_between_the_segments_they_are_heard_with(long_cold):
    planned, told = long_cold.of(Planned)[0], [event.key for event in long_cold.of(SegmentReady)]
    at = {key: told.index(key) for key in told}
    assert [at[key] for key in planned.sound_keys] == sorted(at[key] for key in planned.sound_keys)
    assert at[planned.keys[0]] < at[planned.sound_keys[0]] < at[planned.sound_keys[1]] < at[planned.keys[-1]]


async def test_damaged_segment_is_made_anew_when_it_comes_from_the_cache(warm, cold, assets):
    damaged = dict(cold.segments)
    name = next(iter(damaged))
    damaged[name] = damaged[name][:-40]
    made = await render(warm, tutorial(), assets, cache=damaged)
    assert [event.event for event in made.of(LogLine)] == ["segment-damaged"]
    assert set(made.segments) == {name}
    assert without_cache(made.files) == without_cache(cold.files)


@pytest.mark.parametrize(("quality", "codec"), [("draft", "vp8"), ("standard", "vp9")])
async def test_webm_is_made_when_asked_for(warm, assets, tmp_path, quality, codec):
    made = await render(warm, tutorial(format="webm", quality=quality, fps=12), assets)
    (tmp_path / "preview.webm").write_bytes(made.files["preview.webm"])
    with av.open(str(tmp_path / "preview.webm")) as container:
        assert container.streams.video[0].codec_context.name == codec
        assert container.streams.audio[0].codec_context.name == "opus"
    assert len(decoded_frames(tmp_path / "preview.webm")) == made.of(Planned)[0].frames


async def test_title_card_is_made_when_there_are_no_steps(warm, assets):
    request = {"title": "A game", "steps": [], "assets": [], "audio": {}, "options": {"resolution": "160x90"}}
    made = await render(warm, request, assets)
    assert made.of(Planned)[0].frames == 90
    assert "preview.mp4" in made.files


async def test_facts_are_measured_once_when_they_are_known(process, cold, assets):
    facts = {key: value for event in cold.of(Probed) for key, value in event.facts.items()}
    assert sorted(value["kind"] for value in facts.values()) == ["picture", "picture", "sound", "sound"]
    events = []

    async def handle(event):
        events.append(event)

    work = work_of(process, tutorial(), assets)
    known = Work(**{name: getattr(work, name) for name in work.__dataclass_fields__} | {"facts": facts})
    await process.run(Probe(work=known), handle, deadline_s=30)
    assert not [event for event in events if isinstance(event, Probed)]


async def test_frame_is_one_picture_of_the_step_when_asked_for(warm, assets):
    ready = []

    async def handle(event):
        if isinstance(event, FileReady):
            ready.append((event, (warm.folder / "out" / "files" / event.name).read_bytes()))

    for at_ms in (None, 100):
        command = Frame(work=work_of(warm, tutorial(), assets), step_id="board", at_ms=at_ms, width_px=160)
        await warm.run(command, handle, deadline_s=30)
    (event, rest), (_, early) = ready
    assert (event.width_px, event.height_px) == (160, 90)
    path = warm.folder / "frame.jpg"
    path.write_bytes(rest)
    with Image.open(path) as image:
        assert image.size == (160, 90)
    assert rest != early


async def failure(process, request, assets, **options):
    with pytest.raises(PreviewError) as caught:
        await render(process, request, assets, **options)
    return caught.value


async def test_missing_picture_is_drawn_as_a_box_when_placeholders_are_allowed(warm, assets):
    made = await render(warm, tutorial(), assets, missing=("board",))
    codes = [warning["code"] for warning in json.loads(made.files["report.json"])["warnings"]]
    assert "asset-missing" in codes


async def test_missing_picture_fails_for_good_when_the_payload_says_so(process, assets):
    error = await failure(process, tutorial(onMissingAsset="fail"), assets, missing=("board",))
    assert (error.code, error.retryable) == ("asset-missing", False)
    assert "board" in error.sentence


async def test_undecodable_picture_fails_for_good_and_names_the_asset(process, assets, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(assets, broken)
    (broken / "board.jpg").write_bytes((assets / "board.jpg").read_bytes()[:900])
    error = await failure(process, tutorial(), broken)
    assert (error.code, error.retryable) == ("asset-undecodable", False)
    assert "board" in error.sentence


@pytest.mark.parametrize(
    ("asked", "code", "named"),
    [({"step_id": "nowhere"}, "unknown-step", "board"), ({"step_id": "board", "at_ms": 2401}, "behind-step", "2400")],
)
async def test_frame_is_refused_and_the_process_goes_on_when_there_is_none(warm, assets, asked, code, named):
    events = []

    async def handle(event):
        events.append(event)

    work = work_of(warm, tutorial(), assets)
    await warm.run(Frame(work=work, **asked), handle, deadline_s=30)
    (refused,) = (event for event in events if isinstance(event, Refused))
    assert refused.code == code
    assert named in refused.sentence
    assert not [event for event in events if isinstance(event, FileReady)]
    await warm.run(Frame(work=work, step_id="board", at_ms=2400), handle, deadline_s=30)
    assert [event.name for event in events if isinstance(event, FileReady)] == ["frame.jpg"]
