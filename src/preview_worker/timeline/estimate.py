"""What a render will cost, told from its plan alone.

The rates were measured with `make bench` on two cores (docs/performance.md); a machine of another speed scales them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from preview_worker.timeline.model import Timeline

_START_MS = 350
"""Reading, planning, poster, sheet, joining and publishing."""
_MS_PER_MEGAPIXEL = 4.3
"""Wall time of a frame's megapixel on two cores, drawing and encoding, when the picture moves."""
_SOUND_MS_PER_S = 14
_BYTES_PER_MEGAPIXEL = 7_000
_P90 = 1.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Expected render time and size, half of the time and nine times of ten."""

    p50_render_ms: int
    p90_render_ms: int
    p50_bytes: int
    p90_bytes: int

    def __add__(self, other: Cost) -> Cost:
        """The cost of both."""
        return Cost(
            p50_render_ms=self.p50_render_ms + other.p50_render_ms,
            p90_render_ms=self.p90_render_ms + other.p90_render_ms,
            p50_bytes=self.p50_bytes + other.p50_bytes,
            p90_bytes=self.p90_bytes + other.p90_bytes,
        )


def cost_of_all(timelines: Iterable[Timeline]) -> Cost:
    """Cost of rendering the editions of a job, of which each takes the segments that those before it have made."""
    made: frozenset[str] = frozenset()
    total = Cost(p50_render_ms=0, p90_render_ms=0, p50_bytes=0, p90_bytes=0)
    for timeline in timelines:
        total += cost_of(timeline, cached=made)
        made |= {segment.key for segment in timeline.segments}
    return total


def cost_of(timeline: Timeline, *, cached: frozenset[str] = frozenset()) -> Cost:
    """Cost of rendering a timeline, of which some segments may be there already."""
    fresh = {segment.key: len(segment.frames) for segment in timeline.segments if segment.key not in cached}
    megapixels = timeline.width_px * timeline.height_px / 1e6
    seconds = float(timeline.frames / timeline.rate)
    render_ms = _START_MS + sum(fresh.values()) * megapixels * _MS_PER_MEGAPIXEL + seconds * _SOUND_MS_PER_S
    size = timeline.frames * megapixels * _BYTES_PER_MEGAPIXEL + seconds * 16_000
    return Cost(
        p50_render_ms=round(render_ms),
        p90_render_ms=round(render_ms * _P90),
        p50_bytes=round(size),
        p90_bytes=round(size * _P90),
    )
