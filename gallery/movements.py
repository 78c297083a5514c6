"""Shots of cameras, transitions and callouts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gallery.shot import START_MIDDLE_END, Chapter, Shot

LAMP = {"x": 0.365, "y": 0.125, "width": 0.1, "height": 0.1333}
BOAT = {"x": 0.49, "y": 0.28, "width": 0.2, "height": 0.29}
NEW_LAMP = {"x": 0.4156, "y": 0.1917}
RING = {"x": 0.2969, "y": 0.275, "width": 0.1, "height": 0.1333}
LAMPS = {"x": 0.225, "y": 0.115, "width": 0.25, "height": 0.155}
MIST = {"x": 0.5656, "y": 0.6042, "width": 0.3125, "height": 0.3333}
PULSE_MOMENTS = (0.14, 0.22, 0.9)


def _moving(name: str, words: str, motion: Mapping[str, Any], *, golden: bool = False) -> Shot:
    return Shot(
        name=f"motion-{name}",
        words=words,
        step={"layout": "full", "badge": False, "visuals": [{"assetId": "lighting", "motion": motion}]},
        moments=START_MIDDLE_END,
        golden=golden,
    )


def _pan(name: str, words: str, start: tuple[float, float], end: tuple[float, float]) -> Shot:
    """A view that moves from one place to another, given as left and top edges; the frame's shape widens it."""
    first, last = ({"x": x, "y": y, "width": 0.25, "height": 0.6} for x, y in (start, end))
    return _moving(name, words, {"type": "pan", "from": first, "to": last})


MOTIONS = Chapter(
    heading="Motion",
    words="First, middle and last frame. Without rectangles of the payload's own, a camera moves 8 % at most.",
    shots=(
        _moving("hold", "Hold", {"type": "hold"}),
        _moving("zoom-in", "Zoom in", {"type": "zoom_in"}, golden=True),
        _moving("zoom-out", "Zoom out", {"type": "zoom_out"}),
        _moving("pan", "Pan, as it is without rectangles", {"type": "pan"}),
        _pan("pan-right", "Pan to the right", (0.0, 0.2), (0.75, 0.2)),
        _pan("pan-left", "Pan to the left", (0.75, 0.2), (0.0, 0.2)),
        _pan("pan-down", "Pan down", (0.375, 0.0), (0.375, 0.4)),
        _pan("pan-up", "Pan up", (0.375, 0.4), (0.375, 0.0)),
        _moving(
            "ken-burns",
            "Ken Burns, between two rectangles",
            {
                "type": "ken_burns",
                "from": {"x": 0.0, "y": 0.0, "width": 1.0, "height": 1.0},
                "to": {"x": 0.15, "y": 0.0, "width": 0.5, "height": 0.5},
            },
            golden=True,
        ),
        _moving("focus", "Focus on a rectangle", {"type": "focus", "to": MIST}),
    ),
)


def _entered(kind: str, *, golden: bool = False) -> Shot:
    return Shot(
        name=f"transition-{kind}",
        words=kind.capitalize(),
        before={
            "layout": "split_left",
            "title": "Fill your mat",
            "text": "9 lamps, 3 drops of oil and a boat of your colour.",
            "visuals": ["mat"],
        },
        step={
            "layout": "split_left",
            "title": "The lake at dusk",
            "text": "Boats at the Vieux-Quai, moon on the first space.",
            "visuals": ["board"],
            "transition": {"type": kind, "durationMs": 800},
        },
        moments=(0.25, 0.5, 0.75),
        of_transition=True,
        golden=golden,
    )


TRANSITIONS = Chapter(
    heading="Transitions",
    words="At a quarter, at half and at three quarters, over the held last frame of the step before.",
    shots=(_entered("crossfade", golden=True), _entered("fade"), _entered("slide")),
)


def _called(name: str, words: str, *callouts: Mapping[str, Any], golden: bool = True) -> Shot:
    return Shot(
        name=f"callout-{name}",
        words=words,
        step={
            "kind": "turn_flow",
            "layout": "full",
            "title": "Light the lamps",
            "visuals": ["lighting"],
            "callouts": list(callouts),
        },
        golden=golden,
    )


CALLOUTS = Chapter(
    heading="Callouts",
    words="All on one picture, at the same pieces.",
    shots=(
        _called("box", "Box", {"kind": "box", "target": BOAT}),
        _called("circle", "Circle", {"kind": "circle", "target": RING}),
        _called("arrow", "Arrow, ending before its target", {"kind": "arrow", "target": NEW_LAMP, "text": "New lamp"}),
        _called(
            "marker",
            "Numbered markers",
            {"kind": "marker", "target": NEW_LAMP, "text": "Lamp"},
            {"kind": "marker", "target": {"x": 0.585, "y": 0.53}, "text": "Boat"},
            {"kind": "marker", "target": {"x": 0.3469, "y": 0.3417}},
        ),
        _called("label", "Label with a leader line", {"kind": "label", "target": NEW_LAMP, "text": "The new lamp"}),
        _called("highlight", "Highlight: the rest is dimmed", {"kind": "highlight", "target": BOAT}),
        _called(
            "highlights",
            "Two highlights: neither darkens the other's target",
            {"kind": "highlight", "target": LAMP},
            {"kind": "highlight", "target": BOAT},
            golden=False,
        ),
        _called(
            "note",
            "Note",
            {
                "kind": "note",
                "text": "An island in the mist costs two oil to reach.",
                "placement": {"x": 0.6, "y": 0.12, "width": 0.34, "height": 0.2},
            },
        ),
        _called(
            "together",
            "Several at once: pills keep out of each other's way",
            {"kind": "box", "target": LAMPS},
            {"kind": "label", "target": NEW_LAMP, "text": "A lamp of your colour"},
            {"kind": "label", "target": {"x": 0.3469, "y": 0.3417}, "text": "Free ring"},
        ),
        Shot(
            name="callout-pulse",
            words="Pulse: between beats, at a beat, at rest",
            step={
                "layout": "full",
                "badge": False,
                "visuals": ["lighting"],
                "callouts": [{"kind": "circle", "target": RING, "pulse": True}],
            },
            moments=PULSE_MOMENTS,
        ),
    ),
)
