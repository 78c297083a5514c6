"""Callouts as foreign files write them: a target, a label, and a time at which they appear."""

from __future__ import annotations

from typing import Any

from preview_worker.bridges.node import Node, number_of
from preview_worker.bridges.regions import point
from preview_worker.bridges.times import span_ms
from preview_worker.bridges.words import LINE_MAX, cut
from preview_worker.contract.finding import Location
from preview_worker.contract.kinds import CalloutKind

_TARGETS = ("target", "position", "region", "box", "rect", "placement")
_LISTED = (2, 4)
"""Numbers of a target that is an array: x and y, or x, y, width and height."""
_LOOKS = ("color", "colour", "style", "size", "radius", "fontColor", "thickness")
_NO_LOOK = "isn't kept: the theme decides how callouts look"


def callouts_of(
    node: Node, key: str, duration_ms: int | None, *, kind: CalloutKind | None = None
) -> list[dict[str, Any]]:
    """Read an array of callouts; what carries no coordinates is left out with a remark.

    Args:
        node: The scene.
        key: The member that holds them.
        duration_ms: Length of the step, None when it follows the speech.
        kind: Their kind; absent: a label where there are words, a box around a rectangle, else a marker.
    """
    found = []
    for entry, place in node.entries(key):
        if isinstance(entry, dict):
            callout = _callout(node.reading.open(entry, place), duration_ms, kind)
            if callout is not None:
                found.append(callout)
        else:
            node.ledger.dropped(place, "is left out: it carries no coordinates", entry)
    return found


def note(text: str, rect: dict[str, float], span: dict[str, int], place: Location, node: Node) -> dict[str, Any]:
    """Return a note: words in a box of the frame; more than 200 characters are cut off with a remark."""
    shown = cut(text, LINE_MAX)
    if shown != text:
        node.ledger.changed(place, f"has {len(text)} characters; a note has at most {LINE_MAX}")
    return {"kind": CalloutKind.NOTE.value, "text": shown, "placement": rect, **span}


def _callout(node: Node, duration_ms: int | None, kind: CalloutKind | None) -> dict[str, Any] | None:
    words = node.text("label", "text", "title", limit=LINE_MAX)
    node.skip("id", "type", "kind")
    node.drop(_NO_LOOK, *_LOOKS)
    target = _target(node)
    if target is None:
        node.ledger.dropped(node.place, "is left out: it carries no coordinates", words or None)
        node.skip(*node.members)
        return None
    span = span_ms(node, duration_ms, start_keys=("appearSec", "appear_sec", "appearAtSec"))
    if span is None:
        return None
    form = kind or _kind(words, target)
    if form is CalloutKind.MARKER and words:
        node.ledger.changed(node.place, "is numbered anew: markers count in the order of their step", words)
        words = ""
    return {"kind": form.value, "target": target, "text": words, **span}


def _target(node: Node) -> dict[str, float] | None:
    for key in _TARGETS:
        value = node.members.get(key)
        if isinstance(value, dict):
            holder = node.node(key)
            return None if holder is None else point(holder)
        if isinstance(value, list) and len(value) in _LISTED and all(number_of(entry) is not None for entry in value):
            node.skip(key)
            members: dict[str, Any] = dict(zip(("x", "y", "width", "height"), value, strict=False))
            return point(node.reading.open(members, node.at(key)))
    if node.has("x") and node.has("y"):
        return point(node)
    return None


def _kind(words: str, target: dict[str, float]) -> CalloutKind:
    """A number is drawn as a marker, which counts by itself; words as a label."""
    if words and not words.isdigit():
        return CalloutKind.LABEL
    return CalloutKind.BOX if "width" in target else CalloutKind.MARKER
