"""Fingerprints tell what of a step differs, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from preview_worker.render.changes import differing
from preview_worker.timeline.fingerprints import fingerprints, title_card_fingerprints
from support.tutorials import FACTS, picture, sound, tutorial


def recording(duration_ms):
    """A recording unlike those of other lengths."""
    return replace(sound(duration_ms), sha256=f"{duration_ms:064}")


VOICES = {"voice": recording(3000)}
STEP = {
    "id": "s",
    "title": "The board",
    "text": "Place it.",
    "visuals": [{"assetId": "board", "startMs": 0}],
    "callouts": [{"kind": "circle", "target": {"x": 0.5, "y": 0.5}, "text": "Here"}],
    "narrationAssetId": "voice",
    "durationMs": 6000,
}
ASSETS = ("board", "card", "lost", "voice")


def prints(changed=(), facts=(), **request):
    step = STEP | dict(changed)
    found = fingerprints(tutorial([step], assets=ASSETS, **request), FACTS | VOICES | dict(facts))
    return found["s"]


def aspects(**changes):
    return [aspect.value for aspect in differing(prints(), prints(**changes))]


def visual(**changes):
    return {"changed": {"visuals": [STEP["visuals"][0] | changes]}}


def callout(**changes):
    return {"changed": {"callouts": [STEP["callouts"][0] | changes]}}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"changed": {"title": "The map"}}, ["text"]),
        ({"changed": {"text": "Lay it down."}}, ["text"]),
        ({"changed": {"narration": "Lay it down."}}, ["text"]),
        ({"changed": {"reference": "p. 4"}}, ["text"]),
        (callout(text="There"), ["text"]),
        (visual(assetId="card"), ["picture"]),
        (visual(assetId="lost"), ["picture"]),
        (visual(fit="contain"), ["picture"]),
        (callout(target={"x": 0.4, "y": 0.5}), ["picture"]),
        (callout(kind="box"), ["picture"]),
        ({"changed": {"layout": "full"}}, ["picture"]),
        ({"changed": {"background": "#102030"}}, ["picture"]),
        ({"options": {"theme": {"primary": "#00AA00"}}}, ["picture"]),
        ({"options": {"resolution": "720x1280"}}, ["picture"]),
        ({"facts": {"board": picture("another")}}, ["picture"]),
        (visual(motion={"type": "hold"}), ["motion"]),
        (visual(enter="fade"), ["motion"]),
        (callout(pulse=True), ["motion"]),
        ({"changed": {"transition": {"type": "cut"}}}, ["motion"]),
        ({"facts": {"voice": recording(2500)}}, ["sound"]),
        ({"facts": {"voice": recording(9000)}}, ["sound", "timing"]),
        ({"audio": {"profile": "youtube-14"}}, ["sound"]),
        ({"audio": {"narration": "silent"}}, ["sound"]),
        ({"audio": {"music": {"assetId": "voice"}}}, ["sound"]),
        ({"changed": {"durationMs": 7000}}, ["timing"]),
        (visual(startMs=500), ["timing"]),
        (callout(endMs=4000), ["timing"]),
        (callout(at="Place it"), ["timing"]),
    ],
)
def test_fingerprints_differ_in_what_changed_when_one_value_did(changes, expected):
    assert aspects(**changes) == expected


@pytest.mark.parametrize(
    "same",
    [
        {},
        {"title": "Another title"},
        {"options": {"resolution": "1920x1080", "fps": 24, "quality": "draft", "format": "webm"}},
        {"options": {"compareTo": "moon"}},
        {"metadata": {"page": 3}},
    ],
)
def test_fingerprints_are_the_same_when_the_video_only_looks_at_another_quality(same):
    assert aspects(**same) == []


def test_fingerprints_are_the_same_when_a_step_stands_elsewhere():
    first = fingerprints(tutorial([STEP, {"id": "other", "text": "x"}], assets=ASSETS), FACTS | VOICES)
    second = fingerprints(tutorial([{"id": "other", "text": "x"}, STEP], assets=ASSETS), FACTS | VOICES)
    assert first == second


def test_fingerprints_are_the_same_when_an_asset_only_has_another_name():
    renamed = STEP | {"visuals": [{"assetId": "plank", "startMs": 0}]}
    facts = FACTS | VOICES | {"plank": FACTS["board"]}
    assert fingerprints(tutorial([renamed], assets=("plank", "voice")), facts)["s"] == prints()


@pytest.mark.parametrize(
    ("uri", "expected"), [("new/lost.png", []), ("found.png", ["picture"]), ("new\\found.png", ["picture"])]
)
def test_fingerprints_tell_the_picture_when_a_missing_one_is_drawn_with_another_files_name(uri, expected):
    request = tutorial([{"id": "s", "visuals": ["lost"]}], assets=("lost",))
    moved = request.model_copy(update={"assets": (request.assets[0].model_copy(update={"uri": uri}),)})
    shown = [fingerprints(each, FACTS)["s"] for each in (request, moved)]
    assert [aspect.value for aspect in differing(*shown)] == expected


def test_fingerprints_tell_the_sound_when_a_draft_voice_says_other_words():
    step = {"id": "s", "text": "Place it.", "durationMs": 5000}
    spoken = [
        fingerprints(tutorial([step]), FACTS | {"voice:en:s": recording(length_ms)})["s"] for length_ms in (1000, 1100)
    ]
    assert [aspect.value for aspect in differing(*spoken)] == ["sound"]


def test_title_card_has_fingerprints_of_the_tutorials_words():
    cards = [title_card_fingerprints(tutorial([], title=title), {}) for title in ("Moon", "Sun")]
    assert [aspect.value for aspect in differing(*cards)] == ["text"]


def test_fingerprints_tell_the_text_when_an_intro_shows_the_tutorials_words():
    intro = {"id": "s", "kind": "intro"}
    shown = [fingerprints(tutorial([intro], title=title), {})["s"] for title in ("Moon", "Sun")]
    assert [aspect.value for aspect in differing(*shown)] == ["text"]


def test_fingerprints_tell_the_text_when_a_grid_prints_other_words_below_its_pictures():
    grid = {"id": "s", "layout": "grid", "visuals": ["board"]}
    request = tutorial([grid], assets=("board",))
    named = request.model_copy(update={"assets": (request.assets[0].model_copy(update={"alt": "A board"}),)})
    shown = [fingerprints(each, FACTS)["s"] for each in (request, named)]
    assert [aspect.value for aspect in differing(*shown)] == ["text"]
