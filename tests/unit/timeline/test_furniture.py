from __future__ import annotations

import pytest

from preview_worker.timeline import furniture
from preview_worker.timeline.colour import MINIMUM_CONTRAST, contrast
from preview_worker.timeline.palette import HOUSE
from preview_worker.timeline.scene import TextRole
from support.tutorials import FURNITURE_OFF, brief, plan, tutorial

LIGHT = {"background": "#FAFAF5", "text": "#202020"}

STEPS = [
    {"id": "intro", "kind": "intro"},
    {"id": "a"},
    {"id": "b", "kind": "turn_flow"},
    {"id": "quiet", "badge": False},
    {"id": "end", "kind": "end_card"},
]


def badges(**fields):
    given = brief(STEPS, **fields)
    return [furniture.badge_text(given, step) for step in given.request.steps]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", [None, "Step 1/3", "Step 2/3", None, None]),
        ("fr", [None, "Étape 1/3", "Étape 2/3", None, None]),
        ("de", [None, "1/3", "2/3", None, None]),
    ],
)
def test_badge_counts_setup_steps_and_turns_when_the_language_is(language, expected):
    assert badges(language=language) == expected


def test_badge_shows_what_was_asked_for_when_a_style_is_given():
    assert badges(options={"furniture": {"badge": "i"}}) == [None, "Step 1", "Step 2", None, None]
    assert badges(options={"furniture": FURNITURE_OFF}) == [None] * 5


def test_progress_is_filled_up_to_the_step_when_it_is_wanted():
    given = brief(STEPS)
    lines = [furniture.progress(given, step) for step in given.request.steps]
    assert [(line.cells, line.filled) for line in lines if line] == [(5, n) for n in range(1, 6)]
    off = brief(STEPS, options={"furniture": FURNITURE_OFF})
    assert furniture.progress(off, off.request.steps[0]) is None


def test_reference_stands_at_the_bottom_right_when_the_step_has_one():
    given = brief([{"reference": "Rules, p. 4"}, {}])
    area = given.frame.safe
    text = furniture.reference(given, given.request.steps[0], area, HOUSE, 60)
    assert text is not None
    assert (text.text, text.align, text.box.bottom, text.box.right) == ("Rules, p. 4", "right", area.bottom, area.right)
    assert furniture.reference(given, given.request.steps[1], area, HOUSE, 60) is None


def test_watermark_stands_at_the_top_right_when_there_is_one():
    mark = furniture.watermark(brief([{}], options={"watermark": "Draft"}), HOUSE.background, 60)
    assert mark is not None
    assert (mark.text, mark.box.right, mark.box.y, mark.colour) == ("Draft", 1216, 36, "#FFFFFF")
    assert furniture.watermark(brief([{}]), HOUSE.background, 60) is None


@pytest.mark.parametrize("theme", [{}, LIGHT])
@pytest.mark.parametrize("layout", ["full", "picture_left", "text"])
def test_badge_is_readable_on_its_pill_when_the_theme_is_light_or_dark(theme, layout):
    raw = {"title": "A", "text": "B", "visuals": ["board"], "layout": layout}
    scene = plan(tutorial([raw], options={"theme": theme})).clips[0].scene
    (badge,) = [text for text in scene.texts if text.role is TextRole.BADGE]
    assert contrast(badge.colour, scene.palette.panel) >= MINIMUM_CONTRAST


@pytest.mark.parametrize(
    ("fields", "dark"),
    [
        ({"layout": "text"}, True),
        ({"layout": "picture_left", "visuals": ["board"]}, True),
        ({"layout": "picture_right", "visuals": ["board"]}, False),
        ({"layout": "full", "visuals": ["board"]}, False),
        ({"layout": "full", "visuals": ["lost"]}, True),
        ({"layout": "full", "visuals": ["token"]}, True),
        ({"kind": "intro"}, True),
        ({"kind": "intro", "visuals": ["board"]}, False),
    ],
)
def test_watermark_is_dark_on_a_light_ground_when_no_picture_is_behind_it(fields, dark):
    raw = {"title": "A", "text": "B"} | fields
    scene = plan(tutorial([raw], options={"theme": LIGHT, "watermark": "Draft"})).clips[0].scene
    (mark,) = [text for text in scene.texts if text.role is TextRole.WATERMARK]
    assert (contrast(mark.colour, LIGHT["background"]) >= MINIMUM_CONTRAST) is dark


def test_watermark_of_the_poster_is_dark_when_it_lies_on_a_light_ground():
    poster = plan(tutorial([{}], options={"theme": LIGHT, "watermark": "Draft"})).poster
    assert contrast(poster.texts[0].colour, LIGHT["background"]) >= MINIMUM_CONTRAST


def badge_of(**fields):
    """The badge of a full picture with a callout around its top left corner."""
    around = {"kind": "box", "target": {"x": 0.0, "y": 0.0, "width": 0.3, "height": 0.3}}
    raw = {"layout": "full", "visuals": [{"assetId": "board", "motion": {"type": "hold"}}], "callouts": [around]}
    scene = plan(tutorial([raw | fields.pop("step", {})], **fields)).clips[0].scene
    return next(text for text in scene.texts if text.role is TextRole.BADGE)


def test_badge_gives_way_when_a_callout_points_below_it():
    assert badge_of().align == "right"
    assert badge_of(step={"callouts": []}).align == "left"


def test_badge_stays_when_its_other_corner_is_taken():
    whole = {"kind": "box", "target": {"x": 0.0, "y": 0.0, "width": 1.0, "height": 0.3}}
    assert badge_of(step={"callouts": [whole]}).align == "left"
    assert badge_of(options={"watermark": "Draft"}).align == "left"


def test_badges_place_grows_with_its_words_when_they_are_longer():
    given = brief(STEPS, options={"theme": {"fontScale": 2}})
    plain = brief(STEPS)
    step, area = plain.request.steps[1], plain.frame.safe
    small, large = (furniture.badge_place(each, step, area) for each in (plain, given))
    assert small is not None
    assert large is not None
    assert (small.x, small.y, small.height) == (area.x, area.y, 36)
    assert (large.height, large.width > small.width) == (50, True)
    assert furniture.badge_place(plain, plain.request.steps[0], area) is None
    assert furniture.badge_place(plain, step, area, right=True).right == area.right


@pytest.mark.parametrize("layout", ["text", "full", "picture_right"])
def test_watermark_stands_on_the_line_of_the_badge_when_both_are_shown(layout):
    step = {"layout": layout, "title": "Row on", "text": "One oil.", "visuals": ["board"] if layout != "text" else []}
    scene = plan(tutorial([step, {}], options={"watermark": "Draft"})).clips[0].scene
    badge, mark = (
        next(text for text in scene.texts if text.role is role) for role in (TextRole.BADGE, TextRole.WATERMARK)
    )
    assert (badge.box.y, badge.box.height) == (mark.box.y, mark.box.height)
