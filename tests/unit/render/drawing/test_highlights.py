from __future__ import annotations

import numpy as np
import pytest

from preview_worker.render.child.drawing.aims import Aim, Entrance
from preview_worker.render.child.drawing.highlights import CORNER_U, PADDING_U, SOFTNESS_U, Highlights
from preview_worker.render.child.drawing.planes import Planes
from preview_worker.render.child.drawing.shapes import Edges, rounded_rectangle
from preview_worker.render.child.drawing.stamps import around, even_core, window_of
from preview_worker.render.child.drawing.workspace import Workspace
from preview_worker.timeline.geometry import Box, Region
from preview_worker.timeline.time import FrameRange

FRAME = Box(x=0, y=0, width=640, height=360)
AT_REST = 30


def noise() -> Planes:
    planes, random = Planes.allocate(640, 360), np.random.default_rng(5)
    for plane in (planes.y, planes.u, planes.v):
        plane[...] = random.integers(16, 236, plane.shape)
    return planes


def drawn(target: Region, before: Planes) -> Planes:
    aim = Aim(target=target, box=FRAME, camera=None)
    entrance = Entrance(shown=FrameRange(start=0, end=60), fps=30, pulse=False)
    out = before.copy()
    Highlights(lights=((aim, entrance),), box=FRAME, unit_px=1).draw(AT_REST, out, Workspace())
    return out


@pytest.mark.parametrize(
    "target",
    [
        Region(x=0.11, y=0.12, width=0.71, height=0.83),
        Region(x=0.52, y=0.4, width=0.02, height=0.03),
        Region(x=-0.1, y=0.2, width=0.9, height=0.95),
        Region(x=0, y=0, width=1, height=1),
    ],
    ids=("large", "smaller than its soft edge", "partly outside", "whole frame"),
)
def test_highlight_is_the_picture_through_its_whole_mask_when_only_its_edge_is_blended(target: Region) -> None:
    before = noise()
    expected = drawn(Region(x=3, y=3, width=0.1, height=0.1), before)
    edges = Edges(
        left=round(target.x * 640 * 64) / 64,
        top=round(target.y * 360 * 64) / 64,
        right=round((target.x + target.width) * 640 * 64) / 64,
        bottom=round((target.y + target.height) * 360 * 64) / 64,
    ).grown(PADDING_U)
    window_of(rounded_rectangle(FRAME, edges, CORNER_U, softness_px=SOFTNESS_U)).show(expected, before)
    out = drawn(target, before)
    assert (out.y == expected.y).all()
    assert (out.u == expected.u).all()
    assert (out.v == expected.v).all()
    assert (out.y != before.y).any() or target.width == 1
    assert (out.y == before.y).any()


def test_boxes_around_a_hole_cover_all_else_once_when_the_hole_lies_inside_or_at_a_corner() -> None:
    for hole in (Box(x=4, y=2, width=6, height=8), Box(x=0, y=0, width=6, height=8), FRAME):
        counts = np.zeros((360, 640), int)
        for box in (hole, *around(hole, FRAME)):
            counts[box.y : box.bottom, box.x : box.right] += 1
        assert (counts == 1).all()


def test_even_core_is_the_largest_even_box_inside_when_edges_are_uneven() -> None:
    assert even_core(3.5, 4.0, 11.9, 9.0) == Box(x=4, y=4, width=6, height=4)
    assert even_core(-3.5, -4.1, 2.0, 1.9) == Box(x=-2, y=-4, width=4, height=4)
    assert even_core(3.1, 3.1, 5.0, 40.0) is None
