"""The painters of the scenes in work, for all editions of a job together."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Protocol

from preview_worker.render.child.drawing.notes import DrawNote
from preview_worker.render.child.drawing.planes import Planes
from preview_worker.timeline.scene import Scene
from preview_worker.timeline.time import FrameRange

KEPT_PAINTERS = 2
"""A transition needs two scenes; a run of segments needs one after the other."""
_KEPT_PIXELS = 4 * 1920 * 1080
"""Of the frames of all painters that are kept: each pixel takes some 8 bytes in layers, in each process of a job."""


class ScenePainter(Protocol):
    """Paints frames of one scene."""

    def paint(self, frame: int, canvas: Planes) -> Planes:
        """Paint one frame of the scene over the canvas or elsewhere; what is returned is valid until the next call."""
        ...

    def is_still(self, frames: FrameRange) -> bool:
        """Whether no pixel changes within the range."""
        ...

    @property
    def warnings(self) -> Sequence[DrawNote]:
        """What the drawing noticed that the user should know."""
        ...


class Studio(Protocol):
    """Prepares painters."""

    def painter(self, scene: Scene) -> ScenePainter:
        """Decode, scale and rasterise all a scene needs.

        Raises:
            AssetError: A picture can't be decoded (permanent).
        """
        ...


class PainterShelf:
    """Keeps painters; those used longest ago go.

    Args:
        limit: How many are kept.
    """

    def __init__(self, limit: int = KEPT_PAINTERS) -> None:
        self._limit = limit
        self._painters: OrderedDict[int, tuple[Scene, ScenePainter]] = OrderedDict()

    @classmethod
    def of(cls, editions: int, *, width_px: int, height_px: int) -> PainterShelf:
        """A shelf for a job of so many editions, with frames of that size.

        Editions take turns at each step, and each begins it over its own picture of the step before: they need one
        painter of each and the new one. With less room, scenes are prepared again, from pictures that are kept.
        """
        return cls(max(KEPT_PAINTERS, min(editions + 1, _KEPT_PIXELS // (width_px * height_px))))

    def painter(self, scene: Scene, studio: Studio) -> ScenePainter:
        """The scene's painter, prepared by a studio where it isn't kept.

        Raises:
            AssetError: A picture can't be decoded (permanent).
        """
        if (found := self._painters.get(id(scene))) is not None:
            self._painters.move_to_end(id(scene))
            return found[1]
        painter = studio.painter(scene)
        self._painters[id(scene)] = (scene, painter)
        while len(self._painters) > self._limit:
            self._painters.popitem(last=False)
        return painter

    def put_behind(self, scene: Scene) -> None:
        """Let a scene's painter go first, where it is kept: nothing begins over its picture any more."""
        if id(scene) in self._painters:
            self._painters.move_to_end(id(scene), last=False)
