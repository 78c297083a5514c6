"""Painting the frames of one scene: what stands still is painted once, each frame repaints only what moves."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from preview_worker.render.child.drawing.composition import Composition
from preview_worker.render.child.drawing.contrast import contrast_notes
from preview_worker.render.child.drawing.items import Item
from preview_worker.render.child.drawing.notes import DrawNote
from preview_worker.render.child.drawing.pictures import View
from preview_worker.render.child.drawing.planes import Planes
from preview_worker.render.child.drawing.sheets import Group, Sheet, grouped, pressed
from preview_worker.render.child.drawing.stamps import around, intersection
from preview_worker.render.child.drawing.workspace import Workspace
from preview_worker.timeline.geometry import Box
from preview_worker.timeline.time import FrameRange

STILL_FRAMES = 5
"""An item that keeps its state for fewer frames is taken to be moving: a still layer of its own wouldn't pay."""

KEPT_LAYERS = 4


class _Moving(Enum):
    MOVING = "moving"


_Key = tuple[Hashable, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Phase:
    """Frames with the same still things: what their layer holds and what is painted over it, from back to front.

    `moving` are the places, among the live groups, of those that move; the others stand still over something that does.
    """

    key: _Key
    still: tuple[Group, ...]
    live: tuple[Group, ...]
    moving: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layer:
    """A phase's still picture, and the sheets of its live groups that don't move themselves, by their place."""

    planes: Planes
    sheets: Mapping[int, Sheet]


class Painter:
    """Paints any frame of a scene, in any order.

    Args:
        composition: The scene's items.
        size: Width and height in pixels.
        frames: Length of the step.
        workspace: Scratch memory.
    """

    def __init__(self, composition: Composition, size: tuple[int, int], frames: int, workspace: Workspace) -> None:
        self._items = composition.items
        self._size = size
        self._workspace = workspace
        self._phases, self._versions = _phases(self._items, max(1, frames))
        self._layers: OrderedDict[_Key, _Layer] = OrderedDict()
        self._warnings = composition.notes
        self._measured = False

    @property
    def frames(self) -> int:
        """Length of the step."""
        return len(self._phases)

    @property
    def warnings(self) -> tuple[DrawNote, ...]:
        """What was noticed: texts shortened or small, letters that no font has, low contrast with what lies behind."""
        if not self._measured:
            noticed = contrast_notes(self._items, self._size, self._workspace)
            self._warnings = tuple(dict.fromkeys((*self._warnings, *noticed)))
            self._measured = True
        return self._warnings

    def paint(self, frame: int, canvas: Planes) -> Planes:
        """Paint a frame of the step.

        Args:
            frame: Which.
            canvas: Planes of the scene's size, to be written over.

        Returns:
            The painted frame: the canvas or, where that saves a copy, scratch memory. Valid, and free to be changed,
            until something is painted again.
        """
        phase = self._phases[frame]
        layer = self._layer(frame, phase)
        bottom = phase.live[0].items[0] if phase.live else None
        filled = bottom.whole(frame, canvas, self._workspace) if isinstance(bottom, View) else None
        if filled is None:
            _copy_below(layer.planes, canvas, bottom.opaque(frame) if bottom is not None else None)
        out = filled or canvas
        for place, group in enumerate(phase.live):
            if place == 0 and filled is not None:
                continue
            sheet = layer.sheets.get(place)
            if sheet is not None:
                sheet.blend(out)
            else:
                self._draw(group, frame, out)
        return out

    def is_still(self, frames: FrameRange) -> bool:
        """Whether all frames of a range are the same picture."""
        return not len(frames) or bool(self._versions[frames.start] == self._versions[frames.end - 1])

    def _draw(self, group: Group, frame: int, out: Planes) -> None:
        if not group.laid:
            group.items[0].draw(frame, out, self._workspace)
            return
        sheet = pressed(group.stamps(frame), out.whole)
        if sheet is not None:
            sheet.blend(out)

    def _layer(self, frame: int, phase: _Phase) -> _Layer:
        layer = self._layers.get(phase.key)
        if layer is None:
            planes = Planes.allocate(*self._size)
            for group in phase.still:
                self._draw(group, frame, planes)
            layer = _Layer(planes=planes, sheets=_sheets(phase, frame, planes.whole))
            self._layers[phase.key] = layer
            while len(self._layers) > KEPT_LAYERS:
                self._layers.popitem(last=False)
        self._layers.move_to_end(phase.key)
        return layer


def _phases(items: Sequence[Item], frames: int) -> tuple[tuple[_Phase, ...], npt.NDArray[np.int64]]:
    """Phase of each frame, and a number of each frame that grows whenever any pixel may change."""
    states = [[item.state(frame) for frame in range(frames)] for item in items]
    changed = np.zeros(frames, bool)
    keys: list[list[Hashable]] = []
    for own in states:
        differs = [False, *(before != after for before, after in pairwise(own))]
        changed |= np.array(differs)
        keys.append(_keys(own, differs))
    known: dict[_Key, _Phase] = {}
    phases = []
    for key in zip(*keys, strict=True):
        if key not in known:
            known[key] = _phase(items, key)
        phases.append(known[key])
    return tuple(phases), np.cumsum(changed)


def _keys(states: Sequence[Hashable | None], differs: Sequence[bool]) -> list[Hashable]:
    """The state of an item where it stays the same for long enough, else a sign that it moves."""
    keys: list[Hashable] = []
    start = 0
    for frame in range(1, len(states) + 1):
        if frame == len(states) or differs[frame]:
            run = frame - start
            is_still = run >= STILL_FRAMES or states[start] is None or run == len(states)
            keys.extend([states[start] if is_still else _Moving.MOVING] * run)
            start = frame
    return keys


def _phase(items: Sequence[Item], key: _Key) -> _Phase:
    """Which groups must be painted in each frame: those that move, and those that lie over one that does."""
    states = {id(item): state for item, state in zip(items, key, strict=True)}
    still: list[Group] = []
    live: list[Group] = []
    moving: list[int] = []
    for group in grouped([item for item in items if states[id(item)] is not None]):
        moves = any(states[id(item)] is _Moving.MOVING for item in group.items)
        if moves:
            moving.append(len(live))
        if moves or any(intersection(group.bounds, other.bounds) is not None for other in live):
            live.append(group)
        else:
            still.append(group)
    return _Phase(key=key, still=tuple(still), live=tuple(live), moving=frozenset(moving))


def _sheets(phase: _Phase, frame: int, whole: Box) -> dict[int, Sheet]:
    standing = ((place, group) for place, group in enumerate(phase.live) if place not in phase.moving and group.laid)
    sheets = ((place, pressed(group.stamps(frame), whole)) for place, group in standing)
    return {place: sheet for place, sheet in sheets if sheet is not None}


def _copy_below(layer: Planes, out: Planes, covered: Box | None) -> None:
    """Copy the layer, except where something opaque will be painted right away."""
    if covered is None:
        layer.copy_into(out)
        return
    for box in around(covered, layer.whole):
        layer.part(box).copy_into(out.part(box))
