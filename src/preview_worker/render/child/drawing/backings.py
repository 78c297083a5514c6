"""What lies below letters: a caption's box, a badge's pill, the glow of words on a picture."""

from __future__ import annotations

import numpy as np

from preview_worker.render.child.drawing.filters import Bytes, softened, surrounded
from preview_worker.render.child.drawing.planes import BLACK, yuv_of_colour
from preview_worker.render.child.drawing.shapes import Edges, hairline_share, rounded_frame, rounded_rectangle
from preview_worker.render.child.drawing.stamps import Stamp, even_hull, stamp_of
from preview_worker.timeline.geometry import Box
from preview_worker.timeline.scene import Scene, Text, TextRole

CAPTION_OPACITY = 0.72
CAPTION_CORNER_U = 8
CAPTION_PAD_U = (16, 8)
BADGE_OPACITY, BADGE_LINE_OPACITY = 0.9, 0.55
BADGE_PAD_U = 14
GLOW_OPACITY = 0.6
LOWER_THIRD_GLOW_U = 16
WATERMARK_GLOW_U, WATERMARK_GLOW_GAIN = 8, 3
"""Blurred, thin letters leave little of their darkness: three times of it is read on white paper too."""
MASK_FULL = 255


def behind(text: Text, scene: Scene, mask: Bytes, ink: Box, mask_y: int) -> tuple[Stamp, ...]:
    """What lies below the letters of a text.

    Args:
        text: The text.
        scene: Its scene.
        mask: The letters' coverage.
        ink: Box of its lines.
        mask_y: Row of the mask's first pixel.
    """
    match text.role:
        case TextRole.CAPTION:
            return (_caption_box(ink, scene.unit_px),)
        case TextRole.BADGE:
            return _pill(text.box, ink, scene)
        case TextRole.WATERMARK:
            return (_glow(mask, ink.x, mask_y, WATERMARK_GLOW_U * scene.unit_px, gain=WATERMARK_GLOW_GAIN),)
        case TextRole.HEADING | TextRole.BODY if scene.gradients:
            return (_glow(mask, ink.x, mask_y, LOWER_THIRD_GLOW_U * scene.unit_px),)
        case _:
            return ()


def _caption_box(ink: Box, unit: float) -> Stamp:
    pad_x, pad_y = CAPTION_PAD_U[0] * unit, CAPTION_PAD_U[1] * unit
    edges = Edges(left=ink.x - pad_x, top=ink.y - pad_y, right=ink.right + pad_x, bottom=ink.bottom + pad_y)
    area = even_hull(edges.left, edges.top, edges.right, edges.bottom)
    mask = rounded_rectangle(area, edges, CAPTION_CORNER_U * unit)
    return stamp_of(mask, area.x, area.y, BLACK, opacity=CAPTION_OPACITY)


def _pill(box: Box, ink: Box, scene: Scene) -> tuple[Stamp, ...]:
    unit, palette = scene.unit_px, scene.palette
    pad = BADGE_PAD_U * unit
    edges = Edges(left=ink.x - pad, top=box.y, right=ink.right + pad, bottom=box.bottom)
    area = even_hull(edges.left, edges.top, edges.right, edges.bottom)
    radius = edges.height / 2
    fill = rounded_rectangle(area, edges, radius)
    line_px = max(1.0, unit)
    line = rounded_frame(area, edges.grown(-line_px / 2), radius, line_px)
    return (
        stamp_of(fill, area.x, area.y, yuv_of_colour(palette.panel), opacity=BADGE_OPACITY),
        stamp_of(line, area.x, area.y, yuv_of_colour(palette.muted), opacity=BADGE_LINE_OPACITY * hairline_share(unit)),
    )


def _glow(mask: Bytes, x: int, y: int, reach_px: float, *, gain: int = 1) -> Stamp:
    """A soft darkness around letters that stand on a picture without a box."""
    reach = max(2, round(reach_px))
    padded = surrounded(mask, reach)
    soft = softened(padded, reach / 2.5)
    darkness = np.minimum(soft, MASK_FULL // gain) * np.uint8(gain)
    return stamp_of(darkness, x - reach, y - reach, BLACK, opacity=GLOW_OPACITY)
