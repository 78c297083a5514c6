"""Prepared pictures are kept within a bound, and found again by all that decides them."""

from __future__ import annotations

from pathlib import Path

from preview_worker.render.child.drawing.studio import PlateCache
from preview_worker.timeline.camera import still
from preview_worker.timeline.geometry import WHOLE, Box, Region
from preview_worker.timeline.scene import Source
from support.stage import FRAME

CLOSER = Region(x=0.1, y=0.1, width=0.5, height=0.5)


def test_picture_is_prepared_once_until_its_file_camera_or_box_is_another(photo: tuple[Source, Path]) -> None:
    sha256, path = photo[0].sha256 or "", photo[1]
    cache = PlateCache()
    first = cache.plate(sha256, path, "photo", still(WHOLE), FRAME)
    assert cache.plate(sha256, path, "photo", still(WHOLE), FRAME) is first
    smaller = Box(x=0, y=0, width=100, height=100)
    others = [
        cache.plate("0" * 64, path, "photo", still(WHOLE), FRAME),
        cache.plate(sha256, path, "photo", still(CLOSER), FRAME),
        cache.plate(sha256, path, "photo", still(WHOLE), smaller),
    ]
    assert all(other is not first for other in others)


def test_pictures_used_longest_ago_are_dropped_when_the_bound_is_reached(photo: tuple[Source, Path]) -> None:
    sha256, path = photo[0].sha256 or "", photo[1]
    one = PlateCache().plate(sha256, path, "photo", still(WHOLE), FRAME).size_bytes
    cache = PlateCache(limit_bytes=2 * one)
    first, second = (cache.plate(name, path, "photo", still(WHOLE), FRAME) for name in "ab")
    assert cache.plate("a", path, "photo", still(WHOLE), FRAME) is first
    cache.plate("c", path, "photo", still(WHOLE), FRAME)
    assert cache.plate("a", path, "photo", still(WHOLE), FRAME) is first
    assert cache.plate("b", path, "photo", still(WHOLE), FRAME) is not second
