"""Scratch memory of the painting threads: arrays of known names, kept so that no frame pays for fresh pages."""

from __future__ import annotations

import threading

import numpy as np

from preview_worker.render.child.drawing.filters import Bytes
from preview_worker.render.child.drawing.planes import Planes


class Workspace(threading.local):
    """Arrays by name; every thread sees its own. An array's content lasts until the thread asks for the name again."""

    def __init__(self) -> None:
        self._arrays: dict[str, Bytes] = {}

    def bytes(self, name: str, height: int, width: int) -> Bytes:
        """An array of undefined content: ``uint8, shape (height, width)``, contiguous."""
        array = self._arrays.get(name)
        if array is None or array.size < height * width:
            array = np.empty(height * width, np.uint8)
            self._arrays[name] = array
        return array[: height * width].reshape(height, width)

    def pairs(self, name: str, height: int, width: int) -> Bytes:
        """An array of undefined content: ``uint8, shape (height, width, 2)``, contiguous."""
        return self.bytes(name, height, 2 * width).reshape(height, width, 2)

    def planes(self, name: str, width_px: int, height_px: int) -> Planes:
        """Planes of undefined content, under two names of their own."""
        half = (height_px // 2, width_px // 2)
        return Planes(
            self.bytes(f"{name}.y", height_px, width_px),
            self.bytes(f"{name}.uv", 2 * half[0], half[1]).reshape(2, *half),
        )
