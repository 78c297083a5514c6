"""Arrangements: what a step's layout means, and which of its pictures that gives a place."""

from __future__ import annotations

from typing import Literal, assert_never

from preview_worker.contract import Layout, Step, StepKind
from preview_worker.timeline.pictures import is_sequence

Arrangement = Literal["title", "end", "interlude", "text", "full", "left", "right", "grid"]

RIGHT_KINDS = frozenset({StepKind.TURN_FLOW, StepKind.SCORING_SUMMARY})
MOST_CELLS = 9
"""Pictures that stand side by side at most; further ones are left out."""


def arrangement_of(step: Step) -> Arrangement:
    """The arrangement of a step: the payload's layout, or by what the step has.

    The side of the picture follows the kind of step, not its number, so that an inserted step doesn't turn all the
    ones behind it around.
    """
    match step.layout:
        case Layout.TEXT:
            return "text"
        case Layout.FULL:
            return "full"
        case Layout.GRID:
            return "grid"
        case Layout.PICTURE_LEFT:
            return "left"
        case Layout.PICTURE_RIGHT:
            return "right"
        case Layout.AUTO:
            return _automatic(step, pictures=len(_flowing(step)))
        case _:
            assert_never(step.layout)


def laid_out(step: Step) -> tuple[int, ...]:
    """Indices of the visuals that the arrangement gives a place; those with one of their own aren't among them."""
    arrangement, flowing = arrangement_of(step), _flowing(step)
    match arrangement:
        case "title" | "end" | "interlude" | "text":
            return ()
        case "full":
            return flowing
        case "left" | "right":
            return flowing if is_sequence(step) else flowing[:MOST_CELLS]
        case "grid":
            return flowing if is_sequence(step) and step.text else flowing[:MOST_CELLS]
        case _:
            assert_never(arrangement)


def _flowing(step: Step) -> tuple[int, ...]:
    return tuple(index for index, visual in enumerate(step.visuals) if visual.placement is None)


def _automatic(step: Step, *, pictures: int) -> Arrangement:
    match step.kind:
        case StepKind.INTRO:
            return "title"
        case StepKind.END_CARD:
            return "end"
        case StepKind.TRANSITION if not pictures:
            return "interlude"
        case _:
            pass
    if not pictures:
        return "full" if step.visuals else "text"
    if step.text:
        return "right" if step.kind in RIGHT_KINDS else "left"
    return "full" if pictures == 1 or is_sequence(step) else "grid"
