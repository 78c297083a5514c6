"""Views of padded planes, to a fraction of a sample, with operations whose bytes are the same everywhere."""

from __future__ import annotations

import math
from dataclasses import dataclass

from preview_worker.render.child.drawing.filters import Bytes, resampled
from preview_worker.render.child.drawing.workspace import Workspace

PAD = 32
"""Repeated samples around a plate: views may begin up to `_MAX_DROP` output pixels outside."""
_MAX_DROP = 20
_CLOSE_ENOUGH_PX = 0.04


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Where a view begins on a plane, in samples from its unpadded corner, and samples per output pixel."""

    left: float
    top: float
    scale_x: float
    scale_y: float
    still: bool

    def halved(self) -> Window:
        """The same view on a plane of half the resolution."""
        return Window(
            left=self.left / 2, top=self.top / 2, scale_x=self.scale_x, scale_y=self.scale_y, still=self.still
        )


def fixed(position: float) -> float:
    """Positions in 1024ths of a sample: the last bits of the cosine differ between C libraries."""
    return round(position * 1024) / 1024


def resampled_view(samples: Bytes, window: Window, shape: tuple[int, ...], workspace: Workspace, name: str) -> Bytes:
    """A view of a padded plane or of several, each `shape` (height, width) large, where the window doesn't stand still.

    OpenCV's resize takes an exact scale but begins at a whole sample. Beginning up to `_MAX_DROP` output pixels
    earlier and dropping what is too much gives as many sub-pixel positions to choose from.
    """
    height, width = shape
    if window.still:
        return samples
    left, drop_x = _start(window.left, window.scale_x)
    top, drop_y = _start(window.top, window.scale_y)
    columns = math.ceil((drop_x + width) * window.scale_x + 1)
    rows = math.ceil((drop_y + height) * window.scale_y + 1)
    source = samples[..., PAD + top : PAD + top + rows, PAD + left : PAD + left + columns]
    scale_x, scale_y = 1 / window.scale_x, 1 / window.scale_y
    size = (round(source.shape[-2] * scale_y), round(source.shape[-1] * scale_x))
    larger = workspace.bytes(name, *samples.shape[:-2], *size)
    for plane, target in zip(*(array.reshape(-1, *array.shape[-2:]) for array in (source, larger)), strict=True):
        resampled(plane, scale_x, scale_y, target)
    return larger[..., drop_y : drop_y + height, drop_x : drop_x + width]


def _start(position: float, scale: float) -> tuple[int, int]:
    """Whole sample to begin at and output pixels to drop, so that the first kept pixel lies nearest to `position`.

    It never begins before the padding: where a sample is less than a pixel, fewer pixels fit into it.
    """
    best, best_error = (round(position), 0), math.inf
    for drop in range(_MAX_DROP + 1):
        start = position - drop * scale
        if start < -PAD:
            break
        error = abs(start - round(start)) / scale
        if error < best_error:
            best, best_error = (round(start), drop), error
        if error <= _CLOSE_ENOUGH_PX:
            break
    return best
