from __future__ import annotations

import pytest

from preview_worker.contract import PreviewRequest
from preview_worker.timeline.arrangement import arrangement_of
from preview_worker.timeline.brief import brief_of
from preview_worker.timeline.scene import TextRole
from preview_worker.timeline.stages import stage_of
from support.tutorials import brief, plan, step, tutorial

PLACED = {"assetId": "token", "placement": {"x": 0, "y": 0, "width": 0.2, "height": 0.2}}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"kind": "intro", "visuals": ["board"]}, "title"),
        ({"kind": "end_card"}, "end"),
        ({"kind": "transition"}, "interlude"),
        ({"kind": "transition", "visuals": ["board"]}, "full"),
        ({"text": "Words."}, "text"),
        ({"visuals": ["board"]}, "full"),
        ({"visuals": [PLACED]}, "full"),
        ({"visuals": ["board"], "text": "Words."}, "left"),
        ({"kind": "turn_flow", "visuals": ["board"], "text": "Words."}, "right"),
        ({"visuals": ["board", "card"]}, "grid"),
        ({"visuals": ["board", {"assetId": "card", "startMs": 1000}]}, "full"),
    ],
)
def test_arrangement_follows_what_the_step_has_when_the_layout_is_automatic(fields, expected):
    assert arrangement_of(step(**fields)) == expected


@pytest.mark.parametrize(
    ("layout", "expected"),
    [("full", "full"), ("split_left", "left"), ("picture_right", "right"), ("grid", "grid"), ("text", "text")],
)
def test_arrangement_is_the_payloads_when_it_names_one(layout, expected):
    assert arrangement_of(step(kind="intro", layout=layout, visuals=["board"], text="Words.")) == expected


def staged(raw, **fields):
    given = brief([raw], **fields)
    return stage_of(given, given.request.steps[0], 90, captions=False)


def stacked(stage):
    return [(text.role, text.text) for stack in stage.stacks for text in stack.texts]


def test_title_card_says_the_tutorials_title_when_the_step_has_none():
    stage = staged({"kind": "intro"}, title="Harbour", description="A game of ships.")
    assert stacked(stage) == [(TextRole.TITLE, "Harbour"), (TextRole.DESCRIPTION, "A game of ships.")]
    assert stage.background.second_colour is not None


def test_title_card_shows_the_steps_own_picture_when_it_has_one():
    given = brief([{"kind": "intro", "visuals": ["card"]}, {"visuals": ["board"]}])
    own = stage_of(given, given.request.steps[0], 90, captions=False).background.source
    assert own is not None
    assert own.asset_id == "card"
    borrowed = brief([{"kind": "intro"}, {"visuals": ["token"]}, {"visuals": ["board"]}])
    first = stage_of(borrowed, borrowed.request.steps[0], 90, captions=False).background.source
    assert first is not None
    assert first.asset_id == "board"


def test_interlude_shows_no_picture_when_the_tutorial_has_some():
    given = brief([{"visuals": ["board"]}, {"kind": "transition", "title": "Next"}])
    assert stage_of(given, given.request.steps[1], 90, captions=False).background.source is None


def test_text_card_has_an_accent_rule_when_a_split_has_none():
    assert staged({"title": "A", "text": "B"}).stacks[0].rule is not None
    assert staged({"title": "A", "text": "B", "visuals": ["board"]}).stacks[0].rule is None


def test_full_layout_darkens_the_lower_third_when_it_has_words():
    assert len(staged({"title": "A", "visuals": ["board"]}).gradients) == 1
    assert staged({"visuals": ["board"]}).gradients == ()


def test_split_gives_the_picture_the_side_of_the_layout_when_it_is_named():
    left = staged({"layout": "picture_left", "visuals": ["board"], "text": "B"})
    right = staged({"layout": "picture_right", "visuals": ["board"], "text": "B"})
    assert left.slots[0].x < left.panels[0].box.x
    assert right.slots[0].x > right.panels[0].box.x


def test_split_leaves_room_for_badge_and_reference_when_there_are_some():
    bare = staged({"kind": "components_overview", "visuals": ["board"], "text": "B"}).stacks[0].box
    full = staged({"kind": "setup_step", "visuals": ["board"], "text": "B", "reference": "p. 4"}).stacks[0].box
    assert full.y == bare.y + 52
    assert full.bottom == bare.bottom - 40


def test_pictures_share_the_picture_area_when_a_split_has_several():
    stage = staged({"visuals": ["board", "card", PLACED], "text": "B"})
    assert set(stage.slots) == {0, 1}
    assert stage.slots[0] != stage.slots[1]


def test_pictures_take_turns_in_one_slot_when_they_follow_one_another():
    stage = staged({"visuals": ["board", {"assetId": "card", "startMs": 1000}], "text": "B"})
    assert stage.slots[0] == stage.slots[1]


def test_grid_writes_the_assets_alt_below_its_cell_when_there_is_one():
    raw = {
        "steps": [{"layout": "grid", "visuals": ["board", "card"]}],
        "assets": [{"id": "board", "uri": "b.png", "alt": "The board"}, {"id": "card", "uri": "c.png"}],
        "audio": {},
    }
    given = brief_of(PreviewRequest.model_validate(raw), {})
    stage = stage_of(given, given.request.steps[0], 90, captions=False)
    assert [text.text for text in stage.texts] == ["The board"]
    assert stage.texts[0].box.y == stage.slots[0].bottom + 4
    assert staged({"layout": "grid", "visuals": ["board", "card"]}).texts == ()


def test_grid_shows_nine_pictures_when_it_is_given_more():
    assert set(staged({"layout": "grid", "visuals": ["board"] * 12}).slots) == set(range(9))
    assert set(staged({"visuals": ["board"] * 12, "text": "B"}).slots) == set(range(9))


def test_grid_has_a_panel_for_its_words_when_it_has_some():
    assert staged({"layout": "grid", "visuals": ["board", "card"], "text": "B"}).panels
    assert not staged({"layout": "grid", "visuals": ["board", "card"], "title": "B"}).panels


def test_grid_is_empty_when_it_has_no_pictures():
    assert staged({"layout": "grid", "title": "B"}).slots == {}


@pytest.mark.parametrize("layout", ["full", "text", "grid", "auto"])
@pytest.mark.parametrize("kind", ["setup_step", "intro"])
def test_band_of_captions_is_left_free_when_the_step_has_some(layout, kind):
    given = brief([{"kind": kind, "layout": layout, "title": "A", "visuals": ["board", "card"]}])
    quiet, captioned = (stage_of(given, given.request.steps[0], 90, captions=captions) for captions in (False, True))
    assert bottoms(captioned) < bottoms(quiet)


def bottoms(stage):
    """The lowest row of texts, or of cells where they stand lowest."""
    slots = [box.bottom for box in stage.slots.values() if box != stage.picture_area]
    return max([*slots, *(stack.box.bottom for stack in stage.stacks)])


def test_grid_keeps_clear_of_its_heading_and_of_the_reference_when_it_has_both():
    stage = staged({"layout": "grid", "title": "In the box", "visuals": ["board", "card"], "reference": "p. 2"})
    heading = stage.stacks[0].box
    assert all(box.y >= heading.bottom + 12 for box in stage.slots.values())
    assert all(box.bottom <= 720 - 36 - 28 - 12 for box in stage.slots.values())


@pytest.mark.parametrize("fit", ["contain", "blur_fill"])
def test_picture_that_is_shown_whole_stands_clear_of_the_words_when_it_fills_the_frame(fit):
    step = {"layout": "full", "title": "A card", "text": "One line.", "visuals": [{"assetId": "board", "fit": fit}]}
    scene = plan(tutorial([step, {}])).clips[0].scene
    (picture,), (gradient,) = scene.pictures, scene.gradients
    assert picture.box.bottom <= gradient.box.y + 56
    assert picture.slot.height == scene.height_px


def test_picture_stands_below_the_badge_when_the_frame_is_tall():
    step = {"layout": "full", "title": "A card", "visuals": [{"assetId": "card", "fit": "contain"}]}
    scene = plan(tutorial([step, {}], options={"resolution": "720x1280"})).clips[0].scene
    badge = next(text for text in scene.texts if text.role is TextRole.BADGE)
    assert scene.pictures[0].box.y >= badge.box.bottom
