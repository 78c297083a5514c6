"""From a scene to its items in drawing order, with what was noticed on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from preview_worker.render.child.drawing import grounds
from preview_worker.render.child.drawing.callouts import Marking
from preview_worker.render.child.drawing.fonts import FontSet
from preview_worker.render.child.drawing.items import Appearance, Item
from preview_worker.render.child.drawing.notes import DrawNote
from preview_worker.render.child.drawing.pictures import (
    BACKDROP_BRIGHTNESS,
    BLUR_U,
    CUT_OUT_BLUR_U,
    Backdrop,
    CutOut,
    View,
    blurred,
    box_shadow,
    round_corners,
)
from preview_worker.render.child.drawing.placeholders import placeholder
from preview_worker.render.child.drawing.plates import Plate
from preview_worker.render.child.drawing.typeset import words_of
from preview_worker.render.child.drawing.words import Words
from preview_worker.timeline.camera import Camera, still
from preview_worker.timeline.geometry import Box, cover, even
from preview_worker.timeline.scene import Picture, Scene, Source, TextRole

Plates = Callable[[Source, Camera, Box], Plate]
"""Prepares a source as a camera sees it in a box."""

_ABOVE_CALLOUTS = frozenset({TextRole.CAPTION, TextRole.BADGE, TextRole.REFERENCE, TextRole.WATERMARK})
_BOXED = frozenset({TextRole.CAPTION, TextRole.BADGE, TextRole.WATERMARK})
"""Texts that bring their own darkness."""
_STANDING = frozenset({TextRole.HEADING, TextRole.BODY})
_BACKDROP_SIDE_PX = 480


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """Everything that is drawn, from back to front, and the notes of its making."""

    items: tuple[Item, ...]
    notes: tuple[DrawNote, ...]


def compose(scene: Scene, plates: Plates, fonts: FontSet, fps: float) -> Composition:
    """Prepare a scene.

    Args:
        scene: What is to be seen.
        plates: Prepares pictures.
        fonts: The fonts.
        fps: Frame rate, for the movements whose length the scene leaves to the drawing.

    Raises:
        AssetError: A picture can't be decoded; permanent.
    """
    words = words_of(scene, fonts, fps)
    marking = Marking(scene=scene, fonts=fonts, fps=fps)
    marks, mark_notes = marking.marks()
    below = [item for item in words if item.role not in _ABOVE_CALLOUTS]
    above = [item for item in words if item.role in _ABOVE_CALLOUTS]
    # Stacks stand during the whole step, so that a lower third looks the same at each frame.
    standing = [item for item in below if item.role in _STANDING]
    unboxed = [item for item in words if item.role not in _BOXED]
    items: list[Item] = [_ground(scene, plates, unboxed)]
    items.extend(grounds.panel(panel, scene) for panel in scene.panels)
    for picture in scene.pictures:
        items.extend(_picture(picture, scene, plates, fonts))
    # A highlight darkens the picture, not the heading that stands on it: it lies below the texts.
    items.extend(marking.highlights())
    items.extend(grounds.gradient(gradient, scene, standing) for gradient in scene.gradients)
    items.extend(below)
    items.extend(marks)
    items.extend(above)
    if scene.progress is not None:
        items.append(grounds.progress(scene.progress, scene))
    notes = [note for item in words for note in item.notes]
    return Composition(items=tuple(items), notes=tuple(dict.fromkeys((*notes, *mark_notes))))


def _ground(scene: Scene, plates: Plates, words: Sequence[Words]) -> Item:
    source = scene.background.source
    if source is None or source.sha256 is None:
        return grounds.plain_ground(scene)
    side_px = max(scene.width_px, scene.height_px) // grounds.CARD_SHRINK
    return grounds.picture_ground(scene, _soft_source(source, grounds.frame_box(scene), plates, side_px), words)


def _soft_source(source: Source, box: Box, plates: Plates, side_px: int) -> Plate:
    """A picture cut to a box's aspect and small, its long side at most `side_px`: it will be blurred anyway."""
    shrink = min(1.0, side_px / max(box.width, box.height))
    small = Box(x=0, y=0, width=max(2, even(box.width * shrink)), height=max(2, even(box.height * shrink)))
    region = cover(source.width_px / source.height_px, box.width / box.height)
    return plates(source, still(region), small)


def _picture(picture: Picture, scene: Scene, plates: Plates, fonts: FontSet) -> Iterator[Item]:
    appearance = Appearance(shown=picture.shown, fade_frames=picture.fade_frames, opacity=picture.opacity)
    frame = grounds.frame_box(scene)
    if picture.source.sha256 is None:
        yield placeholder(picture, scene, fonts)
        return
    if picture.backdrop:
        yield _backdrop(picture, scene, plates, appearance)
    plate = plates(picture.source, picture.camera, picture.box)
    if plate.has_alpha:
        shadow_px = CUT_OUT_BLUR_U * scene.unit_px if picture.shadow else 0.0
        yield CutOut(
            plate=plate,
            box=picture.box,
            shadow_px=shadow_px,
            clip=frame,
            camera=picture.camera,
            appearance=appearance,
        )
        return
    if picture.shadow:
        around = picture.slot if picture.backdrop else frame
        shadow = box_shadow(picture.box, picture.corner_px, scene.unit_px, around, appearance)
        if shadow is not None:
            yield shadow
    yield View(
        plate=plate,
        box=picture.box,
        corners=round_corners(picture.box, picture.corner_px),
        camera=picture.camera,
        appearance=appearance,
    )


def _backdrop(picture: Picture, scene: Scene, plates: Plates, appearance: Appearance) -> Backdrop:
    slot = picture.slot
    plate = _soft_source(picture.source, slot, plates, _BACKDROP_SIDE_PX)
    planes = blurred(plate.levels[0].planes, (slot.width, slot.height), BLUR_U * scene.unit_px, BACKDROP_BRIGHTNESS)
    return Backdrop(planes=planes, box=slot, corners=round_corners(slot, picture.corner_px), appearance=appearance)
