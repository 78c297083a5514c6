"""Shots of themes, sizes of type, captions and what stands on every step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gallery.shot import Chapter, Shot, options

PAPER = {"primary": "#B3541E", "accent": "#8A4B12", "background": "#F6EFE2", "text": "#2B2118"}
FOREST = {"primary": "#7BD389", "accent": "#F4F1BB", "background": "#0F2A1D", "text": "#FFFFFF"}

MATS = {
    "layout": "split_right",
    "title": "Fill your mat",
    "text": "9 lamps, 3 drops of oil and a boat of your colour.",
    "visuals": [{"assetId": "mat", "fit": "contain"}],
    "callouts": [
        {"kind": "marker", "text": "9 lamps", "target": {"x": 0.2656, "y": 0.2716}},
        {"kind": "marker", "text": "3 oil", "target": {"x": 0.6983, "y": 0.2871}},
        {"kind": "marker", "text": "Boat", "target": {"x": 0.802, "y": 0.5}},
    ],
    "reference": "Rulebook p. 3",
}
LONG_TEXT = {
    "layout": "split_left",
    "title": "Deal three routes to everybody and lay four more face up",
    "text": "Each route names two islands. Light both to score it. Nobody shows his routes before the morning comes.",
    "visuals": ["cards"],
    "reference": "Rulebook p. 4",
}
SPOKEN = {
    "title": "Row on",
    "text": "One oil a stretch, two through mist.",
    "narration": "Row along the buoys to a neighbouring island. One oil a stretch, and two through mist.",
    "visuals": ["rowing"],
}


def _themed(name: str, words: str, theme: Mapping[str, Any], *, golden: bool = False) -> tuple[Shot, ...]:
    request = options(theme=theme)
    full = {"layout": "full", "title": "Light the lamps", "text": "One for each oil you pay.", "visuals": ["lighting"]}
    return (
        Shot(name=f"theme-{name}", words=f"{words}: split", step=MATS, request=request, golden=golden),
        Shot(name=f"theme-{name}-full", words=f"{words}: full", step=full, request=request),
        Shot(
            name=f"theme-{name}-card",
            words=f"{words}: title card",
            step={"kind": "intro", "title": "Brumelac", "text": "Light the lake before the morning comes."},
            request=request,
        ),
    )


THEMES = Chapter(
    heading="Themes",
    words="A theme replaces the house colours; text keeps 7:1.",
    shots=(
        *_themed("house", "The house colours", {}, golden=True),
        *_themed("paper", "Ink on paper", PAPER, golden=True),
        *_themed("forest", "Pale on green", FOREST),
    ),
)


def _scaled(scale: float, step: Mapping[str, Any], name: str, *, golden: bool = False) -> Shot:
    return Shot(
        name=f"type-{name}-{scale:g}".replace(".", "_"),
        words=f"`fontScale` {scale:g}",
        step=step,
        request=options(theme={"fontScale": scale}),
        golden=golden,
    )


TYPE = Chapter(
    heading="Sizes of type",
    words="A text that doesn't fit becomes smaller down to its bound, then it is cut at a sentence.",
    shots=(
        _scaled(0.75, LONG_TEXT, "split"),
        _scaled(1.0, LONG_TEXT, "split"),
        _scaled(1.35, LONG_TEXT, "split", golden=True),
        _scaled(2.0, LONG_TEXT, "split"),
        _scaled(1.5, SPOKEN | {"layout": "full"}, "full"),
        _scaled(1.5, {"layout": "grid", "title": "In the box", "visuals": ["lamps", "boats", "oil", "mat"]}, "grid"),
        Shot(
            name="type-no-letters",
            words="Letters that no font has are hollow boxes, with a warning; user's fonts supply them",
            step={"layout": "text", "title": "霧の湖", "text": "湖をテーブルの中央に置きます。"},
            request={"language": "ja"},
            golden=True,
        ),
        Shot(
            name="type-leftwards",
            words="From right to left, with a font that has the letters (`make gallery FONTS=folder`)",
            step={
                "layout": "split_left",
                "title": "مرحبا بكم في البحيرة",
                "text": "ضع القوارب على الرصيف، ثم ضع القمر على المربع الأول من المسار (3 قطرات).",
                "visuals": ["board"],
                "callouts": [{"kind": "label", "target": {"x": 0.401, "y": 0.4653}, "text": "جزيرة"}],
                "reference": "صفحة 3",
            },
            request={"language": "ar"},
        ),
    ),
)

FURNITURE = Chapter(
    heading="Captions and furniture",
    words="Burned-in captions have a band of their own; badge, reference, watermark and progress keep to the margins.",
    shots=(
        Shot(
            name="captions-split",
            words="Captions under the picture of a split layout",
            step=SPOKEN | {"layout": "split_left"},
            request=options(includeCaptions=True),
            moments=(0.3,),
            golden=True,
        ),
        Shot(
            name="captions-full",
            words="Captions below a lower third",
            step=SPOKEN | {"layout": "full"},
            request=options(includeCaptions=True),
            moments=(0.3,),
            golden=True,
        ),
        Shot(
            name="captions-grid",
            words="Captions below a grid",
            step={
                "layout": "grid",
                "title": "In the box",
                "narration": "In the box: lamps and boats in four colours, route cards, and mist dice.",
                "visuals": ["lamps", "boats", "cards", "dice"],
            },
            request=options(includeCaptions=True),
            moments=(0.3,),
        ),
        Shot(
            name="furniture",
            words="Badge, reference, watermark and progress line",
            step={"layout": "full", "title": "Light the lamps", "visuals": ["lighting"], "reference": "Rulebook p. 6"},
            request=options(watermark="DRAFT – not for release"),
            golden=True,
        ),
        Shot(
            name="furniture-off",
            words="Without badge and progress line",
            step={"layout": "full", "title": "Light the lamps", "visuals": ["lighting"]},
            request=options(furniture={"badge": "none", "progress": False}),
        ),
        Shot(
            name="furniture-french",
            words="A badge in French",
            step={
                "layout": "split_left",
                "title": "Éclairez l’île : une lampe par goutte",
                "text": "« Que la lumière traverse la brume ! » 50 % des faces portent la brume ; l’autre, l’huile.",
                "visuals": ["lamps"],
                "reference": "Règles, p. 6",
            },
            request={"language": "fr", "options": {"watermark": "Brouillon"}},
        ),
    ),
)
