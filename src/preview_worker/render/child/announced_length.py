"""How long a sound file says it is: a recording that breaks off is shorter, and decodes without a complaint."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from av.audio.stream import AudioStream
from av.container import InputContainer

_RIFF_HEADER_BYTES = 12
_CHUNK_HEADER_BYTES = 8
_CHUNKS_MAX = 64
"""Before the samples there are a handful; a file may not send us through thousands."""
_LIVE_BYTES = 0x7FFF0000
"""Programs that write into a pipe don't know the size of the samples, and claim the largest that they can."""
_ID3_HEADER_BYTES = 10
_ID3_DIGIT_BITS = 7
_FIRST_FRAME_BYTES = 512
_FRAME_COUNTS = (b"Xing", b"Info", b"VBRI")
"""Marks in the first MP3 frame of a count of all; without one the length is a guess from the size of the file."""


def announced_s(path: Path, container: InputContainer, stream: AudioStream) -> float | None:
    """Length of a sound as its file announces it, in s; None where it announces none.

    Args:
        path: The file.
        container: The file, opened.
        stream: Its sound.
    """
    if not stream.duration or stream.time_base is None:
        return None
    duration_s = float(stream.duration * stream.time_base)
    with path.open("rb") as file:
        match container.format.name.split(",", maxsplit=1)[0]:
            case "wav":
                return duration_s * _announced_share(file)
            case "mp3":
                return duration_s if _counts_frames(file) else None
            case "ogg":
                return None  # FFmpeg takes it from the last page that is there
            case _:
                return duration_s


def _announced_share(file: BinaryIO) -> float:
    """Bytes of samples that a WAV file announces to those that are there: FFmpeg's length is of these."""
    file_bytes = file.seek(0, 2)
    place = _RIFF_HEADER_BYTES
    for _ in range(_CHUNKS_MAX):
        file.seek(place)
        head = file.read(_CHUNK_HEADER_BYTES)
        place += _CHUNK_HEADER_BYTES
        size_bytes = int.from_bytes(head[4:], "little")
        if head[:4] == b"data":
            there_bytes = file_bytes - place
            return max(1.0, size_bytes / there_bytes) if there_bytes > 0 and size_bytes < _LIVE_BYTES else 1.0
        place += size_bytes + size_bytes % 2
    return 1.0


def _counts_frames(file: BinaryIO) -> bool:
    """Whether the first frame of an MP3 file, behind its ID3 tag, tells how many there are."""
    head = file.read(_ID3_HEADER_BYTES)
    place = 0
    if head[:3] == b"ID3":
        for digit in head[6:]:
            place = place << _ID3_DIGIT_BITS | digit
        place += _ID3_HEADER_BYTES
    file.seek(place)
    first = file.read(_FIRST_FRAME_BYTES)
    return any(mark in first for mark in _FRAME_COUNTS)
