"""The studio: fonts, prepared pictures and scratch memory that all painters of a render process share."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from preview_worker.errors import AssetError
from preview_worker.render.child.drawing.composition import compose
from preview_worker.render.child.drawing.fonts import FontSet
from preview_worker.render.child.drawing.painter import Painter
from preview_worker.render.child.drawing.plates import Plate, plate_of
from preview_worker.render.child.drawing.workspace import Workspace
from preview_worker.timeline.camera import Camera
from preview_worker.timeline.geometry import Box, Region
from preview_worker.timeline.scene import Scene, Source

DEFAULT_CACHE_BYTES = 24 * 1024 * 1024
DEFAULT_RATE = Fraction(30)

_PlateKey = tuple[str, Region, Region, bool, int, int]
"""The picture's hash, where its camera begins and ends, whether it holds; width and height of the box."""


class PlateCache:
    """Prepared pictures by what decides them; those used longest ago are dropped.

    Args:
        limit_bytes: Bound of what is kept; painters hold what they use beyond it.
    """

    def __init__(self, limit_bytes: int = DEFAULT_CACHE_BYTES) -> None:
        self.prepared = 0
        """How many pictures were decoded and scaled so far."""
        self._limit_bytes = limit_bytes
        self._plates: OrderedDict[_PlateKey, Plate] = OrderedDict()

    def plate(self, sha256: str, path: Path, name: str, camera: Camera, box: Box) -> Plate:
        """The picture with this hash as a camera sees it in a box.

        Raises:
            AssetError: The file can't be decoded; permanent, ``asset-undecodable``.
        """
        # How long the camera moves decides nothing here: a step that lasts longer shows the same plate.
        key = (sha256, camera.start, camera.end, camera.holds, box.width, box.height)
        plate = self._plates.get(key)
        if plate is None:
            plate = self._plates[key] = plate_of(path, name, camera, box)
            self.prepared += 1
            while sum(kept.size_bytes for kept in self._plates.values()) > self._limit_bytes:
                self._plates.popitem(last=False)
        else:
            self._plates.move_to_end(key)
        return plate


class Studio:
    """Makes painters, for one thread.

    Args:
        pictures: File of each picture, by its SHA-256.
        fonts: The fonts.
        width_px: Width of the video, for callers that allocate frames; a scene brings its own.
        height_px: Height of the video.
        rate: Frames per second, for movements whose length the scene leaves to the drawing.
        plates: Pictures that were prepared before; an own cache if there is none.
    """

    def __init__(
        self,
        pictures: Mapping[str, Path],
        fonts: FontSet,
        *,
        width_px: int,
        height_px: int,
        rate: Fraction = DEFAULT_RATE,
        plates: PlateCache | None = None,
    ) -> None:
        self.fonts = fonts
        self.width_px = width_px
        self.height_px = height_px
        self._pictures = dict(pictures)
        self._fps = float(rate)
        self.plates = plates or PlateCache()
        self._workspace = Workspace()

    def painter(self, scene: Scene) -> Painter:
        """Prepare a scene: decode and scale its pictures, set its texts.

        Raises:
            AssetError: A picture can't be decoded (``asset-undecodable``) or is absent (``asset-missing``); permanent.
        """
        composition = compose(scene, self._plate, self.fonts, self._fps)
        return Painter(composition, (scene.width_px, scene.height_px), scene.frames, self._workspace)

    def _plate(self, source: Source, camera: Camera, box: Box) -> Plate:
        path = self._pictures.get(source.sha256 or "")
        if path is None or source.sha256 is None:
            raise AssetError(
                f"The file of picture {source.asset_id} was not handed to the renderer.", code="asset-missing"
            )
        return self.plates.plate(source.sha256, path, source.asset_id, camera, box)
