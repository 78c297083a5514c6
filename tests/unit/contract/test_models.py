from __future__ import annotations

import pytest
from pydantic import ValidationError

from preview_worker.contract import (
    Asset,
    Layout,
    OnMissingAsset,
    Options,
    PreviewRequest,
    Priority,
    Rect,
    Step,
    StepKind,
    TransitionType,
    spoken,
    validate_job,
)


def request(**members) -> PreviewRequest:
    return PreviewRequest.model_validate({"steps": [], "assets": [], "audio": {}, **members})


def test_step_has_its_defaults_when_nothing_is_said():
    step = request(steps=[{}, {"id": "own"}]).steps[0]
    assert step.id == "step-1"
    assert step.kind is StepKind.SETUP_STEP
    assert (step.transition.type, step.transition.duration_ms) == (TransitionType.CROSSFADE, 500)
    assert step.layout is Layout.AUTO
    assert step.badge is True


def test_request_survives_a_round_trip_when_it_was_filled_with_defaults():
    made = request(
        assets=[{"id": "a", "uri": "a.png"}],
        steps=[{"body": "x", "visuals": ["a", "b.png", {"assetId": "a", "motion": {"type": "pan", "from": None}}]}],
        options={"quality": "high"},
    )
    assert PreviewRequest.model_validate(made.model_dump(mode="json", by_alias=True)) == made
    assert PreviewRequest.model_validate(made.model_dump()) == made


def test_visual_is_an_asset_when_its_text_names_one_and_a_path_otherwise():
    visuals = (
        request(assets=[{"id": "é", "uri": "a.png"}], steps=[{"visuals": ["e\u0301", "dir/b.png"]}]).steps[0].visuals
    )
    assert [(visual.asset_id, visual.path) for visual in visuals] == [("é", None), (None, "dir/b.png")]


def test_step_text_is_its_body_when_only_body_is_given():
    assert request(steps=[{"body": "words"}]).steps[0].text == "words"


@pytest.mark.parametrize(
    ("written", "meant"), [("split_left", Layout.PICTURE_LEFT), ("split_right", Layout.PICTURE_RIGHT)]
)
def test_layout_is_its_own_name_when_an_alias_is_written(written, meant):
    assert request(steps=[{"layout": written}]).steps[0].layout is meant


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"text": "shown"}, "shown"),
        ({"text": "shown", "narration": "said"}, "said"),
        ({"text": "shown", "narration": ""}, ""),
        ({"text": "shown", "kind": "intro"}, ""),
        ({"text": "shown", "kind": "end_card"}, ""),
        ({"text": "shown", "kind": "transition", "narration": "said"}, "said"),
    ],
)
def test_spoken_gives_narration_or_text_when_the_kind_speaks(members, words):
    assert spoken(Step.model_validate(members)) == words


@pytest.mark.parametrize(
    ("members", "source"),
    [
        ({"uri": "a", "path": "b"}, "a"),
        ({"uri": "", "path": "b", "fileName": "c"}, "b"),
        ({"fileName": "c", "previewUrl": "https://x.example/d"}, "c"),
        ({"previewUrl": "https://x.example/d"}, "https://x.example/d"),
        ({"previewUrl": "/thumb/d.png"}, None),
        ({}, None),
    ],
)
def test_asset_source_is_the_first_present_place_when_several_are_given(members, source):
    assert Asset.model_validate({"id": "a", **members}).source == source


def test_options_know_their_size_when_a_resolution_is_given():
    options = Options(resolution="0640x0360")
    assert (options.width_px, options.height_px, options.resolution) == (640, 360, "640x360")


@pytest.mark.parametrize(
    ("options", "strict", "effect"),
    [
        ({}, False, OnMissingAsset.PLACEHOLDER),
        ({"quality": "high"}, False, OnMissingAsset.FAIL),
        ({"quality": "high", "onMissingAsset": "placeholder"}, False, OnMissingAsset.PLACEHOLDER),
        ({}, True, OnMissingAsset.FAIL),
        ({"onMissingAsset": "placeholder"}, True, OnMissingAsset.PLACEHOLDER),
    ],
)
def test_missing_asset_fails_by_default_when_strict_or_of_high_quality(options, strict, effect):
    raw = {
        "jobId": "a",
        "projectId": "b",
        "requestId": "c",
        "dryRun": False,
        "previewRequest": {"steps": [], "assets": [], "audio": {}, "options": options},
    }
    job = validate_job(raw, strict=strict).job
    assert job is not None
    assert job.preview_request.options.on_missing_asset is effect
    assert job.priority is Priority.NORMAL


def test_referenced_assets_are_listed_once_in_order_when_used_several_times():
    made = request(
        assets=[{"id": name, "uri": f"{name}.bin"} for name in "abcd"],
        steps=[{"visuals": ["b", "a"], "narrationAssetId": "c"}, {"visuals": ["a"]}],
        audio={"music": {"assetId": "d"}},
    )
    assert made.referenced_asset_ids() == ("b", "a", "c", "d")
    found = made.asset("c")
    assert found is not None
    assert found.uri == "c.bin"
    assert made.asset("z") is None


def test_models_refuse_change_when_someone_tries():
    rect = Rect(x=0, y=0, width=0.7, height=1)
    with pytest.raises(ValidationError, match="frozen"):
        rect.x = 0.5


def test_text_is_cleaned_when_a_model_is_built():
    assert Step.model_validate({"title": "a\u202e\tb"}).title == "a b"
