"""Tutorials that nothing is to be said about; of every kind of step, layout, callout and sound."""

from __future__ import annotations

from support.defects import boxed, labelled, noted, request, shown, spoken, told

INTRO = {"id": "intro", "kind": "intro", "title": "A game", "durationMs": 2000}
BED = {"music": {"assetId": "music", "gainDb": -18}}
NOTE = noted("Two each", 0.05, 0.1, height=0.25)

WORDS = {"title": "Le plateau", "text": "Prenez-en un."}
FRENCH = {"language": "fr", "steps": {"a": {**WORDS, "narration": "Au milieu."}, "b": WORDS}}

CLEAN = {
    "an intro": request(INTRO),
    "no steps": {"title": "A game", "steps": [], "assets": [], "options": {"resolution": "160x90"}},
    "one picture": request(shown("a")),
    "a tall picture": request(shown("a", "cards")),
    "words beside a picture": request(shown("a", layout="picture_left", text="Shuffle them.")),
    "words on a card": request(told("a", "Each player takes one token.", durationMs=2000)),
    "a grid": request(shown("a", "board", "cards", "tokens", layout="grid")),
    "a voice": request(spoken("a")),
    "a voice and music": request(INTRO, spoken("a"), audio=BED),
    "music alone": request(INTRO, shown("a"), audio=BED),
    "captions": request(spoken("a"), options={"includeCaptions": True}),
    "a box and a circle": request(shown("a", callouts=[boxed(), boxed(0.7, 0.7, kind="circle")])),
    "a label and a note": request(shown("a", callouts=[labelled(0.7, 0.6, "Here"), NOTE])),
    "callouts one after the other": request(
        shown("a", callouts=[labelled(0.5, 0.5, "This", endMs=500), labelled(0.5, 0.5, "That", startMs=500)])
    ),
    "a zoom": request(shown("a", {"assetId": "board", "motion": {"type": "zoom_in"}}, durationMs=3000)),
    "pictures one after the other": request(shown("a", "board", {"assetId": "tokens", "startMs": 500})),
    "three times one picture": request(*(shown(name, "board", durationMs=500) for name in "abc")),
    "a light theme": request(
        told("a", "Each player takes one token."), options={"theme": {"background": "#FFFFFF", "text": "#202020"}}
    ),
    "accents": request(shown("a", title="Été à Łódź : « port »"), language="fr"),
    "WebM in portrait": request(spoken("a"), shown("b"), options={"resolution": "90x160", "format": "webm"}),
    "silence that is asked for": request(shown("a", narration="Go."), audio={"narration": "silent"}),
    "another language": request(spoken("a"), told("b", "Take one."), variants=[FRENCH]),
    "a part": request(shown("a"), shown("b", "cards"), options={"range": {"fromStep": "b", "toStep": "b"}}),
}
