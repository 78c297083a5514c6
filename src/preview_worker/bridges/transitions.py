"""Transitions as foreign files name them, turned into the contract's four."""

from __future__ import annotations

from typing import Any

from preview_worker.bridges.naming import plain_name
from preview_worker.bridges.node import Node
from preview_worker.contract.kinds import TransitionType

TRANSITION_MAX_MS = 2000
_TRANSITIONS: dict[str, TransitionType] = {
    **{kind.value: kind for kind in TransitionType},
    "none": TransitionType.CUT,
    "hard_cut": TransitionType.CUT,
    "dissolve": TransitionType.CROSSFADE,
    "cross_dissolve": TransitionType.CROSSFADE,
    "cross_fade": TransitionType.CROSSFADE,
    "fade_in": TransitionType.FADE,
    "fade_black": TransitionType.FADE,
    "fade_to_black": TransitionType.FADE,
    "dip_to_black": TransitionType.FADE,
    "push": TransitionType.SLIDE,
    "slide_left": TransitionType.SLIDE,
    "slide_right": TransitionType.SLIDE,
}


def transition_of(node: Node, *keys: str) -> dict[str, Any] | None:
    """Read how a step is entered: a name, or an object with type and a length."""
    found = node.take(*keys)
    if found is None:
        return None
    value, place = found
    holder = node.reading.open(value if isinstance(value, dict) else {"type": value}, place)
    name = holder.name("type", "name", "kind")
    kind = _TRANSITIONS.get(plain_name(name))
    if kind is None:
        holder.skip(*holder.members)
        node.ledger.dropped(place, "is no transition the payload knows: cut, crossfade, fade, slide", name or value)
        return None
    length_ms = holder.number("durationMs")
    if length_ms is None and (seconds := holder.number("durationSec", "duration")) is not None:
        length_ms = seconds * 1000
    if length_ms is None:
        return {"type": kind.value}
    allowed_ms = min(max(round(length_ms), 0), TRANSITION_MAX_MS)
    if allowed_ms != round(length_ms):
        node.ledger.changed(place, f"takes 0 to {TRANSITION_MAX_MS} ms", allowed_ms)
    return {"type": kind.value, "durationMs": allowed_ms}
