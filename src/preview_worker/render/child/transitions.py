"""The frames of a transition: the held last picture of the scene before, mixed with the scene that comes."""

from __future__ import annotations

from collections.abc import Callable

from preview_worker.render.child.drawing.planes import BLACK, Planes, mix
from preview_worker.timeline.model import Clip
from preview_worker.timeline.scene import Scene

PaintScene = Callable[[Scene, int, Planes], Planes]
"""Paints a frame of a scene over a canvas or elsewhere; what is returned is valid until the next call."""


def held_picture(clip: Clip, paint: PaintScene) -> Planes:
    """What a clip's transition leaves: the last picture of the scene before, black on the first clip.

    Raises:
        AssetError: A picture can't be decoded (permanent).
    """
    held = Planes.allocate(clip.scene.width_px, clip.scene.height_px)
    if clip.before is None:
        held.fill(BLACK)
        return held
    return paint(clip.before, clip.before.frames - 1, held).copy()


def mixed(clip: Clip, frame: int, before: Planes, after: Planes, canvas: Planes) -> Planes:
    """One frame of a clip's transition.

    Args:
        clip: The clip that comes.
        frame: Frame of its scene, within the transition.
        before: The held picture.
        after: The same frame as the scene shows it.
        canvas: Written over, and returned.
    """
    # The first step comes from black directly: there is nothing to leave.
    kind = clip.transition.kind if clip.before is not None else "crossfade"
    share = (frame + 1) / (clip.transition.frames + 1)
    mix(kind, share, before, after, canvas, colour=clip.scene.palette.background)
    return canvas
