from __future__ import annotations

import pytest

from preview_worker.timeline.lower_third import LEAD_U, darkening, words_box
from support.tutorials import brief

LONG = "A heading that needs more than a single line because it says so much about the lake, the boats and the lamps"
SHAPES = ("1280x720", "1920x1080", "1024x768", "720x720", "720x1280", "160x90")


def third(raw, *, captions=False, **options):
    """Box of the words and top of the darkening."""
    given = brief([raw], options=options)
    step = given.request.steps[0]
    box = words_box(given, step, captions=captions)
    return box, [gradient.box for gradient in darkening(given, step, box)]


@pytest.mark.parametrize("resolution", SHAPES)
def test_darkening_begins_a_little_above_the_words_when_they_are_few(resolution):
    box, (dark,) = third({"title": "Row"}, resolution=resolution)
    height = int(resolution.split("x")[1])
    unit = min(int(side) for side in resolution.split("x")) / 720
    assert dark.y == pytest.approx(box.bottom - (40 * 1.15 + LEAD_U) * unit, abs=4)
    assert dark.y > 0.7 * height
    assert dark.bottom == height


def test_darkening_grows_with_the_words_and_their_size_when_there_are_more():
    tops = [
        third(raw, **options)[1][0].y
        for raw, options in (
            ({"title": "Row"}, {}),
            ({"title": "Row", "text": "Up to two channels."}, {}),
            ({"title": LONG, "text": "Up to two channels."}, {}),
            ({"title": LONG, "text": "Up to\ntwo channels."}, {}),
        )
    ]
    assert tops == sorted(tops, reverse=True)
    assert len(set(tops)) == 4
    assert third({"title": "Row"}, theme={"fontScale": 1.5})[1][0].y < tops[0]


def test_darkening_counts_wide_letters_twice_when_the_script_has_them():
    assert third({"title": "\u6e56" * 35})[1][0].y < third({"title": "n" * 35})[1][0].y


@pytest.mark.parametrize("resolution", SHAPES)
def test_darkening_stays_near_the_box_when_the_words_are_too_many_for_it(resolution):
    box, (dark,) = third({"title": LONG, "text": LONG * 3}, resolution=resolution, theme={"fontScale": 2})
    unit = min(int(side) for side in resolution.split("x")) / 720
    assert dark.y >= box.y - LEAD_U * unit - 4


def test_nothing_is_darkened_when_there_are_no_words():
    assert third({"visuals": ["board"]})[1] == []


@pytest.mark.parametrize(
    ("resolution", "reference", "lift_px"),
    [
        ("1280x720", "p. 4", 0),
        ("1280x720", "Rulebook, second part, p. 4", 40),
        ("720x720", "p. 4", 40),
        ("720x1280", "p. 4", 40),
    ],
)
def test_words_are_lifted_above_the_reference_when_it_would_reach_below_them(resolution, reference, lift_px):
    bare, _ = third({"title": "Row"}, resolution=resolution)
    lifted, _ = third({"title": "Row", "reference": reference}, resolution=resolution)
    assert bare.bottom - lifted.bottom == lift_px


@pytest.mark.parametrize("resolution", SHAPES)
def test_words_stand_above_the_captions_when_there_are_some(resolution):
    bare, _ = third({"title": "Row"}, resolution=resolution)
    lifted, _ = third({"title": "Row", "reference": "p. 4"}, captions=True, resolution=resolution)
    assert lifted.bottom < bare.bottom


def test_reference_alone_is_darkened_when_there_are_no_other_words():
    box, (dark,) = third({"reference": "Rulebook p. 7"})
    assert dark.bottom == 720
    assert dark.y > box.bottom - 120
