"""Pictures beside the video: poster, single frames on demand, and the small stills that segments carry."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from preview_worker.render.child.drawing.planes import Planes
from preview_worker.render.child.drawing.stills import jpeg, poster, scaled
from preview_worker.render.child.drawing.studio import Studio
from preview_worker.render.child.preparation import Prepared
from preview_worker.render.child.segment_file import PacketRecord, SegmentFile, Verdict
from preview_worker.render.child.writing import writing
from preview_worker.render.protocol import FILES_FOLDER, FRAME_FILE, OUT_FOLDER, FileReady
from preview_worker.timeline.geometry import even

POSTER_FILE = "poster.jpg"
CONTACT_SHEET_FILE = "contact-sheet.jpg"
JPEG_MEDIA_TYPE = "image/jpeg"
STILL_LONG_SIDE_PX = 320


def small_still(planes: Planes) -> Planes:
    """A copy whose longer side is 320 px, or as large as it is."""
    return scaled(planes, *small_size(planes.width_px, planes.height_px)).copy()


def small_size(width_px: int, height_px: int) -> tuple[int, int]:
    """Width and height of the small still of a frame."""
    scale = min(1.0, STILL_LONG_SIDE_PX / max(width_px, height_px))
    return even(width_px * scale), even(height_px * scale)


def with_still(segment: SegmentFile, still: Planes) -> SegmentFile:
    """The segment with a small still of it."""
    packed = b"".join(plane.tobytes() for plane in (still.y, still.uv))
    return replace(segment, still=packed, still_size_px=(still.width_px, still.height_px))


def small_planes(packed: bytes, size_px: tuple[int, int]) -> Planes:
    """The planes of a packed still of a width and height."""
    width, height = size_px
    samples = np.frombuffer(packed, np.uint8)
    luma = width * height
    return Planes(samples[:luma].reshape(height, width), samples[luma:].reshape(2, height // 2, width // 2))


def poster_still(prepared: Prepared, studio: Studio) -> SegmentFile:
    """The poster as it is kept in the cache.

    Raises:
        AssetError: A picture can't be decoded (permanent).
    """
    return kept_jpeg(poster(studio, prepared.timeline.poster))


def kept_jpeg(content: bytes, *, extradata: bytes = b"") -> SegmentFile:
    """A picture as it is kept in the cache: one packet of JPEG, and what else is to be known of it."""
    return SegmentFile(
        codec_name="mjpeg",
        extradata=extradata,
        time_base=Fraction(1),
        frames=1,
        packets=(PacketRecord(pts=0, dts=0, duration=1, is_key=True, size_bytes=len(content)),),
        payload=content,
        verdict=Verdict(decoded_frames=1),
    )


def write_picture(content: bytes, folder: Path, name: str) -> FileReady:
    """Write a JPEG of the result.

    Raises:
        StorageError: It can't be written (retryable).
    """
    return _write(folder, name, content)


def write_still(still: SegmentFile, folder: Path, name: str) -> FileReady:
    """Write a kept picture: the poster or the contact sheet.

    Raises:
        StorageError: It can't be written (retryable).
    """
    return _write(folder, name, still.payload)


def write_frame(planes: Planes, folder: Path, *, width_px: int | None) -> FileReady:
    """Write one picture, at most so wide (rounded to even pixels), into the process's own folder.

    Raises:
        StorageError: It can't be written (retryable).
    """
    if width_px is not None and width_px < planes.width_px:
        scale = width_px / planes.width_px
        planes = scaled(planes, max(2, even(planes.width_px * scale)), max(2, even(planes.height_px * scale)))
    ready = _write(folder / OUT_FOLDER / FILES_FOLDER, FRAME_FILE, jpeg(planes))
    return replace(ready, width_px=planes.width_px, height_px=planes.height_px)


def _write(folder: Path, name: str, content: bytes) -> FileReady:
    with writing(name):
        (folder / name).write_bytes(content)
    return FileReady(name=name, media_type=JPEG_MEDIA_TYPE)
