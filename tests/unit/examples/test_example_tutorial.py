"""The example tutorial is valid, complete, and points at what is really in its pictures."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from preview_worker.contract import (
    Callout,
    CalloutKind,
    Fit,
    Layout,
    MotionType,
    PreviewRequest,
    Step,
    StepKind,
    read_document,
    validate_job,
    validate_request,
)

EXAMPLE = Path(__file__).parents[3] / "examples" / "brumelac"
ASSETS = EXAMPLE / "assets"
ASSETS_MAX_BYTES = 4 * 1024 * 1024


@pytest.fixture(scope="module")
def bare() -> Any:
    return read_document((EXAMPLE / "tutorial.yaml").read_bytes(), name="tutorial.yaml", format="yaml").raw


@pytest.fixture(scope="module")
def job() -> Any:
    return read_document((EXAMPLE / "tutorial.json").read_bytes(), name="tutorial.json", format="json").raw


@pytest.fixture(scope="module")
def request_(bare: Any) -> PreviewRequest:
    verdict = validate_request(bare, strict=True)
    assert verdict.job is not None
    return verdict.job.preview_request


def shown_asset(step: Step, callout: Callout) -> str:
    if callout.visual is not None:
        visual = next(visual for visual in step.visuals if visual.id == callout.visual)
    else:
        (visual,) = step.visuals
    assert visual.asset_id is not None
    return visual.asset_id


def callouts(request_: PreviewRequest) -> Iterator[tuple[Step, Callout]]:
    return ((step, callout) for step in request_.steps for callout in step.callouts)


def box_of(callout: Callout) -> list[float]:
    target = callout.target
    assert target is not None
    if target.width is None or target.height is None:
        return [target.x, target.y]
    return [target.x, target.y, target.width, target.height]


def test_both_files_hold_the_same_request_when_read(bare: Any, job: Any) -> None:
    assert job["previewRequest"] == bare


def test_job_file_is_valid_without_a_warning_when_validated_strictly(job: Any) -> None:
    verdict = validate_job(job, strict=True)
    assert verdict.errors == ()
    assert verdict.warnings == ()
    assert not job["dryRun"]


def test_yaml_file_is_valid_without_a_warning_when_validated_strictly(bare: Any) -> None:
    verdict = validate_request(bare, strict=True)
    assert verdict.errors == ()
    assert verdict.warnings == ()


def test_every_asset_is_used_and_lies_there_when_the_tutorial_names_it(request_: PreviewRequest) -> None:
    assert set(request_.referenced_asset_ids()) == {asset.id for asset in request_.assets}
    named = {EXAMPLE / str(asset.source) for asset in request_.assets}
    assert named == set(ASSETS.iterdir())


def test_assets_stay_small_and_pictures_wide_when_committed() -> None:
    assert sum(path.stat().st_size for path in ASSETS.iterdir()) <= ASSETS_MAX_BYTES
    for path in ASSETS.glob("*.[jp][pn]g"):
        with Image.open(path) as picture:
            assert picture.width >= 1400, path.name


@pytest.mark.parametrize("name", ["route-card.png", "lamp-token.png"])
def test_cut_out_has_clear_corners_and_a_solid_middle_when_opened(name: str) -> None:
    with Image.open(ASSETS / name) as picture:
        alpha = picture.getchannel("A")
    assert alpha.getpixel((0, 0)) == 0
    assert alpha.getpixel((alpha.width // 2, alpha.height // 2)) == 255


def test_every_callout_points_at_a_thing_noted_while_drawing_when_it_has_a_target(request_: PreviewRequest) -> None:
    anchors = json.loads((EXAMPLE / "anchors.json").read_text("utf-8"))
    uris = {asset.id: Path(str(asset.source)).name for asset in request_.assets}
    for step, callout in callouts(request_):
        noted = anchors[uris[shown_asset(step, callout)]].values()
        assert box_of(callout) in list(noted), f"{step.id}: {callout.kind}"


def test_every_anchor_lies_inside_its_picture_when_noted() -> None:
    anchors = json.loads((EXAMPLE / "anchors.json").read_text("utf-8"))
    assert set(anchors) == {path.name for path in ASSETS.glob("*.[jp][pn]g")}
    for name, places in anchors.items():
        for place, (x, y, *size) in places.items():
            width, height = size or (0, 0)
            assert x >= 0, (name, place)
            assert y >= 0, (name, place)
            assert x + width <= 1, (name, place)
            assert y + height <= 1, (name, place)


def test_tutorial_shows_every_kind_layout_and_fit_when_read(request_: PreviewRequest) -> None:
    steps = request_.steps
    assert 10 <= len(steps) <= 12
    assert {step.kind for step in steps} == set(StepKind)
    assert {step.layout for step in steps} == set(Layout)
    assert {visual.fit for step in steps for visual in step.visuals} >= set(Fit)


def test_tutorial_shows_the_motions_and_callouts_an_author_needs_when_read(request_: PreviewRequest) -> None:
    motions = {visual.motion.type for step in request_.steps for visual in step.visuals if visual.motion is not None}
    assert motions == set(MotionType)
    kinds = {callout.kind for _, callout in callouts(request_)}
    assert kinds == set(CalloutKind) - {CalloutKind.NOTE}


def test_texts_carry_what_careless_programs_lose_when_read(request_: PreviewRequest) -> None:
    texts = " ".join(f"{step.title} {step.text}" for step in request_.steps)
    for sign in ("«", "»", "è", "é", "%"):
        assert sign in texts


def test_music_joins_its_end_to_its_start_when_repeated() -> None:
    with av.open(str(ASSETS / "music.ogg")) as container:
        stream = container.streams.audio[0]
        blocks = [frame.to_ndarray() for frame in container.decode(stream)]
        assert stream.rate == 48_000
        assert stream.channels == 2
    sound = np.concatenate(blocks, axis=1)
    steps = np.abs(np.diff(sound, axis=1))
    assert 20 <= sound.shape[1] / 48_000 <= 30
    assert np.abs(sound[:, 0] - sound[:, -1]).max() <= steps.max()
    assert np.abs(sound).max() < 0.7
