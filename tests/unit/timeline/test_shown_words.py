"""Which words a step paints."""

from __future__ import annotations

import pytest

from preview_worker.timeline.brief import brief_of
from preview_worker.timeline.shown_words import shown_words
from support.tutorials import FACTS, tutorial

PLACED = {"assetId": "token", "placement": {"x": 0, "y": 0, "width": 0.2, "height": 0.2}}
POINT = {"target": {"x": 0.5, "y": 0.5}}


def words(**fields):
    request = tutorial([{"id": "s", **fields}], title="Moon", description="About the moon.")
    named = [asset.model_copy(update={"alt": f"The {asset.id}"}) for asset in request.assets]
    request = request.model_copy(update={"assets": tuple(named)})
    brief = brief_of(request, FACTS)
    return shown_words(request.steps[0], request, brief.assets)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"kind": "intro"}, ("Moon", "About the moon.")),
        ({"kind": "intro", "title": "Own"}, ("Own", "About the moon.")),
        ({"kind": "intro", "layout": "text", "title": "Own"}, ("Own", "")),
        ({"kind": "end_card"}, ("", "")),
        ({"title": "Own", "text": "Words."}, ("Own", "Words.")),
    ],
)
def test_title_card_alone_has_the_tutorials_words(fields, expected):
    shown = words(**fields)
    assert (shown.title, shown.text) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"layout": "grid", "visuals": ["board", "card"]}, {0: "The board", 1: "The card"}),
        ({"visuals": ["board", "card"]}, {0: "The board", 1: "The card"}),
        ({"layout": "grid", "visuals": [PLACED, "card"]}, {1: "The card"}),
        ({"layout": "grid", "visuals": ["board"] * 11}, dict.fromkeys(range(9), "The board")),
        ({"layout": "grid", "visuals": ["board", "card"], "text": "Words."}, {}),
        ({"layout": "full", "visuals": ["board", "card"]}, {}),
        ({"layout": "grid", "visuals": ["some/path.png"]}, {}),
    ],
)
def test_grids_without_text_alone_caption_their_pictures(fields, expected):
    assert words(**fields).picture_captions == expected


@pytest.mark.parametrize(
    ("layout", "expected"),
    [
        ("full", ("On it", "", "Placed", "Frame", "Note")),
        ("text", ("", "", "Placed", "Frame", "Note")),
    ],
)
def test_callouts_have_words_where_what_they_point_at_is_seen(layout, expected):
    callouts = [
        {"kind": "label", "visual": 0, "text": "On it"} | POINT,
        {"kind": "box", "visual": 0, "text": "  "} | POINT,
        {"kind": "box", "visual": 1, "text": "Placed"} | POINT,
        {"kind": "arrow", "frame": True, "text": "Frame"} | POINT,
        {"kind": "note", "placement": PLACED["placement"], "text": "Note"},
    ]
    assert words(layout=layout, visuals=["board", PLACED], callouts=callouts).callouts == expected


def test_reference_is_painted_in_every_layout():
    assert {words(layout=layout, reference="p. 4").reference for layout in ("auto", "full", "grid", "text")} == {"p. 4"}
