"""Notes: a text on a dark box of its own, without a target."""

from __future__ import annotations

import numpy as np

from preview_worker.render.child.drawing.filters import Bytes
from preview_worker.render.child.drawing.fonts import FontSet
from preview_worker.render.child.drawing.grounds import frame_box
from preview_worker.render.child.drawing.lettering import Room, lettering
from preview_worker.render.child.drawing.planes import yuv_of_colour
from preview_worker.render.child.drawing.shapes import Edges, rounded_rectangle
from preview_worker.render.child.drawing.stamps import Stamp, even_hull, intersection, stamp_of
from preview_worker.render.child.drawing.words import Words
from preview_worker.timeline.direction import reads_leftwards
from preview_worker.timeline.geometry import Box
from preview_worker.timeline.lower_third import LEAD_U
from preview_worker.timeline.palette import BEHIND_PHOTO, rule_over_photo
from preview_worker.timeline.scene import Callout, Scene, TextRole

WIDTH_SHARE = 0.4
HEIGHT_U = 120
GAP_U = 16
PAD_U = (18, 10)
OPACITY = 0.86
CORNER_U = 10
BAR_U = 5
SAFE_SHARE = 0.05


def note_of(callout: Callout, scene: Scene, clip: Box, fonts: FontSet) -> Words | None:
    """A text on a dark box with an accent bar where reading begins, in its placement or at the lower left.

    Args:
        callout: The note.
        scene: Its scene.
        clip: The area that its picture's layout gave it.
        fonts: The fonts.
    """
    if not callout.text.strip():
        return None
    unit = scene.unit_px
    box = callout.placement or _default_box(scene, clip)
    pad_x, pad_y = PAD_U[0] * unit, PAD_U[1] * unit
    room_width, room_height = box.width - 2 * pad_x, box.height - 2 * pad_y
    lines = max(1, int(room_height / (27 * unit)))
    room = Room(width_px=room_width, height_px=room_height, max_lines=lines, unit_px=unit, font_scale=scene.font_scale)
    letters = lettering(callout.text, TextRole.NOTE, room, fonts)
    leftwards = reads_leftwards(callout.text)
    mask = letters.mask(fonts, align="right" if leftwards else "left")
    right, height = box.x + mask.shape[1] + 2 * pad_x, letters.height_px + 2 * pad_y
    top = box.y if callout.placement is not None else box.bottom - height
    edges = Edges(left=box.x, top=top, right=right, bottom=top + height)
    x, y, whole = round(box.x + pad_x), round(top + pad_y) - letters.overshoot_px, frame_box(scene)
    white = yuv_of_colour("#FFFFFF")
    return Words(
        role=TextRole.NOTE.value,
        notes=letters.notes,
        mask=mask,
        x=x,
        y=y,
        colour=white,
        opacity=1.0,
        behind=_box(edges, scene, leftwards=leftwards),
        clip=whole,
        shown=callout.shown,
        reach_px=0.0,
        rise=None,
        resting=stamp_of(mask, x, y, white, clip=whole),
    )


def safe_box(scene: Scene) -> Box:
    """The frame less its safe margins."""
    margin_x, margin_y = scene.width_px * SAFE_SHARE, scene.height_px * SAFE_SHARE
    return even_hull(margin_x, margin_y, scene.width_px - margin_x, scene.height_px - margin_y)


def _box(edges: Edges, scene: Scene, *, leftwards: bool) -> tuple[Stamp, ...]:
    """The dark box and its bar."""
    bar_px, clip = BAR_U * scene.unit_px, frame_box(scene)
    area = even_hull(edges.left, edges.top, edges.right, edges.bottom)
    body = rounded_rectangle(area, edges, CORNER_U * scene.unit_px)
    bar = np.minimum(body, _right_of(area, edges.right - bar_px) if leftwards else _left_of(area, edges.left + bar_px))
    return (
        stamp_of(body, area.x, area.y, yuv_of_colour(BEHIND_PHOTO), opacity=OPACITY, clip=clip),
        stamp_of(bar, area.x, area.y, yuv_of_colour(rule_over_photo(scene.palette)), clip=clip),
    )


def _default_box(scene: Scene, clip: Box) -> Box:
    area = intersection(clip, safe_box(scene)) or frame_box(scene)
    pad, floor = GAP_U * scene.unit_px, _floor(scene, area)
    top = max(area.y, floor - HEIGHT_U * scene.unit_px - pad)
    return even_hull(area.x + pad, top, area.x + pad + area.width * WIDTH_SHARE, floor - pad)


def _floor(scene: Scene, area: Box) -> float:
    """How far down an area is free of captions and of a lower third's words."""
    words = [gradient.box.y + LEAD_U * scene.unit_px for gradient in scene.gradients]
    captions = [text.box.y for text in scene.texts if text.role is TextRole.CAPTION]
    return min([area.bottom, *(top for top in (*words, *captions) if top > area.y + area.height / 4)])


def _left_of(area: Box, x: float) -> Bytes:
    edges = Edges(left=area.x - 8, top=area.y - 8, right=x, bottom=area.bottom + 8)
    return rounded_rectangle(area, edges, 0)


def _right_of(area: Box, x: float) -> Bytes:
    mirrored: Bytes = _left_of(area, area.x + area.right - x)[:, ::-1]
    return mirrored
