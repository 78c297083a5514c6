"""Looks at a finished WebM file as FFmpeg reads it, without decoding it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError

from preview_worker.errors import OutputCheckError
from preview_worker.render.child.output_look import OutputLook, UnreadableOutputError

_STREAMS = 2
"""Picture and sound; chapters are no stream here."""
_HEADER_ID, _SEGMENT_ID = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
_HEAD_BYTES = 4096
"""The file's header takes some forty; the segment that holds all the rest follows at once."""


def look_at_webm(path: Path) -> OutputLook:
    """Go through all packets.

    Raises:
        UnreadableOutputError: It can't be read, or isn't whole (permanent).
        OutputCheckError: It has streams that nobody planned (permanent).
    """
    _refuse_cut(path)
    try:
        with av.open(str(path), "r", format="webm") as container:
            picture, sound = container.streams.video[0], container.streams.audio[0]
            if len(container.streams) != _STREAMS:
                raise OutputCheckError(f"The finished file has {len(container.streams)} streams instead of {_STREAMS}.")
            shown: list[int] = []
            heard_until = 0
            for packet in container.demux(picture, sound):
                if packet.pts is None:
                    continue
                if packet.stream is picture:
                    shown.append(packet.pts)
                else:
                    heard_until = max(heard_until, packet.pts + (packet.duration or 0))
            return OutputLook(
                video_codec=picture.codec_context.name,
                audio_codec=sound.codec_context.name,
                width_px=picture.width,
                height_px=picture.height,
                shown=np.array(shown, np.int64),
                time_base=picture.time_base or Fraction(1),
                is_rounded=True,
                picture_s=None,
                heard_s=heard_until * (sound.time_base or Fraction(1)),
            )
    except (FFmpegError, IndexError, OSError) as error:
        raise UnreadableOutputError("The finished file can't be read back.") from error


def _refuse_cut(path: Path) -> None:
    """The segment, which holds everything, is told to end where the file does (RFC 8794, elements of known size)."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
        size_bytes = path.stat().st_size
    except OSError as error:
        raise UnreadableOutputError("The finished file can't be read back.") from error
    segment_at = _element_end(head, 0, _HEADER_ID)
    if _element_end(head, segment_at, _SEGMENT_ID) != size_bytes:
        raise UnreadableOutputError("The finished file can't be read back: it doesn't end where it says.")


def _element_end(head: bytes, start: int, identifier: bytes) -> int:
    """Where an element of EBML ends: its size is a number whose length its leading zeros tell."""
    place = start + len(identifier)
    if head[start:place] != identifier or place >= len(head) or not head[place]:
        raise UnreadableOutputError("The finished file can't be read back: it doesn't begin as WebM does.")
    length = 9 - head[place].bit_length()
    number = int.from_bytes(head[place : place + length], "big") & ((1 << 7 * length) - 1)
    return place + length + number
