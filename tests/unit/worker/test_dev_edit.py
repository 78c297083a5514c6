from __future__ import annotations

import pytest

from preview_worker.assets.identity import Identified
from preview_worker.assets.library import AbsentAsset, FoundAsset
from preview_worker.contract import validate_job
from preview_worker.worker.dev_edit import edited_step
from preview_worker.worker.intake import Intake
from support.service import payload

STEPS = ({"id": "board", "text": "Board."}, {"id": "deck", "visuals": ["deck"]}, {"id": "end", "kind": "end_card"})


def intake(tmp_path, steps=STEPS, *, deck="a" * 64, **request):
    """A tutorial whose asset `deck` has these bytes; None: it is absent."""
    assets = [{"id": "deck", "uri": request.pop("uri", "deck.png"), "alt": request.pop("alt", "")}]
    job = validate_job(payload(steps=steps, assets=assets, **request)).job
    found = AbsentAsset(reason="x") if deck is None else FoundAsset(path=tmp_path, sha256=deck, size_bytes=1)
    return Intake(job=job, warnings=(), identified=Identified(digest="d", assets={"deck": found}))


def edited(number, **members):
    """The steps, one of them changed."""
    return [step | members if index == number else step for index, step in enumerate(STEPS)]


@pytest.mark.parametrize(
    ("steps", "step"),
    [
        (STEPS, None),
        (edited(1, metadata={"note": 1}), None),
        (edited(1, chapter="Cards"), None),
        (edited(1, title="Deck"), "deck"),
        (edited(2, durationMs=4000), "end"),
        (edited(1, callouts=[{"kind": "box", "target": {"x": 0.5, "y": 0.5}}]), "deck"),
        ([*edited(1, title="Deck")[:2], STEPS[2] | {"title": "End"}], "deck"),
        ([STEPS[0], {"id": "new"}, *STEPS[1:]], "new"),
        ([*STEPS, {"id": "new"}], "new"),
        ([STEPS[0], STEPS[2]], "end"),
        (STEPS[1:], "deck"),
        (STEPS[:2], None),
        ([STEPS[1], STEPS[0], STEPS[2]], "deck"),
        ([STEPS[1], STEPS[0], STEPS[2] | {"title": "End"}], "end"),
        ([], "title"),
    ],
)
def test_edited_step_is_the_first_that_differs_or_stands_elsewhere(tmp_path, steps, step):
    assert edited_step(intake(tmp_path), intake(tmp_path, steps)) == step


def test_edited_step_is_the_first_one_when_nothing_was_looked_at_yet(tmp_path):
    assert edited_step(None, intake(tmp_path)) == "board"


@pytest.mark.parametrize("change", [{"deck": "b" * 64}, {"deck": None}], ids=["bytes", "absence"])
def test_edited_step_is_the_one_that_shows_an_asset_when_that_changed(tmp_path, change):
    assert edited_step(intake(tmp_path), intake(tmp_path, **change)) == "deck"


@pytest.mark.parametrize(("deck", "step"), [("a" * 64, None), (None, "deck")], ids=["there", "missing"])
def test_name_of_a_file_counts_when_it_is_drawn_instead_of_the_picture(tmp_path, deck, step):
    assert edited_step(intake(tmp_path, deck=deck), intake(tmp_path, deck=deck, uri="cards.png")) == step


@pytest.mark.parametrize(
    ("members", "step"), [({"layout": "grid"}, "deck"), ({"layout": "grid", "text": "Words."}, None), ({}, None)]
)
def test_edited_step_is_the_one_that_prints_the_words_of_an_asset_below_its_picture(tmp_path, members, step):
    steps = edited(1, **members)
    assert edited_step(intake(tmp_path, steps), intake(tmp_path, steps, alt="The deck")) == step


@pytest.mark.parametrize(("layout", "step"), [("full", "deck"), ("text", None)])
def test_callouts_words_count_when_their_picture_stands_on_the_frame(tmp_path, layout, step):
    def steps(text):
        callout = {"kind": "label", "target": {"x": 0.5, "y": 0.5}, "text": text}
        return edited(1, layout=layout, callouts=[callout])

    assert edited_step(intake(tmp_path, steps("Here")), intake(tmp_path, steps("There"))) == step


@pytest.mark.parametrize(("layout", "step"), [("auto", "hello"), ("text", None)])
def test_intro_counts_as_edited_when_its_layout_shows_the_tutorials_title(tmp_path, layout, step):
    steps = [{"id": "hello", "kind": "intro", "layout": layout}, *STEPS]
    assert edited_step(intake(tmp_path, steps, title="One"), intake(tmp_path, steps, title="Two")) == step


@pytest.mark.parametrize(
    ("options", "step"),
    [
        ({"theme": {"accent": "#FF0000"}}, "board"),
        ({"includeCaptions": True}, "board"),
        ({"resolution": "640x360"}, "board"),
        ({"quality": "draft"}, None),
        ({"format": "webm"}, None),
        ({"range": {"fromStep": "deck", "toStep": "end"}}, None),
    ],
)
def test_first_step_is_looked_at_when_an_option_changes_every_picture(tmp_path, options, step):
    assert edited_step(intake(tmp_path), intake(tmp_path, options=options)) == step


@pytest.mark.parametrize(("intro", "step"), [({}, "hello"), ({"title": "Own", "text": "Words"}, None)])
def test_intro_counts_as_edited_when_it_shows_the_tutorials_new_title(tmp_path, intro, step):
    steps = [{"id": "hello", "kind": "intro"} | intro, *STEPS]
    assert edited_step(intake(tmp_path, steps, title="One"), intake(tmp_path, steps, title="Two")) == step


def test_inserted_step_is_found_when_steps_are_named_by_their_places(tmp_path):
    before = [{"text": "one"}, {"text": "three"}]
    after = [{"text": "one"}, {"text": "two"}, {"text": "three"}]
    assert edited_step(intake(tmp_path, before), intake(tmp_path, after)) == "step-2"


def test_title_card_counts_as_edited_when_a_tutorial_without_steps_gets_another_title(tmp_path):
    assert edited_step(intake(tmp_path, []), intake(tmp_path, [], title="Sun")) == "title"
    assert edited_step(intake(tmp_path, []), intake(tmp_path, [])) is None
