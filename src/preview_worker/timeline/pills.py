"""Pills: on which side of its target a callout's text stands, so that none hides another; and which do all the same.

The renderer takes the side of most room by itself: a side is only written into a callout where that one would hide
something.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from preview_worker.timeline.areas import Area
from preview_worker.timeline.layout import Frame
from preview_worker.timeline.scene import Callout, Picture
from preview_worker.timeline.spots import Pill, Spot, spot_of

OVERLAP_SHARE = 0.12
"""Of the smaller one: from here on a callout is called hidden; rounded ends may touch."""

MOST_ARRANGED = 24
"""Where a step has more callouts, all stay on the side of most room: the work grows with the square of their number."""

ROUNDS = 2
"""How often all texts are looked at: in the second round the first ones know where the last ones stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """Two callouts, by their place, of which one hides so much of the smaller one (0–1)."""

    first: int
    second: int
    share: float


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
    spots = [spot_of(callout, pictures, frame) for callout in callouts]
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
        replace(callout, side=spots[place].pills[chosen[place]].side) if chosen[place] else callout
        for place, callout in enumerate(callouts)
    )


def hidden(callouts: Sequence[Callout], pictures: Sequence[Picture], frame: Frame) -> tuple[Hidden, ...]:
    """Pairs of callouts, seen at the same time, whose texts or numbers hide each other.

    Outlines and highlights may lie inside one another: they hide nothing.
    """
    solid = [(place, callout, spot_of(callout, pictures, frame).solid) for place, callout in enumerate(callouts)]
    found: list[Hidden] = []
    for (first, one, areas), (second, other, more) in itertools.combinations(solid, 2):
        shares = [a.shared(b) / max(1.0, min(a.size, b.size)) for a in areas for b in more]
        if shares and max(shares) > OVERLAP_SHARE and _together(one, other):
            found.append(Hidden(first=first, second=second, share=max(shares)))
    return tuple(found)


def _in_the_way(
    place: int, callouts: Sequence[Callout], spots: Sequence[Spot], chosen: Mapping[int, int], blocked: Sequence[Area]
) -> tuple[Area, ...]:
    """What a callout's text should not hide: what is blocked, targets, its own card, and texts that have a place."""
    together = [other for other, mark in enumerate(callouts) if other != place and _together(callouts[place], mark)]
    pieces = (spots[other].piece for other in (*together, place))
    texts = (spots[other].pills[chosen[other]].area for other in together if spots[other].pills and other in chosen)
    return (*blocked, *(piece for piece in pieces if piece is not None), *texts, *spots[place].cut_out)


def _least_hiding(pills: Sequence[Pill], obstacles: Sequence[Area]) -> int:
    """Place of the pill that hides least, the first of equal ones; an arrow out of sight is worse."""
    best, least = 0, math.inf
    for place, pill in enumerate(pills):
        cost = sum(pill.area.shared(obstacle) for obstacle in obstacles) + (2 * pill.area.size if pill.strays else 0.0)
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
