"""Pictures beside the video: poster, contact sheet, and single frames on demand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from preview_worker.errors import StorageError
from preview_worker.render.child.drawing.fonts import FontSet
from preview_worker.render.child.drawing.planes import Planes
from preview_worker.render.child.drawing.stills import SheetEntry, contact_sheet, jpeg, poster, scaled
from preview_worker.render.child.drawing.studio import Studio
from preview_worker.render.child.preparation import Prepared
from preview_worker.render.child.segment_file import PacketRecord, SegmentFile, Verdict, read_segment
from preview_worker.render.protocol import FILES_FOLDER, FRAME_FILE, OUT_FOLDER, FileReady
from preview_worker.timeline.brief import NUMBERED_KINDS
from preview_worker.timeline.geometry import even
from preview_worker.timeline.model import Note, Segment
from preview_worker.timeline.time import ms_of_frames

POSTER_FILE = "poster.jpg"
CONTACT_SHEET_FILE = "contact-sheet.jpg"
JPEG_MEDIA_TYPE = "image/jpeg"
STILL_LONG_SIDE_PX = 320


def small_still(planes: Planes) -> Planes:
    """A copy whose longer side is 320 px, or as large as it is."""
    scale = min(1.0, STILL_LONG_SIDE_PX / max(planes.width_px, planes.height_px))
    return scaled(planes, even(planes.width_px * scale), even(planes.height_px * scale)).copy()


def with_still(segment: SegmentFile, still: Planes) -> SegmentFile:
    """The segment with a small still of it."""
    packed = b"".join(plane.tobytes() for plane in (still.y, still.uv))
    return replace(segment, still=packed, still_size_px=(still.width_px, still.height_px))


def still_of(segment: SegmentFile) -> Planes:
    """The small still of a segment of the picture."""
    width, height = segment.still_size_px
    samples = np.frombuffer(segment.still, np.uint8)
    luma = width * height
    return Planes(samples[:luma].reshape(height, width), samples[luma:].reshape(2, height // 2, width // 2))


def poster_still(prepared: Prepared, studio: Studio) -> SegmentFile:
    """The poster as it is kept in the cache: one packet of JPEG.

    Raises:
        AssetError: A picture can't be decoded (permanent).
    """
    content = poster(studio, prepared.timeline.poster)
    return SegmentFile(
        codec_name="mjpeg",
        extradata=b"",
        time_base=Fraction(1),
        frames=1,
        packets=(PacketRecord(pts=0, dts=0, duration=1, is_key=True, size_bytes=len(content)),),
        payload=content,
        verdict=Verdict(decoded_frames=1),
    )


def write_poster(still: SegmentFile, folder: Path) -> FileReady:
    """Write the poster.

    Raises:
        StorageError: It can't be written (retryable).
    """
    return _write(folder, POSTER_FILE, still.payload)


def write_contact_sheet(
    prepared: Prepared, paths: Mapping[str, Path], notes: tuple[Note, ...], fonts: FontSet, folder: Path
) -> FileReady:
    """Write the contact sheet: one still for each step, a dot where a warning stands.

    Raises:
        DamagedSegmentError: A segment file is damaged (retryable).
        StorageError: It can't be written (retryable).
    """
    timeline, options = prepared.timeline, prepared.request.options
    warned = {note.step_id for note in notes}
    numbers = _numbers(prepared)
    entries = [
        SheetEntry(
            frame=still_of(read_segment(paths[_resting_segment(prepared, index).key])),
            number=numbers.get(clip.step_id, ""),
            title=clip.title,
            start=_clock(ms_of_frames(clip.frames.start, timeline.rate)),
            warns=clip.step_id in warned,
        )
        for index, clip in enumerate(timeline.clips)
    ]
    length = _clock(ms_of_frames(timeline.frames, timeline.rate))
    note = f"{length} · {options.width_px}×{options.height_px} · {float(timeline.rate):g} fps"
    return _write(folder, CONTACT_SHEET_FILE, contact_sheet(entries, fonts, heading=prepared.request.title, note=note))


def write_frame(planes: Planes, folder: Path, *, width_px: int | None) -> FileReady:
    """Write one picture, at most so wide (rounded to even pixels), into the process's own folder.

    Raises:
        StorageError: It can't be written (retryable).
    """
    if width_px is not None and width_px < planes.width_px:
        scale = width_px / planes.width_px
        planes = scaled(planes, max(2, even(planes.width_px * scale)), max(2, even(planes.height_px * scale)))
    ready = _write(folder / OUT_FOLDER / FILES_FOLDER, FRAME_FILE, jpeg(planes, optimize=False))
    return replace(ready, width_px=planes.width_px, height_px=planes.height_px)


def _resting_segment(prepared: Prepared, clip_index: int) -> Segment:
    """The segment in which everything of the step has arrived: the one of its resting frame, or its last."""
    clip = prepared.timeline.clips[clip_index]
    own = [segment for segment in prepared.timeline.segments if segment.clip_index == clip_index]
    return next((segment for segment in own if segment.local.end > clip.rest_frame and not segment.mixes), own[-1])


def _numbers(prepared: Prepared) -> dict[str, str]:
    numbered = [step.id for step in prepared.request.steps if step.kind in NUMBERED_KINDS]
    return {step_id: str(number) for number, step_id in enumerate(numbered, start=1)}


def _clock(time_ms: int) -> str:
    minutes, seconds = divmod(time_ms // 1000, 60)
    return f"{minutes}:{seconds:02}"


def _write(folder: Path, name: str, content: bytes) -> FileReady:
    try:
        (folder / name).write_bytes(content)
    except OSError as error:
        raise StorageError(f"{name} can't be written: {error.strerror}.") from error
    return FileReady(name=name, media_type=JPEG_MEDIA_TYPE)
