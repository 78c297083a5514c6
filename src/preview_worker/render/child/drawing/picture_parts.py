"""The parts of a picture file that are the picture; all else in it is left out before any decoder sees it.

Texts, profiles, thumbnails, further frames and pictures: none of them is shown, and each has been a way to make a
decoder unfold gigabytes or walk through millions of pieces. How often a JPEG goes over its blocks is bounded too: a
scan of some bytes costs as much as one of a megabyte.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

MOST_PARTS = 20_000
"""Encoders put a picture's rows into chunks of 8 KB and more: so many hold 160 MB."""
MOST_SCANS = 50
"""Progressive JPEGs have about ten; over 25 million pixels a scan that adds nothing takes some 10 ms."""

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_PNG_FRAME_BYTES = 12
"""Length, kind and check sum of a chunk."""
_WEBP_KEPT = frozenset({b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF"})
_JPEG_LENGTHLESS = frozenset({0x01, 0xD8})
_JPEG_NOT_SHOWN = frozenset({*range(0xE1, 0xEE), 0xEF, 0xFE})
"""Application segments but JFIF's and Adobe's, which tell what the numbers mean; comments."""
_JPEG_EXIF, _JPEG_SCAN, _JPEG_END = 0xE1, 0xDA, 0xD9
_FILL = re.compile(rb"\xff*")
_MARKER_IN_SCAN = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
"""Behind a scan's bytes: neither a stuffed 255, nor a restart, nor filling."""
_EXIF_MARK = b"Exif\0\0"
_ORIENTATION = 0x0112
_Parts = list[bytes | memoryview]
_TIFF_ENTRY_BYTES = 12
_MOST_ENTRIES = 1000


class UnreadablePartsError(ValueError):
    """The file isn't put together as it should be; the message is half a sentence that says how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureParts:
    """What is left of a picture file.

    Attributes:
        content: A file of the same format, with the first picture alone.
        format: PNG, JPEG or WEBP: Pillow's name.
        orientation: EXIF's number, 1 to 8; 1 where the file tells none.
    """

    content: io.BytesIO
    format: str
    orientation: int


def picture_parts(content: bytes) -> PictureParts | None:
    """The picture alone; None when the file is no PNG, JPEG or WebP.

    Args:
        content: The whole file.

    Raises:
        UnreadablePartsError: It has more parts or scans than any honest file.
    """
    if content.startswith(_PNG_SIGNATURE):
        kind, (parts, exif) = "PNG", _png_parts(content)
    elif content.startswith(b"\xff\xd8\xff"):
        kind, (parts, exif) = "JPEG", _jpeg_parts(content)
    elif content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        kind, (parts, exif) = "WEBP", _webp_parts(content)
    else:
        return None
    return PictureParts(content=io.BytesIO(b"".join(parts)), format=kind, orientation=_orientation(exif))


def _png_parts(content: bytes) -> tuple[_Parts, bytes]:
    view, exif = memoryview(content), b""
    parts: _Parts = [view[: len(_PNG_SIGNATURE)]]
    place = len(_PNG_SIGNATURE)
    for _ in _bounded_parts():
        length, kind = int.from_bytes(view[place : place + 4], "big"), bytes(view[place + 4 : place + 8])
        end = place + length + _PNG_FRAME_BYTES
        if kind in _PNG_KEPT:
            parts.append(view[place:end])
        elif kind == b"eXIf":
            exif = bytes(view[place + 8 : end - 4])
        place = end
        if kind == b"IEND" or place >= len(content):
            break
    return parts, exif


def _webp_parts(content: bytes) -> tuple[_Parts, bytes]:
    view, exif, frames = memoryview(content), b"", 0
    parts: _Parts = []
    place = 12
    for _ in _bounded_parts():
        kind, length = bytes(view[place : place + 4]), int.from_bytes(view[place + 4 : place + 8], "little")
        end = place + 8 + length + length % 2
        frames += kind == b"ANMF"
        if kind in _WEBP_KEPT and not (kind == b"ANMF" and frames > 1):
            parts.append(view[place:end])
        elif kind == b"EXIF":
            exif = bytes(view[place + 8 : end]).removeprefix(_EXIF_MARK)
        place = end
        if place >= len(content):
            break
    size = 4 + sum(len(part) for part in parts)
    return [b"RIFF" + size.to_bytes(4, "little") + b"WEBP", *parts], exif


def _jpeg_parts(content: bytes) -> tuple[_Parts, bytes]:
    view, exif = memoryview(content), b""
    parts: _Parts = [view[:2]]
    place = 2
    for _ in _bounded_parts():
        if content[place : place + 1] != b"\xff":
            break  # Pillow goes no further either
        place = _fill_end(content, place)
        marker, start = content[place] if place < len(content) else 0, place
        if marker == _JPEG_SCAN:
            return [*parts, b"\xff", view[start : _scans_end(content, place + 1)]], exif
        if marker == 0:
            place += 1
            continue
        place += 1 if marker in _JPEG_LENGTHLESS else 1 + _segment_bytes(content, place + 1)
        if marker not in _JPEG_NOT_SHOWN:
            parts += [b"\xff", view[start:place]]
        elif marker == _JPEG_EXIF and not exif and content.startswith(_EXIF_MARK, start + 3):
            exif = content[start + 3 + len(_EXIF_MARK) : place]
    return parts, exif


def _scans_end(content: bytes, place: int) -> int:
    """Where a JPEG's last scan ends, the end's marker included; `place` is behind the first scan's marker."""
    scans, marker = 1, _JPEG_SCAN
    for _ in _bounded_parts():
        place += 0 if marker in _JPEG_LENGTHLESS else _segment_bytes(content, place)
        found = _MARKER_IN_SCAN.search(content, place)
        if found is None:
            break
        place, marker = found.end(), content[found.end() - 1]
        scans += marker == _JPEG_SCAN
        if scans > MOST_SCANS:
            raise UnreadablePartsError(f"it has more than {MOST_SCANS} scans")
        if marker == _JPEG_END:
            return place
    return len(content)


def _fill_end(content: bytes, place: int) -> int:
    """Where filling ends: a marker may have any number of bytes of 255 before it."""
    filling = _FILL.match(content, place)
    return place if filling is None else filling.end()


def _segment_bytes(content: bytes, place: int) -> int:
    return max(2, int.from_bytes(content[place : place + 2], "big"))


def _bounded_parts() -> Iterator[None]:
    """As many turns as a file may have parts.

    Raises:
        UnreadablePartsError: In the turn after the last.
    """
    for _ in range(MOST_PARTS):
        yield
    raise UnreadablePartsError(f"it has more than {MOST_PARTS:,} parts")


def _orientation(exif: bytes) -> int:
    """The orientation in a TIFF directory; nothing else of it is looked at."""
    order = {b"II": "little", b"MM": "big"}.get(exif[:2])
    if order is None:
        return 1

    def number(place: int, size: int) -> int:
        return int.from_bytes(exif[place : place + size], "little" if order == "little" else "big")

    directory = number(4, 4)
    for index in range(min(number(directory, 2), _MOST_ENTRIES)):
        entry = directory + 2 + index * _TIFF_ENTRY_BYTES
        if number(entry, 2) == _ORIENTATION:
            told = number(entry + 8, 2)
            return told if told in range(1, 9) else 1
    return 1
