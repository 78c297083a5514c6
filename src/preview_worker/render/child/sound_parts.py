"""The parts of a sound file that FFmpeg is to see: tags are left out, what can't be left out is bounded.

FFmpeg looks through all tags it has for each one it reads: 100,000 of them in a file of two megabytes take it minutes.
It makes room for every packet that an index announces, whether it is there or not.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO

from preview_worker.render.child.drawing.picture_parts import UnreadablePartsError
from preview_worker.render.child.mov_bounds import check_mov
from preview_worker.render.child.ogg_bounds import check_ogg

MOST_PARTS = 1000
"""Chunks, blocks and tags before the samples: there are a handful."""
_ID3_HEADER_BYTES = 10
_ID3_FOOTER = 0x10
_FLAC_LAST, _FLAC_INFO_BYTES = 0x80, 34
_LIVE_BYTES = 0x7FFF0000
"""Programs that write into a pipe don't know the size of the samples, and claim the largest that they can."""


class SoundParts(io.RawIOBase):
    """A file of a head and a stretch of another file, which stays the caller's.

    Args:
        file: The file.
        head: What is read first.
        start: Where the stretch begins, in bytes.
        end: Where it ends; None for the file's end.
    """

    def __init__(self, file: BinaryIO, head: bytes = b"", start: int = 0, end: int | None = None) -> None:
        super().__init__()
        self._file, self._head, self._start = file, head, start
        file_end = file.seek(0, io.SEEK_END)
        self._stretch_bytes = max(0, min(file_end, file_end if end is None else end) - start)
        self._place = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """The place, in bytes."""
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place; returns it."""
        whole = len(self._head) + self._stretch_bytes
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: whole}[whence]
        self._place = max(0, base + offset)
        return self._place

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes, at most so many; less at the seam between head and stretch."""
        place = self._place - len(self._head)
        if place < 0:
            found = self._head[self._place :][: size if size >= 0 else None]
        else:
            left = max(0, self._stretch_bytes - place)
            self._file.seek(self._start + place)
            found = self._file.read(left if size < 0 else min(size, left))
        self._place += len(found)
        return found


def sound_parts(file: BinaryIO, demuxer: str) -> SoundParts:
    """What of a file the demuxer is to see.

    Args:
        file: The file; it is read from again and again, and stays open.
        demuxer: FFmpeg's name of what reads it.

    Raises:
        UnreadablePartsError: It has more parts than any honest file, or announces what can't be there.
    """
    match demuxer:
        case "wav":
            return _wav_parts(file)
        case "flac":
            return _flac_parts(file)
        case "mp3":
            return SoundParts(file, start=_behind_tags(file))
        case "mov":
            check_mov(file)
        case "ogg":
            check_ogg(file)
    return SoundParts(file)


def _wav_parts(file: BinaryIO) -> SoundParts:
    head, place = _read(file, 0, 12), 12
    for _ in _bounded_parts():
        chunk = _read(file, place, 8)
        size = int.from_bytes(chunk[4:], "little")
        if chunk[:4] == b"data":
            end = place + 8 + size if 0 < size < _LIVE_BYTES else None
            return SoundParts(file, head, place, end)
        if len(chunk) < 8:  # noqa: PLR2004 - name and size
            break
        if chunk[:4] in (b"fmt ", b"fact"):
            head += _read(file, place, 8 + min(size + size % 2, 1 << 16))
        place += 8 + size + size % 2
    return SoundParts(file, head, place)


def _flac_parts(file: BinaryIO) -> SoundParts:
    place = 4
    for _ in _bounded_parts():
        block = _read(file, place, 4)
        place += 4 + int.from_bytes(block[1:], "big")
        if len(block) < 4 or block[0] & _FLAC_LAST:  # noqa: PLR2004 - kind and size
            break
    info = _read(file, 8, _FLAC_INFO_BYTES)
    return SoundParts(file, b"fLaC" + bytes([_FLAC_LAST]) + _FLAC_INFO_BYTES.to_bytes(3, "big") + info, place)


def _behind_tags(file: BinaryIO) -> int:
    place = 0
    for _ in _bounded_parts():
        tag = _read(file, place, _ID3_HEADER_BYTES)
        if tag[:3] != b"ID3" or len(tag) < _ID3_HEADER_BYTES:
            break
        size = 0
        for digit in tag[6:]:
            size = size << 7 | digit & 0x7F
        place += _ID3_HEADER_BYTES * (2 if tag[5] & _ID3_FOOTER else 1) + size
    return place


def _read(file: BinaryIO, place: int, size: int) -> bytes:
    file.seek(place)
    return file.read(size)


def _bounded_parts() -> Iterator[None]:
    for _ in range(MOST_PARTS):
        yield
    raise UnreadablePartsError(f"it has more than {MOST_PARTS:,} parts before its samples")
