"""Where a callout's target lies, where its text may stand on each side of it, and what of it hides other things.

Letters are set by the renderer; here a text's width is estimated from the number of its letters.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from preview_worker.timeline.areas import PIECE_RADIUS_U, Area, area_of, target_area
from preview_worker.timeline.geometry import Box
from preview_worker.timeline.layout import Frame
from preview_worker.timeline.scene import Callout, Picture

VERTICAL_SHARE = 0.4
"""What room above and below counts against room beside: a text is wide and low, and hides less where it leads away."""

Side = tuple[float, float]

_SIDES: tuple[Side, ...] = ((-1.0, 0.0), (1.0, 0.0), (0.0, -1.0), (0.0, 1.0))
_CORNERS: tuple[Side, ...] = tuple((x, y) for x in (0.8, -0.8) for y in (0.6, -0.6))
_LABEL_U, _LINE_EM, _LETTER_EM, _WIDE_EM = 27, 1.21, 0.56, 1.0
_PAD_U = (14, 7)
_WIDTH_SHARE, _LEAST_WIDTH_U, _MOST_WIDTH_SHARE = 0.34, 240, 0.8
_POINT_RADIUS_U, _MARKER_RADIUS_U = 34, 20
_ARROW_U, _LEADER_U, _MARKER_GAP_U = 122, 44, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Pill:
    """A text on one side of its target.

    Attributes:
        side: Unit vector from the target to the text.
        area: About where it stands.
        strays: Whether the arrow to it would begin outside of the picture or of the frame.
    """

    side: Side
    area: Area
    strays: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where one callout stands.

    Attributes:
        piece: Its target, as far as a text must not lie on it; None for a note.
        cut_out: The card or token that it points at, where that stands free: beside it is room that no photo has.
        pills: Where its text would stand on each side, the side of most room first (as the renderer takes it).
        solid: What of it hides things: a marker's disc, a note, its text.
    """

    piece: Area | None
    cut_out: tuple[Area, ...]
    pills: tuple[Pill, ...]
    solid: tuple[Area, ...]


def spot_of(callout: Callout, pictures: Sequence[Picture], frame: Frame) -> Spot:
    """Where one callout stands.

    Args:
        callout: The callout.
        pictures: The step's pictures.
        frame: The frame.
    """
    if callout.kind == "note":
        note = () if callout.placement is None else (area_of(callout.placement),)
        return Spot(piece=None, cut_out=(), pills=(), solid=note)
    picture = None if callout.picture is None else pictures[callout.picture]
    anchor = target_area(callout.target, callout.picture, pictures, frame)
    piece = anchor if anchor.size else anchor.grown(PIECE_RADIUS_U * frame.unit_px)
    disc: tuple[Area, ...] = ()
    if callout.kind == "marker":
        anchor = Area(left=anchor.left, top=anchor.top, right=anchor.left, bottom=anchor.top)
        piece = anchor.grown(_MARKER_RADIUS_U * frame.unit_px)
        disc = (piece,)
    pills = _pills(callout, anchor, frame.whole if picture is None else picture.slot, frame)
    chosen = next((pill.area for pill in pills if callout.side in (None, pill.side)), None)
    free = picture is not None and picture.source.has_alpha
    return Spot(
        piece=piece,
        cut_out=(area_of(picture.box),) if picture is not None and free else (),
        pills=pills,
        solid=disc if chosen is None else (*disc, chosen),
    )


def _pills(callout: Callout, anchor: Area, slot: Box, frame: Frame) -> tuple[Pill, ...]:
    """Where a callout's text would stand on each side of its anchor, kept inside the slot and the safe margins."""
    if not callout.text.strip():
        return ()
    inside = area_of(frame.inside_safe(slot))
    half = _half_size_px(callout.text, inside.right - inside.left, frame)
    if callout.placement is not None:
        place = _within(inside, area_of(callout.placement).center, half)
        return (Pill(side=(0.0, 0.0), area=place, strays=False),)
    reach = _reach_u(callout) * frame.unit_px
    pills = []
    for side in _sides(callout, anchor, slot):
        center = _rim(anchor, side, reach + abs(side[0]) * half[0] + abs(side[1]) * half[1])
        strays = callout.kind == "arrow" and not _holds(inside, _rim(anchor, side, reach))
        pills.append(Pill(side=side, area=_within(inside, center, half), strays=strays))
    return tuple(pills)


def _sides(callout: Callout, anchor: Area, slot: Box) -> list[Side]:
    rooms = {
        (-1.0, 0.0): anchor.left - slot.x,
        (1.0, 0.0): slot.right - anchor.right,
        (0.0, -1.0): (anchor.top - slot.y) * VERTICAL_SHARE,
        (0.0, 1.0): (slot.bottom - anchor.bottom) * VERTICAL_SHARE,
    }
    if callout.kind != "arrow":
        return sorted(_SIDES, key=lambda side: -rooms[side])
    right, down = rooms[1.0, 0.0] >= rooms[-1.0, 0.0], rooms[0.0, 1.0] >= rooms[0.0, -1.0]
    return sorted(_CORNERS, key=lambda side: ((side[0] > 0) != right) + ((side[1] > 0) != down))


def _half_size_px(text: str, width_px: float, frame: Frame) -> tuple[float, float]:
    unit = frame.unit_px
    letter_px = _LABEL_U * unit * frame.font_scale
    most = min(width_px * _MOST_WIDTH_SHARE, max(width_px * _WIDTH_SHARE, _LEAST_WIDTH_U * unit))
    width, lines = _text_em(text) * letter_px, 1
    if width > most:
        width, lines = min(most, width / 2 * 1.1), 2
    return width / 2 + _PAD_U[0] * unit, lines * _LINE_EM * letter_px / 2 + _PAD_U[1] * unit


def _within(inside: Area, center: tuple[float, float], half: tuple[float, float]) -> Area:
    x = min(max(center[0], inside.left + half[0]), max(inside.left + half[0], inside.right - half[0]))
    y = min(max(center[1], inside.top + half[1]), max(inside.top + half[1], inside.bottom - half[1]))
    return Area(left=x - half[0], top=y - half[1], right=x + half[0], bottom=y + half[1])


def _holds(inside: Area, point: tuple[float, float]) -> bool:
    return inside.left <= point[0] <= inside.right and inside.top <= point[1] <= inside.bottom


def _reach_u(callout: Callout) -> float:
    """How far from its target's edge a pill begins, leader line included."""
    is_point = not callout.target.width and not callout.target.height
    beside = _POINT_RADIUS_U if is_point else 10
    match callout.kind:
        case "arrow":
            return _ARROW_U
        case "marker":
            return _MARKER_RADIUS_U + _MARKER_GAP_U
        case "label":
            return 9 + _LEADER_U
        case "highlight":
            return beside + 10 + _LEADER_U
        case _:
            return beside + _LEADER_U


def _rim(area: Area, side: Side, gap_px: float) -> tuple[float, float]:
    """Point `gap_px` outside an area, seen from its middle towards a side."""
    width, height = area.right - area.left, area.bottom - area.top
    reaches = [extent / 2 / abs(part) for extent, part in ((width, side[0]), (height, side[1])) if part]
    reach = min(reaches) + gap_px
    return area.center[0] + side[0] * reach, area.center[1] + side[1] * reach


def _text_em(text: str) -> float:
    if text.isascii():
        return len(text) * _LETTER_EM
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return wide * _WIDE_EM + (len(text) - wide) * _LETTER_EM
