from __future__ import annotations

import pytest

from preview_worker.errors import AssetError
from preview_worker.timeline.checks import asset_notes, refuse_wrong_media
from preview_worker.timeline.model import MissingFacts, UnprobedFacts
from support.tutorials import FACTS, sound, tutorial


def noted(steps, *, facts=FACTS, assets=("board", "card"), **fields):
    notes = asset_notes(tutorial(steps, assets=assets, **fields), facts)
    return [(note.code, note.step_id, note.value) for note in notes]


def test_nothing_is_noted_when_every_asset_is_there_and_used():
    assert noted([{"visuals": ["board"]}, {"visuals": ["card"]}]) == []


def test_missing_asset_is_noted_once_a_step_when_it_is_shown_twice():
    used = [{"visuals": ["lost", "lost"]}, {"visuals": ["lost"]}]
    assert noted(used, assets=["lost"]) == [("asset-missing", "step-1", "lost"), ("asset-missing", "step-2", "lost")]


def test_missing_music_is_noted_for_the_whole_video():
    steps = [{"visuals": ["board"]}]
    found = noted(steps, assets=["board", "lost"], audio={"music": {"assetId": "lost"}})
    assert found == [("asset-missing", None, "lost")]


def test_missing_picture_is_noted_by_its_path_when_it_is_no_asset():
    facts = {"path:pictures/a.png": MissingFacts(reason="no such file")}
    found = noted([{"visuals": ["pictures/a.png"]}], facts=facts, assets=())
    assert found == [("asset-missing", "step-1", "pictures/a.png")]


def test_unused_asset_is_noted_when_neither_step_nor_music_uses_it():
    steps = [{"visuals": ["board"]}]
    assert noted(steps) == [("asset-unused", None, "card")]
    assert noted(steps, audio={"music": {"assetId": "card"}}) == []


def test_picture_is_noted_when_more_than_three_steps_show_it():
    steps = [{"visuals": ["board", "board"]}] * 3
    assert noted(steps, assets=["board"]) == []
    assert noted([*steps, {"visuals": ["board"]}], assets=["board"]) == [("picture-reused", "step-4", 4)]


@pytest.mark.parametrize(
    ("step", "fields", "fault"),
    [
        ({"visuals": ["voice"]}, {}, "voice can't be used: step step-1 shows it, but it is a sound"),
        ({"narrationAssetId": "board"}, {}, "board can't be used: step step-1 speaks it, but it is a picture"),
        ({}, {"audio": {"music": {"assetId": "board"}}}, "board can't be used: it is the music, but a picture"),
    ],
)
def test_an_asset_is_refused_when_it_is_of_the_other_kind(step, fields, fault):
    request = tutorial([step], assets=["board", "voice"], **fields)
    with pytest.raises(AssetError, match=fault) as refused:
        refuse_wrong_media(request, {**FACTS, "voice": sound(1000)})
    assert refused.value.code == "asset-undecodable"


@pytest.mark.parametrize(
    ("facts", "codes"),
    [
        (sound(1000), []),
        (UnprobedFacts(sha256="0" * 64), []),
        (MissingFacts(reason="gone"), ["asset-missing", "narration-missing"]),
    ],
)
def test_narration_is_noted_when_its_file_is_missing(facts, codes):
    steps = [{"text": "Words.", "narrationAssetId": "voice"}]
    assert [code for code, *_ in noted(steps, facts={"voice": facts}, assets=["voice"])] == codes


def test_narration_is_noted_when_there_are_words_and_no_file_and_silence_was_not_asked_for():
    steps = [{"text": "Words."}, {"text": "Words.", "narration": ""}, {"kind": "intro", "text": "Words."}]
    assert noted(steps, assets=()) == [("narration-missing", "step-1", 1)]
    assert noted(steps, assets=(), audio={"narration": "silent"}) == []
