"""Segments: runs of frames that tile the timeline, each known by what it shows.

A segment's key is the SHA-256 of the JSON, keys sorted, of everything that decides its bytes: what its frames
show, in times counted from its own first frame, and the encoder's identity. A moved but otherwise equal step has
equal keys; two chunks of a picture that stands still share one. Whatever a frame doesn't show is left out, so an edit
makes exactly those segments new whose pixels may change.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import fields
from fractions import Fraction
from typing import Any

from preview_worker.timeline.camera import Camera
from preview_worker.timeline.model import Clip, Segment
from preview_worker.timeline.scene import PULSE_MS, RISE_MS, Callout, Picture, Scene, Source, Stack, Text
from preview_worker.timeline.time import FrameRange, frames_of_ms

LONGEST_BODY_FRAMES = 60
"""2 s at 30 fps: short enough that watching can begin soon and an edit costs little, long enough for the encoder's
reference frames to pay."""
OPENING_MS = 600
"""Length of the first body of a step that begins without a transition, as the video's first one does: watching begins
when it is there, and the next bodies are there before it ends."""


def tile(clips: Sequence[Clip], rate: Fraction, encoding: str) -> tuple[Segment, ...]:
    """Cut clips into segments: one for a transition or of 0.6 s, then bodies that end at each 60th frame of the step.

    Bodies are counted from the step's start rather than from the transition's end, so that a transition of another
    length changes the first body alone.

    Args:
        clips: The video track in order.
        rate: Frames per second.
        encoding: Identity of the encoder, the drawing code and their versions.
    """
    segments = []
    for index, clip in enumerate(clips):
        for local in _cuts(clip, rate):
            mixes = local.end <= clip.transition.frames
            content: dict[str, Any] = {
                "encoding": encoding,
                "length": len(local),
                "shows": _content(clip.scene, local, rate),
            }
            if mixes:
                content["transition"] = _members(clip.transition) | {"at": local.start}
                content["before"] = _last_frame(clip.before, rate) if clip.before is not None else None
            frames = local.shift(clip.frames.start)
            segments.append(
                Segment(key=content_key(content), clip_index=index, frames=frames, local=local, mixes=mixes)
            )
    return tuple(segments)


def still_key(scene: Scene, rate: Fraction, encoding: str) -> str:
    """Key of a picture of a scene's last frame, like a segment's."""
    return content_key({"encoding": encoding, "still": _last_frame(scene, rate)})


def content_key(content: dict[str, Any]) -> str:
    """SHA-256 of the JSON, keys sorted, of what decides a segment's or a span's bytes."""
    # Numbers are written as their shortest decimal form, so equal values are equal text on every machine.
    text = json.dumps(content, default=_members, sort_keys=True, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _cuts(clip: Clip, rate: Fraction) -> Iterator[FrameRange]:
    length, start = len(clip.frames), clip.transition.frames
    start = min(length, start or frames_of_ms(OPENING_MS, rate))
    yield FrameRange(start=0, end=start)
    while start < length:
        end = min(length, (start // LONGEST_BODY_FRAMES + 1) * LONGEST_BODY_FRAMES)
        yield FrameRange(start=start, end=end)
        start = end


def _last_frame(scene: Scene, rate: Fraction) -> dict[str, Any]:
    return _content(scene, FrameRange(start=scene.frames - 1, end=scene.frames), rate)


def _content(scene: Scene, frames: FrameRange, rate: Fraction) -> dict[str, Any]:
    """What a range of a scene's frames shows, in frames counted from the range's start."""
    pictures = {i: _picture(picture, frames) for i, picture in enumerate(scene.pictures) if _seen(picture, frames)}
    callouts = [_callout(callout, frames, rate) for callout in scene.callouts if _seen(callout, frames)]
    return {
        "size": [scene.width_px, scene.height_px],
        "type": [scene.unit_px, scene.font_scale],
        "palette": scene.palette,
        "background": _members(scene.background) | {"source": _pixels(scene.background.source)},
        "panels": scene.panels,
        "pictures": {str(index): picture for index, picture in pictures.items()},
        "gradients": scene.gradients,
        "stacks": [_stack(stack, frames, rate) for stack in scene.stacks],
        "texts": [_text(text, frames, rate) for text in scene.texts if _seen(text, frames)],
        "callouts": callouts,
        "progress": scene.progress,
    }


def _seen(element: Picture | Callout | Text, frames: FrameRange) -> bool:
    return len(frames.overlap(element.shown)) > 0


def _span(shown: FrameRange, frames: FrameRange) -> list[int]:
    part = frames.overlap(shown)
    return [part.start - frames.start, part.end - frames.start]


def _picture(picture: Picture, frames: FrameRange) -> dict[str, Any]:
    fading = frames.start < picture.shown.start + picture.fade_frames
    return _members(picture) | {
        "source": _pixels(picture.source),
        "camera": _camera(picture.camera, frames),
        "shown": _span(picture.shown, frames),
        "fade_frames": [picture.shown.start - frames.start, picture.fade_frames] if fading else None,
    }


def _pixels(source: Source | None) -> dict[str, Any] | None:
    """A picture that is there is known by its content; only the box of a missing one shows its name."""
    if source is None:
        return None
    return _members(source) | ({"asset_id": None} if source.sha256 is not None else {})


def _camera(camera: Camera, frames: FrameRange) -> dict[str, Any]:
    """A moving camera keeps both ends in the key even where it rests: its picture is scaled for the whole move."""
    moving = [camera.moving.start - frames.start, camera.moving.end - frames.start]
    return _members(camera) | {"moving": None if camera.holds else moving}


def _text(text: Text, frames: FrameRange, rate: Fraction) -> dict[str, Any]:
    return _members(text) | {
        "shown": _span(text.shown, frames),
        "rise_start": _since(text.rise_start, frames, frames_of_ms(RISE_MS, rate)),
    }


def _stack(stack: Stack, frames: FrameRange, rate: Fraction) -> dict[str, Any]:
    return _members(stack) | {"texts": [_text(text, frames, rate) for text in stack.texts]}


def _callout(callout: Callout, frames: FrameRange, rate: Fraction) -> dict[str, Any]:
    return _members(callout) | {
        "shown": _span(callout.shown, frames),
        "entered": _since(callout.shown.start, frames, frames_of_ms(PULSE_MS, rate)),
    }


def _since(start: int | None, frames: FrameRange, lasts: int) -> int | None:
    """Where an entrance begins, counted from the range's start; None once it is over."""
    if start is None or frames.start > start + lasts:
        return None
    return start - frames.start


def _members(value: Any) -> dict[str, Any]:
    """Fields of a dataclass by name; those that are dataclasses themselves are left to the JSON encoder."""
    return {field.name: getattr(value, field.name) for field in fields(value)}
