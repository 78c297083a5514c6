"""Single pictures by real render processes: the video's own pixels; and the pool that lends the processes."""

from __future__ import annotations

import asyncio
import io
import json
import os
import sys
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from preview_worker.assets.fetch import Fetcher
from preview_worker.assets.library import AssetLibrary
from preview_worker.bootstrap.render import render_here
from preview_worker.config.settings import load_settings
from preview_worker.errors import InvalidPayloadError
from preview_worker.render.child.drawing.planes import Planes, planes_of_rgb
from preview_worker.render.child.drawing.stills import jpeg
from preview_worker.render.child.materials import Materials
from preview_worker.render.child.preparation import prepare
from preview_worker.render.facts import FACTS_REVISION
from preview_worker.render.frame import FrameWish
from preview_worker.render.launching import Program
from preview_worker.render.process import RenderProcess
from preview_worker.render.protocol import Probe, Work
from preview_worker.storage.facts import FactsCache
from preview_worker.storage.places import Places
from preview_worker.timeline.time import frame_at_ms
from preview_worker.worker.frames import FrameTaker
from preview_worker.worker.inputs import link_inputs
from preview_worker.worker.intake import identified_job
from preview_worker.worker.planning import Planner
from preview_worker.worker.pool import RenderPool
from preview_worker.worker.pool_on_demand import PoolOnDemand
from preview_worker.worker.speaking import Speaker
from support.forks import forked
from support.illustrated import FPS, STEP_MS, illustrated
from support.service import payload

pytestmark = pytest.mark.anyio

HANGS = Path(__file__).parent.parent / "zoo" / "hangs.py"
WORK = Work(
    job_id="j",
    project_id="azul",
    request_id="r",
    digest="d",
    request={"title": "A game", "steps": [], "assets": [], "audio": {}},
    sources={},
)
CLOSE_DB = 30
"""Peak signal-to-noise ratio from which on two pictures look the same."""


class Counting(FactsCache):
    """Facts that remember how many were measured."""

    def __init__(self, folder, revision):
        super().__init__(folder, revision)
        self.kept = 0

    def keep(self, facts):
        self.kept += len(facts)
        super().keep(facts)


class Recorded:
    """Makes processes of one program and remembers them."""

    def __init__(self, *command):
        self.command = command
        self.made = []

    def __call__(self, folder):
        self.made.append(RenderProcess(folder, launch=Program(self.command) if self.command else forked()))
        return self.made[-1]


def pools(starts):
    """Makes pools of one idle process."""
    return lambda folder: RenderPool(folder, starts, idle_max=1)


@pytest.fixture
def job(tmp_path):
    return illustrated(tmp_path / "material", "harbour-1", project="harbour", quality="high")


async def ignore(_event):
    """Take an event."""


async def untold(_progress):
    """Take progress."""


async def until(condition, deadline_s=10.0):
    give_up_at_s = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < give_up_at_s
        await asyncio.sleep(0.005)


async def say_nothing(_utterance):
    """Nobody speaks."""


NO_FILES = AssetLibrary(inline_dir=Path("/nowhere"), fetcher=Fetcher(()))
NOBODY = Speaker(
    folder=Path("/nowhere"),
    library=NO_FILES,
    voices={},
    synthesise=say_nothing,
    processes=1,
    max_duration_ms=1000,
    deadline_s=1.0,
)


def intake_of(job, tmp_path):
    library = AssetLibrary(inline_dir=tmp_path / "inline", fetcher=Fetcher(()))
    return identified_job(job, library=library, root=tmp_path / "material")


def taker(lend, facts, library=NO_FILES):
    planner = Planner(facts=facts, max_duration_ms=600_000, fonts_dir=None)
    return FrameTaker(lend, planner=planner, facts=facts, library=library, speaker=NOBODY, deadline_s=30)


def luma_of_jpeg(content):
    with Image.open(io.BytesIO(content)) as image:
        return planes_of_rgb(np.asarray(image.convert("RGB"))).y


def psnr_db(first, second):
    return 10 * np.log10(255**2 / np.mean((first.astype(float) - second.astype(float)) ** 2))


@asynccontextmanager
async def lender(folder):
    """Lends one process again and again, as a pool does."""
    async with RenderProcess(folder, launch=forked()) as process:

        @asynccontextmanager
        async def lend(_project_id):
            await process.clear()
            yield process

        yield lend


@dataclass(frozen=True)
class Shown:
    """The tutorial's video, luma of every frame, and its single frames by step and time."""

    video: list[np.ndarray]
    frames: dict[tuple[str, int], np.ndarray]


@pytest.fixture(scope="module")
def anyio_backend():
    """The video is rendered once for the module, and the warm process is shared by its tests."""
    return "asyncio"


MOMENTS = (("step-1", 600), ("step-2", 0), ("step-2", 133), ("step-2", 700), ("step-4", STEP_MS))


@pytest.fixture(scope="module")
async def warm(tmp_path_factory):
    """Lends one process to all tests whose pictures succeed."""
    async with lender(tmp_path_factory.mktemp("warm") / "process") as lend:
        yield lend


@pytest.fixture(scope="module")
async def shown(tmp_path_factory, warm):
    """Rendered once; the frames are taken by one process, in another order than theirs."""
    folder = tmp_path_factory.mktemp("rendered")
    job = illustrated(folder / "material", "harbour-1", project="harbour", quality="high")
    settings, _ = load_settings({"DATA_DIR": str(folder / "data"), "PREVIEW_VOICE": "none"})
    done = await render_here(job, settings, assets=folder / "material", output=folder / "out", report=untold)
    with av.open(str(done.folder / "preview.mp4")) as container:
        video = [frame.to_ndarray()[: frame.height] for frame in container.decode(video=0)]
    intake, frames = intake_of(job, folder), {}
    source = taker(warm, FactsCache(folder / "facts", FACTS_REVISION))
    for step, at_ms in reversed(MOMENTS):
        taken = await source.take(intake.job, intake.identified, FrameWish(step_id=step, at_ms=at_ms))
        frames[step, at_ms] = luma_of_jpeg(taken.content)
    return Shown(video, frames)


@pytest.mark.parametrize(("step", "at_ms"), MOMENTS)
async def test_a_frame_looks_as_the_video_does_at_that_moment(shown, step, at_ms):
    place = int(step.removeprefix("step-")) - 1
    in_step = min(frame_at_ms(at_ms, Fraction(FPS)), STEP_MS * FPS // 1000 - 1)
    there = shown.video[place * STEP_MS * FPS // 1000 + in_step]
    assert psnr_db(shown.frames[step, at_ms], there) > CLOSE_DB
    elsewhere = shown.video[(place + 2) % 4 * STEP_MS * FPS // 1000 + in_step]
    assert psnr_db(shown.frames[step, at_ms], elsewhere) < CLOSE_DB


@pytest.mark.parametrize("at_ms", [None, 400, 1000])
async def test_a_frame_is_made_of_the_painters_own_samples(warm, job, tmp_path, at_ms):
    intake, facts = intake_of(job, tmp_path), FactsCache(tmp_path / "facts", FACTS_REVISION)
    wish = FrameWish(step_id="step-2", at_ms=at_ms)
    taken = await taker(warm, facts).take(intake.job, intake.identified, wish)
    process = RenderProcess(tmp_path / "process")
    (process.folder / "in").mkdir(parents=True)
    planner = Planner(facts=facts, max_duration_ms=600_000, fonts_dir=None)
    work = planner.work(intake, link_inputs([intake.identified.assets], process))
    (prepared,) = prepare(work, process.folder, lambda _probed: None)
    clip = prepared.timeline.clips[1]
    frame = clip.rest_frame if at_ms is None else frame_at_ms(at_ms, prepared.timeline.rate)
    planes = Materials().studio(prepared, work).painter(clip.scene).paint(frame, Planes.allocate(320, 180))
    assert taken.content == jpeg(planes)
    assert (taken.width_px, taken.height_px) == (320, 180)


async def test_a_frame_is_the_same_when_the_process_is_warm_or_cold_and_others_were_asked_between(warm, job, tmp_path):
    intake, facts = intake_of(job, tmp_path), FactsCache(tmp_path / "facts", FACTS_REVISION)
    moments = (("step-2", 133), ("step-3", 133), ("step-3", 700))
    wishes = [FrameWish(step_id=step_id, at_ms=at_ms) for step_id, at_ms in moments]

    async def taken(lend, wish):
        return (await taker(lend, facts).take(intake.job, intake.identified, wish)).content

    from_warm, from_cold = [await taken(warm, wish) for wish in wishes * 2], []
    for wish in wishes:
        async with lender(tmp_path / "cold") as cold:
            from_cold.append(await taken(cold, wish))
    assert from_warm == from_cold * 2
    assert len(set(from_cold)) == len(from_cold)


async def test_an_edited_step_is_drawn_anew_when_the_process_is_warm(warm, job, tmp_path):
    facts, wish = FactsCache(tmp_path / "facts", FACTS_REVISION), FrameWish(step_id="step-2")
    edited = json.loads(json.dumps(job))
    edited["previewRequest"]["steps"][1]["title"] = "The other board"
    contents = []
    for version in (job, edited, job):
        intake = intake_of(version, tmp_path)
        contents.append((await taker(warm, facts).take(intake.job, intake.identified, wish)).content)
    assert contents[0] == contents[2] != contents[1]


async def test_nothing_is_measured_again_when_another_process_has_seen_the_assets(job, tmp_path):
    intake, facts = intake_of(job, tmp_path), Counting(tmp_path / "facts", FACTS_REVISION)
    measured = []
    for _ in range(2):
        async with lender(tmp_path / "process") as lend:
            await taker(lend, facts).take(intake.job, intake.identified, FrameWish(step_id="step-2"))
        measured.append(facts.kept)
    assert measured == [4, 4]


async def test_pictures_are_not_hashed_again_when_a_frame_was_taken_of_them(warm, job, tmp_path, monkeypatch):
    material = tmp_path / "material"
    for file in material.iterdir():  # old enough for their hashes to be remembered
        os.utime(file, ns=(1, 1))
    library = AssetLibrary(inline_dir=tmp_path / "inline", fetcher=Fetcher(()))
    intake, facts = identified_job(job, library=library, root=material), FactsCache(tmp_path / "facts", FACTS_REVISION)
    await taker(warm, facts, library).take(intake.job, intake.identified, FrameWish(step_id="step-2"))

    def refuse(path, *_arguments, **_options):
        raise OSError(f"{path} was opened")

    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.open", refuse)
        again = identified_job(job, library=library, root=material)
    assert again.identified.assets == intake.identified.assets


async def test_the_process_survives_when_a_time_lies_behind_the_step(job, tmp_path):
    intake, facts, starts = intake_of(job, tmp_path), FactsCache(tmp_path / "facts", FACTS_REVISION), Recorded()
    async with PoolOnDemand(Places(tmp_path / "data"), pools(starts), idle_s=60) as pool:
        late = FrameWish(step_id="step-2", at_ms=STEP_MS + 1)
        with pytest.raises(InvalidPayloadError, match=f"lasts {STEP_MS} ms"):
            await taker(pool.lend, facts).take(intake.job, intake.identified, late)
        async with pool.lend("harbour") as process:
            assert process is starts.made[0]


async def test_the_process_is_killed_when_the_caller_leaves(tmp_path):
    places, starts = Places(tmp_path / "data"), Recorded(sys.executable, str(HANGS))
    intake = intake_of(payload(steps=[{"id": "a", "title": "A lake"}]), tmp_path)
    lent = asyncio.Event()
    async with PoolOnDemand(places, pools(starts), idle_s=60) as pool:

        @asynccontextmanager
        async def lend(project_id):
            async with pool.lend(project_id) as process:
                lent.set()
                yield process

        taking = asyncio.create_task(
            taker(lend, FactsCache(places.facts, FACTS_REVISION)).take(
                intake.job, intake.identified, FrameWish(step_id="a")
            )
        )
        await lent.wait()
        await until(lambda: starts.made[0].state == "busy")
        taking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await taking
        assert starts.made[0].state == "dead"
        assert not starts.made[0].folder.exists()
    assert list(places.work.iterdir()) == []


async def test_a_pool_is_opened_by_the_first_call_and_nothing_outlives_it(tmp_path):
    places, starts = Places(tmp_path / "data"), Recorded()
    async with PoolOnDemand(places, pools(starts), idle_s=60) as pool:
        assert not pool.is_open
        assert not places.work.exists()
        async with pool.lend("azul") as process:
            assert pool.is_open
            await process.run(Probe(work=WORK), ignore, deadline_s=30)
    assert all(process.state in {"new", "dead"} for process in starts.made)
    assert list(places.work.iterdir()) == []


async def test_a_pool_is_closed_after_a_quiet_time_and_opened_again_when_needed(tmp_path):
    places, starts = Places(tmp_path / "data"), Recorded()
    async with PoolOnDemand(places, pools(starts), idle_s=0.05) as pool:
        async with pool.lend("azul") as process:
            # Far longer than the quiet time: what is lent is in use.
            await process.run(Probe(work=WORK), ignore, deadline_s=30)
            assert pool.is_open
        await until(lambda: not pool.is_open)
        await until(lambda: not list(places.work.iterdir()))
        assert process.state == "dead"
        async with pool.lend("azul") as other:
            assert other is not process
            await other.run(Probe(work=WORK), ignore, deadline_s=30)
