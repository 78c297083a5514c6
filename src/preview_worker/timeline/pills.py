"""Pills: on which side of its target a callout's text stands, so that none hides another; and which do all the same.

Letters are set by the renderer; here a text's width is estimated from the number of its letters. The renderer takes the
side of most room by itself: a side is only written into a callout where that one would hide something.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from preview_worker.timeline.geometry import Box, Region
from preview_worker.timeline.layout import Frame
from preview_worker.timeline.scene import Callout, Picture

OVERLAP_SHARE = 0.12
"""Of the smaller one: from here on a callout is called hidden; rounded ends may touch."""

Side = tuple[float, float]

_SIDES: tuple[Side, ...] = ((-1.0, 0.0), (1.0, 0.0), (0.0, -1.0), (0.0, 1.0))
_CORNERS: tuple[Side, ...] = tuple((x, y) for x in (0.8, -0.8) for y in (0.6, -0.6))
_LABEL_U, _LINE_EM, _LETTER_EM, _WIDE_EM = 27, 1.21, 0.56, 1.0
_PAD_U = (14, 7)
_WIDTH_SHARE, _LEAST_WIDTH_U, _MOST_WIDTH_SHARE = 0.34, 240, 0.8
_POINT_RADIUS_U, _PIECE_RADIUS_U, _MARKER_RADIUS_U = 34, 16, 20
_ARROW_U, _LEADER_U = 122, 44
_VERTICAL_SHARE = 0.9


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
    table = _Table(pictures=pictures, frame=frame)
    blocked = tuple(taken)
    result: list[Callout] = []
    for place, callout in enumerate(callouts):
        if not _has_pill(callout) or callout.placement is not None:
            result.append(callout)
            continue
        others = [other for other in (*result, *callouts[place + 1 :]) if _together(callout, other)]
        pieces = [table.piece(other) for other in (*others, callout) if other.kind != "note"]
        standing = [pill for other in result if _together(callout, other) and (pill := table.pill(other)) is not None]
        obstacles = [*blocked, *pieces, *standing, *table.cut_out(callout)]
        sides = table.sides(callout)
        costs = [sum(table.pill_at(callout, side).shared(each) for each in obstacles) for side in sides]
        best = costs.index(min(costs))
        result.append(callout if best == 0 else replace(callout, side=sides[best]))
    return tuple(result)


def hidden(callouts: Sequence[Callout], pictures: Sequence[Picture], frame: Frame) -> tuple[Hidden, ...]:
    """Pairs of callouts, seen at the same time, whose texts or numbers hide each other.

    Outlines and highlights may lie inside one another: they hide nothing.
    """
    table = _Table(pictures=pictures, frame=frame)
    solid = [(place, callout, table.solid(callout)) for place, callout in enumerate(callouts)]
    found: list[Hidden] = []
    for (first, one, areas), (second, other, more) in itertools.combinations(solid, 2):
        if not _together(one, other):
            continue
        shares = [a.shared(b) / max(1.0, min(a.size, b.size)) for a in areas for b in more]
        if shares and max(shares) > OVERLAP_SHARE:
            found.append(Hidden(first=first, second=second, share=max(shares)))
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """Where pills stand on a step's frame."""

    pictures: Sequence[Picture]
    frame: Frame

    def piece(self, callout: Callout) -> Area:
        """The callout's target, as far as a text must not lie on it."""
        if callout.kind == "marker":
            return self._anchor(callout).grown(_MARKER_RADIUS_U * self.frame.unit_px)
        return piece_area(callout.target, callout.picture, self.pictures, self.frame)

    def cut_out(self, callout: Callout) -> list[Area]:
        """A card or token that stands free, the callout's own: beside it is room that no photo has."""
        picture = None if callout.picture is None else self.pictures[callout.picture]
        return [area_of(picture.box)] if picture is not None and picture.source.has_alpha else []

    def solid(self, callout: Callout) -> list[Area]:
        """What of a callout hides things: a marker's disc, its text."""
        areas = []
        if callout.kind == "marker":
            areas.append(self.piece(callout))
        if callout.kind == "note" and callout.placement is not None:
            areas.append(area_of(callout.placement))
        pill = self.pill(callout)
        return areas if pill is None else [*areas, pill]

    def pill(self, callout: Callout) -> Area | None:
        """The pill of a callout that has a text; None for others."""
        if not _has_pill(callout):
            return None
        return self.pill_at(callout, callout.side or self.sides(callout)[0])

    def sides(self, callout: Callout) -> list[Side]:
        """The sides on which a pill may stand, the one of most room first (as the renderer takes it)."""
        target, within = self._anchor(callout), self._slot(callout)
        rooms = {
            (-1.0, 0.0): target.left - within.x,
            (1.0, 0.0): within.right - target.right,
            (0.0, -1.0): (target.top - within.y) * _VERTICAL_SHARE,
            (0.0, 1.0): (within.bottom - target.bottom) * _VERTICAL_SHARE,
        }
        if callout.kind != "arrow":
            return sorted(_SIDES, key=lambda side: -rooms[side])
        right, down = rooms[1.0, 0.0] >= rooms[-1.0, 0.0], rooms[0.0, 1.0] >= rooms[0.0, -1.0]
        return sorted(_CORNERS, key=lambda side: ((side[0] > 0) != right) + ((side[1] > 0) != down))

    def pill_at(self, callout: Callout, side: Side) -> Area:
        """Where the pill would stand on that side, kept inside the safe margins and the picture's slot."""
        inside = self.frame.inside_safe(self._slot(callout))
        half_width, half_height = self._half_size_px(callout, inside.width)
        if callout.placement is not None:
            x, y = area_of(callout.placement).center
        else:
            reach = _reach_u(callout) * self.frame.unit_px
            x, y = _rim(self._anchor(callout), side, reach + abs(side[0]) * half_width + abs(side[1]) * half_height)
        x = min(max(x, inside.x + half_width), max(inside.x + half_width, inside.right - half_width))
        y = min(max(y, inside.y + half_height), max(inside.y + half_height, inside.bottom - half_height))
        return Area(left=x - half_width, top=y - half_height, right=x + half_width, bottom=y + half_height)

    def _anchor(self, callout: Callout) -> Area:
        """What the pill stands beside: a marker's is the corner where its disc lies."""
        target = target_area(callout.target, callout.picture, self.pictures, self.frame)
        if callout.kind != "marker":
            return target
        return Area(left=target.left, top=target.top, right=target.left, bottom=target.top)

    def _half_size_px(self, callout: Callout, slot_width: float) -> tuple[float, float]:
        unit = self.frame.unit_px
        letter_px = _LABEL_U * unit * self.frame.font_scale
        most = min(slot_width * _MOST_WIDTH_SHARE, max(slot_width * _WIDTH_SHARE, _LEAST_WIDTH_U * unit))
        width, lines = _text_em(callout.text) * letter_px, 1
        if width > most:
            width, lines = min(most, width / 2 * 1.1), 2
        return width / 2 + _PAD_U[0] * unit, lines * _LINE_EM * letter_px / 2 + _PAD_U[1] * unit

    def _slot(self, callout: Callout) -> Box:
        return self.frame.whole if callout.picture is None else self.pictures[callout.picture].slot


def _has_pill(callout: Callout) -> bool:
    return callout.kind != "note" and bool(callout.text.strip())


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
            return _MARKER_RADIUS_U + 6
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
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return wide * _WIDE_EM + (len(text) - wide) * _LETTER_EM


def _middle(first: Region, last: Region) -> Region:
    return Region(
        x=(first.x + last.x) / 2,
        y=(first.y + last.y) / 2,
        width=(first.width + last.width) / 2,
        height=(first.height + last.height) / 2,
    )
