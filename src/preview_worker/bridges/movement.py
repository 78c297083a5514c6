"""Motions as foreign files name them, turned into the contract's few moves of the camera."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from preview_worker.bridges.naming import plain_name
from preview_worker.bridges.node import Node
from preview_worker.bridges.regions import around, is_whole, point, rectangle, region
from preview_worker.contract.finding import Location
from preview_worker.contract.kinds import Easing, MotionType

_STILL = frozenset({"hold", "none", "static", "still", "fixed"})
_FADES = frozenset({"fade", "fade_in", "fadein", "appear"})
_PULSES = frozenset({"pulse", "blink", "highlight_pulse"})
_FOCUSES = frozenset({"focus_zoom", "focus", "zoom_to", "zoom_focus", "focus_box"})
_MOVES: dict[str, MotionType] = {
    **dict.fromkeys(_STILL, MotionType.HOLD),
    **dict.fromkeys(_FOCUSES, MotionType.FOCUS),
    "zoom": MotionType.ZOOM_IN,
    "zoom_in": MotionType.ZOOM_IN,
    "slow_zoom": MotionType.ZOOM_IN,
    "slow_zoom_in": MotionType.ZOOM_IN,
    "push_in": MotionType.ZOOM_IN,
    "zoom_out": MotionType.ZOOM_OUT,
    "slow_zoom_out": MotionType.ZOOM_OUT,
    "pull_out": MotionType.ZOOM_OUT,
    "pan": MotionType.PAN,
    "slow_pan": MotionType.PAN,
    "ken_burns": MotionType.KEN_BURNS,
    "kenburns": MotionType.KEN_BURNS,
}
# A pan crosses 6 % of the picture, as the contract's own does.
_PAN = 0.06
_PANS: dict[str, tuple[tuple[float, float], tuple[float, float]]] = {
    "left": ((_PAN, _PAN / 2), (0.0, _PAN / 2)),
    "right": ((0.0, _PAN / 2), (_PAN, _PAN / 2)),
    "up": ((_PAN / 2, _PAN), (_PAN / 2, 0.0)),
    "down": ((_PAN / 2, 0.0), (_PAN / 2, _PAN)),
}
_FOCUS_SHARE = 0.92
_TIMES = ("startSec", "endSec", "startMs", "endMs", "durationSec", "durationMs")
_ONE_MOVE = "is left out: a visual has one move of the camera"
_NO_FADE_OUT = "is left out: a visual can't fade out"
_FADE_LENGTH = "isn't kept: a fade takes 350 ms"
_PULSE_TIME = "isn't kept: a callout pulses as long as it is seen"
_WHOLE_TIME = "isn't kept: a move lasts as long as its picture is seen"


class Moves:
    """What the motions of one visual come to.

    Attributes:
        motion: The camera's move as the payload has it; None when no motion says.
        fades: Whether the visual fades in.
        pulses: Where motions ask for a pulse.
    """

    def __init__(self) -> None:
        self.motion: dict[str, Any] | None = None
        self.fades = False
        self.pulses: list[Location] = []

    def members(self) -> dict[str, Any]:
        """Return the visual's members."""
        return ({"motion": self.motion} if self.motion else {}) | ({"enter": "fade"} if self.fades else {})


def moves_of(
    node: Node, *, focus: dict[str, float] | None = None, keys: tuple[str, ...] = ("motions", "motion")
) -> Moves:
    """Read the motions of a visual or scene, each an object with a type or just its name.

    Args:
        node: The visual or scene.
        focus: Point or rectangle of the picture that a focus without one of its own goes to.
        keys: Members that hold motions.
    """
    moves = Moves()
    for key in keys:
        for entry, place in node.entries(key):
            if isinstance(entry, str):
                _apply(moves, node.reading.open({"type": entry}, place), place, focus)
            elif isinstance(entry, dict):
                _apply(moves, node.reading.open(entry, place), place, focus)
            else:
                node.ledger.dropped(place, "is no motion", entry)
    if moves.motion is None and focus is not None:
        moves.motion = {
            "type": MotionType.FOCUS.value,
            "to": focus if "width" in focus else around(*_middle(focus), _FOCUS_SHARE),
        }
    return moves


def move_in_words(text: str) -> MotionType | None:
    """Return the move that a camera instruction names, None where it is no single known one."""
    return _MOVES.get(plain_name(text))


def pulse_or_drop(node: Node, places: Iterable[Location], callouts: list[dict[str, Any]]) -> None:
    """Let the step's callouts pulse where a motion asks for it; without any, the motion is remarked."""
    for place in places:
        if not callouts:
            node.ledger.dropped(place, "is left out: only callouts pulse, and the step has none")
            continue
        node.ledger.changed(place, "lets the step's callouts pulse: a picture doesn't")
        for callout in callouts:
            callout["pulse"] = True


def _apply(moves: Moves, motion: Node, place: Location, focus: dict[str, float] | None) -> None:
    name = motion.name("type", "name", "kind")
    plain = plain_name(name)
    direction = plain.removeprefix("pan_") if plain.startswith("pan_") else ""
    kind = MotionType.PAN if direction in _PANS else _MOVES.get(plain)
    if plain in _FADES:
        _fade(moves, motion, place)
    elif plain in _PULSES:
        motion.skip("easing")
        _skip_zero(motion)
        motion.drop(_PULSE_TIME, *_TIMES)
        moves.pulses.append(place)
    elif kind is None:
        motion.skip(*motion.members)
        motion.ledger.dropped(place, "has no equal among the moves of a picture", name or None)
    elif moves.motion is not None:
        motion.skip(*motion.members)
        motion.ledger.dropped(place, _ONE_MOVE, name)
    else:
        moves.motion = _camera(motion, kind, direction, focus)


def _fade(moves: Moves, motion: Node, place: Location) -> None:
    start, end = motion.number("from"), motion.number("to")
    if start is not None and end is not None and start > end:
        motion.skip(*motion.members)
        motion.ledger.dropped(place, _NO_FADE_OUT)
        return
    moves.fades = True
    motion.skip("easing")
    _skip_zero(motion)
    motion.drop(_FADE_LENGTH, *_TIMES)


def _camera(motion: Node, kind: MotionType, direction: str, focus: dict[str, float] | None) -> dict[str, Any]:
    regions = _regions(motion)
    if kind is MotionType.HOLD:
        regions.pop("to", None)
        motion.skip("anchor", "startScale", "endScale")
    elif kind is MotionType.PAN and not regions:
        regions = _pan(motion, direction or plain_name(motion.name("direction")))
    elif not regions:
        kind, regions = _zoom(motion, kind, focus)
    _skip_zero(motion)
    motion.drop(_WHOLE_TIME, *_TIMES)
    return {"type": kind.value, **regions, **_easing(motion)}


def _regions(motion: Node) -> dict[str, Any]:
    """Rectangles that a motion says outright."""
    found: dict[str, Any] = {}
    for key in ("from", "to"):
        if isinstance(motion.members.get(key), dict):
            holder = motion.node(key)
            rect = rectangle(holder) if holder is not None else None
            if rect is not None:
                found[key] = rect
    return found


def _zoom(motion: Node, kind: MotionType, focus: dict[str, float] | None) -> tuple[MotionType, dict[str, Any]]:
    """Rectangles from two scales and an anchor; a zoom that ends wider than it began is one out."""
    holder = motion.node("anchor", "focus", "target")
    anchor = (point(holder) if holder is not None else None) or focus
    start, end = _scale(motion, "startScale", "from"), _scale(motion, "endScale", "to")
    if kind is MotionType.ZOOM_OUT and start is None and end is not None and end > 1:
        start, end = end, 1.0
    if anchor is None and start is None and end is None:
        return kind, {}
    if kind is MotionType.ZOOM_OUT and end is None:
        end = 1.0
    shares = 1 / (start or 1.0), (1 / end if end is not None else _FOCUS_SHARE)
    middle = _middle(anchor) if anchor is not None else (0.5, 0.5)
    last = anchor if anchor is not None and "width" in anchor and end is None else around(*middle, shares[1])
    if shares[1] > shares[0]:
        kind = MotionType.ZOOM_OUT
    first = around(*middle, shares[0])
    return kind, {"to": last} if is_whole(first) else {"from": first, "to": last}


def _scale(motion: Node, *keys: str) -> float | None:
    number = motion.number(*keys)
    if number is None or number >= 1:
        return number if number is None else min(number, 10.0)
    motion.ledger.changed(motion.place, "shows more than the picture; it begins or ends with the whole picture", number)
    return 1.0


def _middle(target: dict[str, float]) -> tuple[float, float]:
    return target["x"] + target.get("width", 0.0) / 2, target["y"] + target.get("height", 0.0) / 2


def _pan(motion: Node, direction: str) -> dict[str, Any]:
    if direction not in _PANS:
        return {}
    start, end = _PANS[direction]
    motion.skip("direction")
    return {"from": region(*start, 1 - _PAN, 1 - _PAN), "to": region(*end, 1 - _PAN, 1 - _PAN)}


def _easing(motion: Node) -> dict[str, str]:
    written = motion.name("easing", "ease")
    plain = re.sub("[^a-z]", "", written.lower())
    if not plain:
        return {}
    if plain == "linear":
        return {"easing": Easing.LINEAR.value}
    if plain in {"easeinoutcubic", "inoutcubic", "cubic"}:
        return {"easing": Easing.IN_OUT_CUBIC.value}
    if plain not in {"easeinoutsine", "inoutsine", "sine", "easeinout", "ease"}:
        motion.ledger.changed(motion.place, "has an easing without equal; it begins and ends softly", written)
    return {"easing": Easing.IN_OUT_SINE.value}


def _skip_zero(motion: Node) -> None:
    """A start at zero is what happens anyway."""
    motion.skip(*(key for key in ("startSec", "startMs") if motion.members.get(key) in (0, "0")))
