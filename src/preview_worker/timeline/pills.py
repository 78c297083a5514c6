"""Pills: on which side of its target a callout's text stands, so that none hides another; and which do all the same.

Letters are set by the renderer; here a text's width is estimated from the number of its letters. The renderer takes the
side of most room by itself: a side is only written into a callout where that one would hide something.
"""

from __future__ import annotations

import itertools
import math
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from preview_worker.timeline.geometry import Box, Region
from preview_worker.timeline.layout import Frame
from preview_worker.timeline.scene import Callout, Picture

OVERLAP_SHARE = 0.12
"""Of the smaller one: from here on a callout is called hidden; rounded ends may touch."""

MOST_ARRANGED = 24
"""Where a step has more callouts, all stay on the side of most room: the work grows with the square of their number."""

VERTICAL_SHARE = 0.4
"""What room above and below counts against room beside: a text is wide and low, and hides less where it leads away."""

ROUNDS = 2
"""How often all texts are looked at: in the second round the first ones know where the last ones stand."""

Side = tuple[float, float]

_SIDES: tuple[Side, ...] = ((-1.0, 0.0), (1.0, 0.0), (0.0, -1.0), (0.0, 1.0))
_CORNERS: tuple[Side, ...] = tuple((x, y) for x in (0.8, -0.8) for y in (0.6, -0.6))
_LABEL_U, _LINE_EM, _LETTER_EM, _WIDE_EM = 27, 1.21, 0.56, 1.0
_PAD_U = (14, 7)
_WIDTH_SHARE, _LEAST_WIDTH_U, _MOST_WIDTH_SHARE = 0.34, 240, 0.8
_POINT_RADIUS_U, _PIECE_RADIUS_U, _MARKER_RADIUS_U = 34, 16, 20
_ARROW_U, _LEADER_U, _MARKER_GAP_U = 122, 44, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A rectangle on the frame, in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def center(self) -> tuple[float, float]:
        """Its middle."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    @property
    def size(self) -> float:
        """In square pixels."""
        return max(0.0, self.right - self.left) * max(0.0, self.bottom - self.top)

    def grown(self, by_px: float) -> Area:
        """Larger by so much at each side."""
        return Area(left=self.left - by_px, top=self.top - by_px, right=self.right + by_px, bottom=self.bottom + by_px)

    def shared(self, other: Area) -> float:
        """Square pixels that both cover."""
        across = min(self.right, other.right) - max(self.left, other.left)
        return max(0.0, across) * max(0.0, min(self.bottom, other.bottom) - max(self.top, other.top))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """Two callouts, by their place, of which one hides so much of the smaller one (0–1)."""

    first: int
    second: int
    share: float


def area_of(box: Box) -> Area:
    """A box as an area."""
    return Area(left=box.x, top=box.y, right=box.right, bottom=box.bottom)


def target_area(target: Region, picture: int | None, pictures: Sequence[Picture], frame: Frame) -> Area:
    """Where a target lies on the frame, in the middle of its camera's way; without a picture it is a share of it."""
    if picture is None:
        box, view = frame.whole, Region(x=0.0, y=0.0, width=1.0, height=1.0)
    else:
        shown = pictures[picture]
        box, view = shown.box, _middle(shown.camera.start, shown.camera.end)
    scale_x, scale_y = box.width / view.width, box.height / view.height
    left = box.x + (target.x - view.x) * scale_x
    top = box.y + (target.y - view.y) * scale_y
    return Area(left=left, top=top, right=left + target.width * scale_x, bottom=top + target.height * scale_y)


def piece_area(target: Region, picture: int | None, pictures: Sequence[Picture], frame: Frame) -> Area:
    """The target as far as nothing must lie on it: a point stands for something of a token's size."""
    area = target_area(target, picture, pictures, frame)
    return area if area.size else area.grown(_PIECE_RADIUS_U * frame.unit_px)


def arranged(
    callouts: Sequence[Callout], pictures: Sequence[Picture], frame: Frame, taken: Iterable[Area]
) -> tuple[Callout, ...]:
    """The callouts, with a side for each whose text would hide something on the side of most room.

    Args:
        callouts: Callouts of one step.
        pictures: Its pictures.
        frame: The frame.
        taken: What else no text may hide: the badge.
    """
    blocked = tuple(taken)
    if len(callouts) > MOST_ARRANGED or not any(_may_turn(callout) for callout in callouts):
        return tuple(callouts)
    spots = [_spot(callout, pictures, frame) for callout in callouts]
    chosen: dict[int, int] = {}
    for _ in range(ROUNDS):
        before = dict(chosen)
        for place, spot in enumerate(spots):
            turns = _may_turn(callouts[place])
            ways = _in_the_way(place, callouts, spots, chosen, blocked) if turns else ()
            chosen[place] = _least_hiding(spot.pills, ways) if turns else 0
        if chosen == before:
            break
    return tuple(
        replace(callout, side=spots[place].pills[chosen[place]][0]) if chosen[place] else callout
        for place, callout in enumerate(callouts)
    )


def hidden(callouts: Sequence[Callout], pictures: Sequence[Picture], frame: Frame) -> tuple[Hidden, ...]:
    """Pairs of callouts, seen at the same time, whose texts or numbers hide each other.

    Outlines and highlights may lie inside one another: they hide nothing.
    """
    solid = [(place, callout, _spot(callout, pictures, frame).solid) for place, callout in enumerate(callouts)]
    found: list[Hidden] = []
    for (first, one, areas), (second, other, more) in itertools.combinations(solid, 2):
        shares = [a.shared(b) / max(1.0, min(a.size, b.size)) for a in areas for b in more]
        if shares and max(shares) > OVERLAP_SHARE and _together(one, other):
            found.append(Hidden(first=first, second=second, share=max(shares)))
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spot:
    """Where one callout stands.

    Attributes:
        piece: Its target, as far as a text must not lie on it; None for a note.
        cut_out: The card or token that it points at, where that stands free: beside it is room that no photo has.
        pills: Where its text would stand on each side, the side of most room first (as the renderer takes it).
        solid: What of it hides things: a marker's disc, a note, its text.
    """

    piece: Area | None
    cut_out: tuple[Area, ...]
    pills: tuple[tuple[Side, Area], ...]
    solid: tuple[Area, ...]


def _in_the_way(
    place: int, callouts: Sequence[Callout], spots: Sequence[_Spot], chosen: Mapping[int, int], blocked: Sequence[Area]
) -> tuple[Area, ...]:
    """What a callout's text should not hide: what is blocked, targets, its own card, and texts that have a place."""
    together = [other for other, mark in enumerate(callouts) if other != place and _together(callouts[place], mark)]
    pieces = (spots[other].piece for other in (*together, place))
    texts = (spots[other].pills[chosen[other]][1] for other in together if spots[other].pills and other in chosen)
    return (*blocked, *(piece for piece in pieces if piece is not None), *texts, *spots[place].cut_out)


def _spot(callout: Callout, pictures: Sequence[Picture], frame: Frame) -> _Spot:
    if callout.kind == "note":
        note = () if callout.placement is None else (area_of(callout.placement),)
        return _Spot(piece=None, cut_out=(), pills=(), solid=note)
    picture = None if callout.picture is None else pictures[callout.picture]
    anchor = target_area(callout.target, callout.picture, pictures, frame)
    piece = anchor if anchor.size else anchor.grown(_PIECE_RADIUS_U * frame.unit_px)
    disc: tuple[Area, ...] = ()
    if callout.kind == "marker":
        anchor = Area(left=anchor.left, top=anchor.top, right=anchor.left, bottom=anchor.top)
        piece = anchor.grown(_MARKER_RADIUS_U * frame.unit_px)
        disc = (piece,)
    pills = _pills(callout, anchor, frame.whole if picture is None else picture.slot, frame)
    chosen = next((pill for side, pill in pills if callout.side in (None, side)), None)
    free = picture is not None and picture.source.has_alpha
    return _Spot(
        piece=piece,
        cut_out=(area_of(picture.box),) if picture is not None and free else (),
        pills=pills,
        solid=disc if chosen is None else (*disc, chosen),
    )


def _pills(callout: Callout, anchor: Area, slot: Box, frame: Frame) -> tuple[tuple[Side, Area], ...]:
    """Where a callout's text would stand on each side of its anchor, kept inside the slot and the safe margins."""
    if not callout.text.strip():
        return ()
    inside = area_of(frame.inside_safe(slot))
    half = _half_size_px(callout.text, inside.right - inside.left, frame)
    if callout.placement is not None:
        return (((0.0, 0.0), _within(inside, area_of(callout.placement).center, half)),)
    reach = _reach_u(callout) * frame.unit_px
    return tuple(
        (side, _within(inside, _rim(anchor, side, reach + abs(side[0]) * half[0] + abs(side[1]) * half[1]), half))
        for side in _sides(callout, anchor, slot)
    )


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


def _least_hiding(pills: Sequence[tuple[Side, Area]], obstacles: Sequence[Area]) -> int:
    """Place of the pill that hides least, the first of equal ones."""
    best, least = 0, math.inf
    for place, (_, pill) in enumerate(pills):
        cost = sum(pill.shared(obstacle) for obstacle in obstacles)
        if cost < least:
            best, least = place, cost
        if not cost:
            break
    return best


def _may_turn(callout: Callout) -> bool:
    """Whether the callout has a text whose place the payload doesn't say."""
    return callout.kind != "note" and callout.placement is None and bool(callout.text.strip())


def _together(first: Callout, second: Callout) -> bool:
    return len(first.shown.overlap(second.shown)) > 0


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


def _middle(first: Region, last: Region) -> Region:
    return Region(
        x=(first.x + last.x) / 2,
        y=(first.y + last.y) / 2,
        width=(first.width + last.width) / 2,
        height=(first.height + last.height) / 2,
    )
