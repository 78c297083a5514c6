"""The neat labelled box that stands where a picture is missing."""

from __future__ import annotations

import numpy as np

from preview_worker.render.child.drawing.filters import Bytes
from preview_worker.render.child.drawing.fonts import FontSet
from preview_worker.render.child.drawing.items import Appearance, Stamped
from preview_worker.render.child.drawing.lettering import Room, lettering
from preview_worker.render.child.drawing.planes import yuv_of_colour
from preview_worker.render.child.drawing.shapes import (
    Edges,
    convex,
    disc,
    edges_of,
    rounded_frame,
    rounded_rectangle,
)
from preview_worker.render.child.drawing.stamps import Stamp, even_hull, stamp_of
from preview_worker.timeline.colour import mix
from preview_worker.timeline.geometry import Box
from preview_worker.timeline.scene import Picture, Scene

ICON_U = (64, 48)
LABEL_PAD_U = 24
CORNER_U = 12


def placeholder(picture: Picture, scene: Scene, fonts: FontSet) -> Stamped:
    """A quiet box with a picture sign, the asset's id and its file name."""
    unit, palette, box = scene.unit_px, scene.palette, picture.box
    edges = edges_of(box)
    line_px = max(1.0, 2 * unit)
    corner = picture.corner_px or CORNER_U * unit
    fill = rounded_rectangle(box, edges, corner)
    line = rounded_frame(box, edges.grown(-line_px / 2), corner - line_px / 2, line_px)
    stamps = [
        stamp_of(fill, box.x, box.y, yuv_of_colour(mix(palette.panel, palette.hairline, 0.6))),
        stamp_of(line, box.x, box.y, yuv_of_colour(palette.muted), opacity=0.35),
        *_sign_and_label(picture, scene, fonts),
    ]
    appearance = Appearance(shown=picture.shown, fade_frames=picture.fade_frames, opacity=picture.opacity)
    return Stamped(laid=tuple(stamps), appearance=appearance)


def _sign_and_label(picture: Picture, scene: Scene, fonts: FontSet) -> list[Stamp]:
    unit, box = scene.unit_px, picture.box
    inner = box.inset(int(LABEL_PAD_U * unit), int(LABEL_PAD_U * unit))
    names = dict.fromkeys(name for name in (picture.source.asset_id, picture.source.label) if name)
    room = Room(width_px=inner.width, height_px=inner.height * 0.55, max_lines=3, unit_px=unit, font_scale=1.0)
    letters = lettering("\n".join(names), "placeholder", room, fonts)
    mask = letters.mask(fonts, align="center")
    width, height = mask.shape[1], letters.height_px
    icon_height = round(ICON_U[1] * unit) if inner.height > height + (ICON_U[1] + 14) * unit else 0
    gap = round(14 * unit) if icon_height else 0
    top = box.y + (box.height - icon_height - gap - height) // 2
    muted = yuv_of_colour(scene.palette.muted)
    center_x = box.x + box.width / 2
    stamps = [
        stamp_of(mask, round(center_x - width / 2), top + icon_height + gap - letters.overshoot_px, muted, clip=box)
    ]
    if icon_height:
        half = ICON_U[0] * unit / 2
        edges = Edges(left=center_x - half, top=top, right=center_x + half, bottom=top + icon_height)
        area = even_hull(edges.left - 2, edges.top - 2, edges.right + 2, edges.bottom + 2)
        stamps.append(stamp_of(_icon(area, edges, unit), area.x, area.y, muted, clip=box))
    return stamps


def _icon(area: Box, edges: Edges, unit: float) -> Bytes:
    """A framed landscape: sun and two hills."""
    frame = rounded_frame(area, edges, 6 * unit, 3 * unit)
    sun = disc(area, (edges.left + 18 * unit, edges.top + 15 * unit), 5 * unit)
    floor = edges.bottom - 7 * unit
    near = (
        (edges.left + 9 * unit, floor),
        (edges.left + 26 * unit, floor - 20 * unit),
        (edges.left + 43 * unit, floor),
    )
    far = (
        (edges.left + 32 * unit, floor),
        (edges.left + 44 * unit, floor - 14 * unit),
        (edges.right - 9 * unit, floor),
    )
    joined: Bytes = np.maximum.reduce([frame, sun, convex(area, near), convex(area, far)])
    return joined
