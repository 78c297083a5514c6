"""Scratch memory of painting: arrays of known names, kept so that no frame pays for fresh pages."""

from __future__ import annotations

import math

import numpy as np

from preview_worker.render.child.drawing.filters import Bytes
from preview_worker.render.child.drawing.planes import Planes


class Workspace:
    """Arrays by name, for one thread. An array's content lasts until the name is asked for again."""

    def __init__(self) -> None:
        self._arrays: dict[str, Bytes] = {}

    def bytes(self, name: str, *shape: int) -> Bytes:
        """An array of undefined content: uint8, contiguous."""
        size = math.prod(shape)
        array = self._arrays.get(name)
        if array is None or array.size < size:
            array = np.empty(size, np.uint8)
            self._arrays[name] = array
        return array[:size].reshape(shape)

    def planes(self, name: str, width_px: int, height_px: int) -> Planes:
        """Planes of undefined content, under two names of their own."""
        return Planes(
            self.bytes(f"{name}.y", height_px, width_px), self.bytes(f"{name}.uv", 2, height_px // 2, width_px // 2)
        )
