"""When a step's texts begin to rise: shortly after the cut, and not before what they follow is nearly gone."""

from __future__ import annotations

from fractions import Fraction
from typing import assert_never

from preview_worker.contract import Step, TransitionType
from preview_worker.timeline.time import frames_of_ms

RISE_DELAY_MS = 100
CROSSFADE_SHARE = 0.8
"""Of a crossfade, before the delay: of the usual half second nothing is left when the new words come."""


def rise_start(step: Step, frames: int, rate: Fraction) -> int:
    """Frame of the step at which its heading and text begin to rise.

    It follows from the step alone, not from its neighbours, so that an edit elsewhere doesn't redraw it.

    Args:
        step: The step.
        frames: Its length.
        rate: Frames per second.
    """
    mixed = min(frames_of_ms(step.transition.duration_ms, rate), frames // 2)
    return int(mixed * _share(step.transition.type)) + frames_of_ms(RISE_DELAY_MS, rate)


def _share(kind: TransitionType) -> float:
    match kind:
        case TransitionType.CROSSFADE:
            return CROSSFADE_SHARE
        case TransitionType.FADE:
            return 0.5
        case TransitionType.CUT | TransitionType.SLIDE:
            return 0.0
        case _:
            assert_never(kind)
