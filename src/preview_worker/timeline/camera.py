"""The camera over a picture: which part of it is seen at which frame."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from preview_worker.timeline.geometry import Region
from preview_worker.timeline.time import FrameRange

Curve = Literal["linear", "in_out_sine", "in_out_cubic"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """From one region to another within a range of the step's frames; still before and after it."""

    start: Region
    end: Region
    curve: Curve
    moving: FrameRange

    @property
    def holds(self) -> bool:
        """Whether the picture never moves."""
        return self.start == self.end or len(self.moving) == 0

    def region_at(self, frame: int) -> Region:
        """Region seen at a frame of the step."""
        if self.holds or frame <= self.moving.start:
            return self.start
        if frame >= self.moving.end:
            return self.end
        share = ease((frame - self.moving.start) / len(self.moving), self.curve)
        return Region(
            x=_mix(self.start.x, self.end.x, share),
            y=_mix(self.start.y, self.end.y, share),
            width=_mix(self.start.width, self.end.width, share),
            height=_mix(self.start.height, self.end.height, share),
        )


def still(region: Region) -> Camera:
    """A camera that shows one region throughout."""
    return Camera(start=region, end=region, curve="linear", moving=FrameRange(start=0, end=0))


def ease(share: float, curve: Curve) -> float:
    """Easing curves on 0–1 (Penner's in-out sine and in-out cubic)."""
    match curve:
        case "linear":
            return share
        case "in_out_sine":
            return (1 - math.cos(math.pi * share)) / 2
        case "in_out_cubic":
            return 4 * share**3 if share < 0.5 else 1 - (2 - 2 * share) ** 3 / 2  # noqa: PLR2004 - the curve's halves


def _mix(first: float, second: float, share: float) -> float:
    return first + (second - first) * share
