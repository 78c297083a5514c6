"""Plates: a picture prepared once so that each frame's view of it is one cheap resize per plane.

A still view is made at its final size. A moving one is kept a little larger than it is shown (about 1.1 samples per
output pixel where the camera is closest), which keeps linear interpolation sharp and lets every frame land within a
tenth of a pixel of where the camera wants it (see `Plate.show`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from preview_worker.render.child.drawing.decoding import opened, upright
from preview_worker.render.child.drawing.filters import Bytes, bordered
from preview_worker.render.child.drawing.planes import Planes, planes_of_rgb
from preview_worker.render.child.drawing.resampling import PAD, Window, fixed, resampled_view
from preview_worker.render.child.drawing.stamps import halved
from preview_worker.render.child.drawing.workspace import Workspace
from preview_worker.timeline.camera import Camera
from preview_worker.timeline.geometry import Box, Region

CLOSEST_SCALE = 1.09
"""Plate samples per output pixel where the camera is closest."""

MAX_PLATE_PX = 9_000_000
COARSE_SCALE = 2.0
"""From here on a view is taken from the plate's next coarser level: linear interpolation would skip samples."""

_ENLARGING, _SHRINKING = Image.Resampling.BICUBIC, Image.Resampling.HAMMING
"""Both sharp; the second takes two thirds of the time, and is of use downwards only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """Samples at one scale, with opacity for pictures that have it; each array padded by `PAD` samples.

    Attributes:
        planes: The samples, multiplied by the opacity where there is one.
        alpha: uint8, shape of the luma, 0–255, or None for an opaque picture.
        alpha_half: The same for the colour differences.
        width_px: Width without padding.
        height_px: Height without padding.
    """

    planes: Planes
    alpha: Bytes | None
    alpha_half: Bytes | None
    width_px: int
    height_px: int

    @property
    def size_bytes(self) -> int:
        """Memory that it takes."""
        arrays = (self.planes.y, self.planes.uv, self.alpha, self.alpha_half)
        return sum(array.nbytes for array in arrays if array is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plate:
    """A picture's part that a camera sees, ready to be shown in a box.

    Attributes:
        part: Region of the picture that the plate holds.
        levels: From fine to coarse, each half of the one before.
        still: Whether it is exactly the size of its box and never moves.
    """

    part: Region
    levels: tuple[Level, ...]
    still: bool

    @property
    def has_alpha(self) -> bool:
        """Whether the picture has transparent places."""
        return self.levels[0].alpha is not None

    @property
    def size_bytes(self) -> int:
        """Memory that it takes."""
        return sum(level.size_bytes for level in self.levels)

    def show(self, region: Region, out: Planes, workspace: Workspace) -> None:
        """Fill planes with a region of an opaque picture."""
        level, window = self._window(region, out)
        _view(level, window, out, workspace, "resampled").copy_into(out)

    def lend(self, region: Region, canvas: Planes, workspace: Workspace) -> Planes:
        """A region of an opaque, moving picture without a copy.

        Args:
            region: What is seen.
            canvas: Its size is the view's size.
            workspace: Holds the samples.

        Returns:
            Writable planes, valid until something is lent again: other pictures may be shown over them.
        """
        level, window = self._window(region, canvas)
        return _view(level, window, canvas, workspace, "lent")

    def show_alpha(self, region: Region, out: Planes, workspace: Workspace) -> tuple[Planes, Bytes, Bytes]:
        """A region of a picture with transparency: samples times opacity, opacity for luma and for chroma.

        Returns:
            Arrays of the workspace, valid until the next call.
        """
        level, window = self._window(region, out)
        if level.alpha is None or level.alpha_half is None:
            raise ValueError("the picture is opaque")
        shown = _view(level, window, out, workspace, "cut-out")
        luma = resampled_view(level.alpha, window, out.y.shape, workspace, "opacity")
        return shown, luma, resampled_view(level.alpha_half, window.halved(), out.u.shape, workspace, "opacity-half")

    def _window(self, region: Region, out: Planes) -> tuple[Level, Window]:
        number = 0
        while number + 1 < len(self.levels):
            scale = region.width / self.part.width * self.levels[number].width_px / out.width_px
            if scale < COARSE_SCALE:
                break
            number += 1
        level = self.levels[number]
        unit_x, unit_y = level.width_px / self.part.width, level.height_px / self.part.height
        window = Window(
            left=fixed((region.x - self.part.x) * unit_x),
            top=fixed((region.y - self.part.y) * unit_y),
            scale_x=region.width * unit_x / out.width_px,
            scale_y=region.height * unit_y / out.height_px,
            still=self.still,
        )
        return level, window


def plate_of(path: Path, name: str, camera: Camera, box: Box) -> Plate:
    """Decode a picture and prepare what the camera sees of it in a box.

    Args:
        path: The picture file.
        name: The asset's id, for errors.
        camera: The camera over the picture.
        box: Where it is drawn.

    Raises:
        AssetError: The file can't be decoded; permanent, ``asset-undecodable``.
    """
    part = _seen(camera)
    size = (box.width, box.height) if camera.holds else _plate_size(box, part, camera)
    with opened(path, name) as stored:
        picture = upright(stored, (math.ceil(size[0] / part.width), math.ceil(size[1] / part.height)))
    corners = (
        part.x * picture.width,
        part.y * picture.height,
        min((part.x + part.width) * picture.width, picture.width),
        min((part.y + part.height) * picture.height, picture.height),
    )
    filtering = _SHRINKING if size[0] < corners[2] - corners[0] else _ENLARGING
    cut = picture.resize(size, filtering, box=corners, reducing_gap=3.0)
    samples = np.asarray(cut)
    levels = [_level(samples, pad=0 if camera.holds else PAD)]
    widest = max(camera.start.width, camera.end.width) / part.width * size[0] / box.width
    while not camera.holds and widest >= COARSE_SCALE:
        size = (size[0] // 4 * 2, size[1] // 4 * 2)
        levels.append(_level(np.asarray(cut.resize(size, Image.Resampling.BOX)), pad=PAD))
        widest /= 2
    return Plate(part=part, levels=tuple(levels), still=camera.holds)


def _seen(camera: Camera) -> Region:
    """The smallest region that holds all the camera shows: it moves in straight lines, so two ends are enough."""
    first, last = camera.start, camera.start if camera.holds else camera.end
    left, top = max(0.0, min(first.x, last.x)), max(0.0, min(first.y, last.y))
    right = min(1.0, max(first.x + first.width, last.x + last.width))
    bottom = min(1.0, max(first.y + first.height, last.y + last.height))
    return Region(x=left, y=top, width=right - left, height=bottom - top)


def _plate_size(box: Box, part: Region, camera: Camera) -> tuple[int, int]:
    width = box.width * CLOSEST_SCALE * part.width / min(camera.start.width, camera.end.width)
    height = box.height * CLOSEST_SCALE * part.height / min(camera.start.height, camera.end.height)
    shrink = min(1.0, math.sqrt(MAX_PLATE_PX / (width * height)))
    return max(2, int(width * shrink + 1) // 2 * 2), max(2, int(height * shrink + 1) // 2 * 2)


def _level(samples: Bytes, *, pad: int) -> Level:
    height, width = samples.shape[:2]
    planes = planes_of_rgb(np.ascontiguousarray(samples[..., :3]))
    alpha = half = None
    if samples.shape[2] > 3:  # noqa: PLR2004 - RGBA
        alpha = np.ascontiguousarray(samples[..., 3])
        half = halved(alpha)
        for plane, opacity in ((planes.y, alpha), (planes.u, half), (planes.v, half)):
            plane[...] = (plane.astype(np.uint16) * opacity + 127) // 255
    return Level(
        planes=Planes(_edged(planes.y, pad), np.stack((_edged(planes.u, pad), _edged(planes.v, pad)))),
        alpha=None if alpha is None else _edged(alpha, pad),
        alpha_half=None if half is None else _edged(half, pad),
        width_px=width,
        height_px=height,
    )


def _edged(plane: Bytes, pad: int) -> Bytes:
    return bordered(plane, pad) if pad else plane


def _view(level: Level, window: Window, like: Planes, workspace: Workspace, name: str) -> Planes:
    """A view of a level, of the size of `like`: the level itself or the workspace, valid until the name's next use."""
    if window.still:
        return level.planes
    luma = resampled_view(level.planes.y, window, like.y.shape, workspace, name)
    return Planes(luma, resampled_view(level.planes.uv, window.halved(), like.u.shape, workspace, f"{name}-uv"))
