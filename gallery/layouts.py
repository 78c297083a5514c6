"""Shots of layouts, cards, cut-outs, placements and missing pictures."""

from __future__ import annotations

from gallery.shot import BOTH, EVERY, Chapter, Shot

ROWING = "Row along the buoys to a neighbouring island: one oil a stretch, two through mist."
NINE = ("lamps", "boats", "cards", "dice", "oil", "mat", "rowing", "lighting", "dawn")

LAYOUTS = Chapter(
    heading="Layouts",
    words="The panel explains, the picture demonstrates. Portrait and square frames put one above the other.",
    shots=(
        Shot(
            name="full",
            words="Full: the picture to the edges, words in a lower third",
            step={"kind": "turn_flow", "layout": "full", "title": "Row on", "text": ROWING, "visuals": ["rowing"]},
            shapes=EVERY,
            golden=True,
        ),
        Shot(
            name="full-no-words",
            words="Full without words: nothing darkens the picture",
            step={"layout": "full", "visuals": ["dawn"], "reference": "Rulebook p. 7"},
        ),
        Shot(
            name="split-left",
            words="Split, picture left",
            step={
                "layout": "split_left",
                "title": "The lake at dusk",
                "text": "Boats at the Vieux-Quai, moon on the first space.",
                "visuals": ["board"],
                "reference": "Rulebook p. 3",
            },
            shapes=EVERY,
            golden=True,
        ),
        Shot(
            name="split-right",
            words="Split, picture right, cut to fill",
            step={
                "kind": "turn_flow",
                "layout": "split_right",
                "title": "Roll the mist",
                "text": "50 % of the sides show mist, the others a drop of oil.",
                "visuals": [{"assetId": "dice", "fit": "cover"}],
                "reference": "Rulebook p. 5",
            },
            golden=True,
        ),
        Shot(
            name="split-two",
            words="Split with two pictures",
            step={
                "layout": "split_left",
                "title": "Oil and lamps",
                "text": "A drop of oil for each stretch you row, a lamp for each island you light.",
                "visuals": ["oil", "lamps"],
            },
        ),
        Shot(
            name="grid-2",
            words="Grid of two, `alt` below each",
            step={"layout": "grid", "title": "Your own pieces", "visuals": ["mat", "boats"]},
        ),
        Shot(
            name="grid-4",
            words="Grid of four",
            step={"layout": "grid", "title": "In the box", "visuals": list(NINE[:4]), "reference": "Rulebook p. 2"},
            shapes=EVERY,
            golden=True,
        ),
        Shot(
            name="grid-9",
            words="Grid of nine",
            step={"layout": "grid", "title": "Everything at a glance", "visuals": list(NINE)},
        ),
        Shot(
            name="text",
            words="Text card",
            step={
                "layout": "text",
                "title": "Who begins?",
                "text": "Whoever last saw a sunrise takes the dice and calls:\n« Que la lumière traverse la brume ! »",
                "reference": "Rulebook p. 4",
            },
            golden=True,
        ),
    ),
)

CARDS = Chapter(
    heading="Cards",
    words="The game is recognised behind the words, and the words keep their contrast.",
    shots=(
        Shot(
            name="card-title",
            words="Title card over its picture",
            step={
                "kind": "intro",
                "title": "Brumelac: rowing the misty lake",
                "text": "2–4 lamplighters · 30 minutes · from 8 years",
                "visuals": ["table"],
            },
            golden=True,
        ),
        Shot(
            name="card-title-plain",
            words="Title card without a picture: two quiet colours",
            step={"kind": "intro", "title": "Brumelac", "text": "Light the lake before the morning comes."},
            golden=True,
        ),
        Shot(
            name="card-interlude",
            words="Between two chapters",
            step={"kind": "transition", "title": "Setting up", "text": "Four steps, and you can set sail."},
        ),
        Shot(
            name="card-end",
            words="End card",
            step={
                "kind": "end_card",
                "title": "The morning comes",
                "text": "Most points win. Bonne traversée !",
                "visuals": ["dawn"],
            },
        ),
    ),
)

PICTURES = Chapter(
    heading="Pictures",
    words="Cut-outs stand free with their own shadow; placed pictures leave the layout; a missing file is said so.",
    shots=(
        Shot(
            name="cut-out",
            words="Cut-out in a split layout",
            step={
                "layout": "split_left",
                "title": "Deal three routes to everybody and lay four more face up",
                "text": "Each route names two islands. Light both to score it.",
                "visuals": ["route-card"],
            },
            golden=True,
        ),
        Shot(
            name="cut-outs",
            words="Two cut-outs in a grid",
            step={"layout": "grid", "title": "Lamps light routes", "visuals": ["lamp-token", "route-card"]},
        ),
        Shot(
            name="placements",
            words="A picture placed over another, and a cut-out before both",
            step={
                "layout": "full",
                "visuals": [
                    {"assetId": "board"},
                    {"assetId": "cards", "placement": {"x": 0.56, "y": 0.1, "width": 0.36, "height": 0.5}},
                    {
                        "assetId": "lamp-token",
                        "placement": {"x": 0.05, "y": 0.55, "width": 0.3, "height": 0.35},
                        "layer": 2,
                    },
                ],
            },
            golden=True,
        ),
        Shot(
            name="blur-fill",
            words="A picture that doesn't fill lies on its own blurred copy",
            step={"layout": "full", "visuals": [{"assetId": "mat", "fit": "blur_fill"}]},
            shapes=BOTH,
            golden=True,
        ),
        Shot(
            name="full-whole",
            words="A picture that is shown whole stands above the words of a full layout",
            step={
                "layout": "full",
                "title": "A route",
                "text": "Light both islands to score it.",
                "visuals": [{"assetId": "route-card", "fit": "contain"}],
            },
            golden=True,
        ),
        Shot(
            name="missing",
            words="A missing picture",
            step={
                "layout": "split_left",
                "title": "The lost chart",
                "text": "The preview is made all the same, with a warning.",
                "visuals": ["lost"],
            },
            golden=True,
        ),
    ),
)
