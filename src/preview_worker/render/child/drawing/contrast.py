"""Measuring how well texts stand out from what is really behind them (WCAG 2.2 contrast ratio)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from preview_worker.render.child.drawing.filters import Bytes
from preview_worker.render.child.drawing.items import Item
from preview_worker.render.child.drawing.notes import DrawNote
from preview_worker.render.child.drawing.planes import Planes, Yuv, rgb_of_planes
from preview_worker.render.child.drawing.stamps import intersection
from preview_worker.render.child.drawing.words import Words
from preview_worker.render.child.drawing.workspace import Workspace
from preview_worker.timeline.colour import FLARE, LUMINANCE_WEIGHTS, MINIMUM_CONTRAST, linear
from preview_worker.timeline.scene import TextRole

QUANTILE = 0.9
"""The contrast that nine tenths of the area behind a text reach: a small light spot doesn't make it unreadable."""

_EXEMPT = frozenset({"rule", TextRole.BADGE.value, TextRole.REFERENCE.value, TextRole.WATERMARK.value})


def contrast_notes(items: Sequence[Item], size: tuple[int, int], workspace: Workspace) -> tuple[DrawNote, ...]:
    """A note for each reading text that doesn't reach 7:1, measured when it has just arrived."""
    return tuple(_notes(items, size, workspace))


def _notes(items: Sequence[Item], size: tuple[int, int], workspace: Workspace) -> Iterator[DrawNote]:
    for index, item in enumerate(items):
        if not isinstance(item, Words) or item.role in _EXEMPT or not item.ink.width:
            continue
        frame = item.shown.end - 1
        canvas = Planes.allocate(*size)
        for below in items[:index]:
            near = intersection(below.bounds, item.bounds) is not None
            if near and not isinstance(below, Words) and below.state(frame) is not None:
                below.draw(frame, canvas, workspace)
        for stamp in item.behind:
            stamp.blend(canvas)
        found = _measured(canvas, item)
        if found is not None and found < MINIMUM_CONTRAST:
            yield DrawNote(code="contrast-low", role=item.role, value=f"{found:.1f}")


def _measured(canvas: Planes, words: Words) -> float | None:
    visible = intersection(words.ink, canvas.whole)
    if visible is None:
        return None
    own = _luminances(rgb_of_planes(_one(words.colour)))[0, 0]
    behind = _luminances(rgb_of_planes(canvas.part(visible))[::4, ::8])
    ratios = np.sort((np.maximum(behind, own) + FLARE) / (np.minimum(behind, own) + FLARE), axis=None)
    return float(ratios[int(ratios.size * (1 - QUANTILE))])


def _luminances(rgb: Bytes) -> npt.NDArray[np.float64]:
    """Relative luminance of each pixel."""
    light = np.array([linear(level) for level in range(256)])
    red, green, blue = (weight * light[rgb[..., place]] for place, weight in enumerate(LUMINANCE_WEIGHTS))
    return np.asarray(red + green + blue)


def _one(colour: Yuv) -> Planes:
    planes = Planes.allocate(2, 2)
    planes.fill(colour)
    return planes
