"""Pictures beside the video: poster, and single frames on demand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from preview_worker.errors import InvalidPayloadError, StorageError
from preview_worker.render.child.drawing.planes import Planes, rgb_of_planes
from preview_worker.render.child.drawing.studio import Studio
from preview_worker.render.child.preparation import Prepared
from preview_worker.render.protocol import FILES_FOLDER, FRAME_FILE, OUT_FOLDER, FileReady, Frame
from preview_worker.timeline.model import Clip
from preview_worker.timeline.scene import Scene
from preview_worker.timeline.time import frames_of_ms

POSTER_FILE = "poster.jpg"
JPEG_MEDIA_TYPE = "image/jpeg"
JPEG_QUALITY = 90


def write_stills(prepared: Prepared, studio: Studio, folder: Path) -> Iterator[FileReady]:
    """Write the poster.

    Raises:
        AssetError: A picture can't be decoded (permanent).
        StorageError: It can't be written (retryable).
    """
    scene = prepared.timeline.poster
    yield _write(folder, POSTER_FILE, painted(studio, scene, max(0, scene.frames - 1)), None)


def write_frame(prepared: Prepared, studio: Studio, folder: Path, command: Frame) -> FileReady:
    """Write one picture of a step.

    Raises:
        InvalidPayloadError: There is no such step (permanent).
        AssetError: A picture can't be decoded (permanent).
        StorageError: It can't be written (retryable).
    """
    clip = _clip(prepared, command.step_id)
    at = clip.rest_frame if command.at_ms is None else frames_of_ms(command.at_ms, prepared.timeline.rate)
    planes = painted(studio, clip.scene, min(at, clip.scene.frames - 1))
    return _write(folder / OUT_FOLDER / FILES_FOLDER, FRAME_FILE, planes, command.width_px)


def painted(studio: Studio, scene: Scene, frame: int) -> Planes:
    """One frame of a scene."""
    planes = Planes.allocate(scene.width_px, scene.height_px)
    studio.painter(scene).paint(frame, planes)
    return planes


def _clip(prepared: Prepared, step_id: str) -> Clip:
    for clip in prepared.timeline.clips:
        if clip.step_id == step_id:
            return clip
    known = ", ".join(clip.step_id for clip in prepared.timeline.clips)
    raise InvalidPayloadError(f"There is no step {step_id!r}; there are {known[:400]}.", code="unknown-step")


def _write(folder: Path, name: str, planes: Planes, width_px: int | None) -> FileReady:
    rgb = rgb_of_planes(planes)
    if width_px is not None and width_px < planes.width_px:
        height_px = max(1, planes.height_px * width_px // planes.width_px)
        rgb = cv2.resize(rgb, (width_px, height_px), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    _, encoded = cv2.imencode(".jpg", rgb[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    try:
        (folder / name).write_bytes(encoded.tobytes())
    except OSError as error:
        raise StorageError(f"{name} can't be written: {error.strerror}.") from error
    return FileReady(name=name, media_type=JPEG_MEDIA_TYPE, width_px=rgb.shape[1], height_px=rgb.shape[0])
