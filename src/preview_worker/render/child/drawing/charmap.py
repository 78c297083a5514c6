"""Which characters a font file has: its `cmap` table, formats 4 and 12 (OpenType 1.9, chapter "cmap").

Pillow draws the font's own "missing" sign without telling; we must know beforehand, to try the next font.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

_FORMAT_SEGMENTS, _FORMAT_GROUPS = 4, 12


def characters_of(path: Path) -> frozenset[int]:
    """Code points that the font has a glyph for.

    Raises:
        ValueError: The file is no TrueType or OpenType font, or has no Unicode map.
    """
    try:
        return frozenset(_characters(path.read_bytes()))
    except (struct.error, IndexError) as error:
        raise ValueError(f"{path.name} is not a usable font") from error


def _characters(font: bytes) -> Iterator[int]:
    start = struct.unpack_from(">I", font, 12)[0] if font[:4] == b"ttcf" else 0
    (tables,) = struct.unpack_from(">H", font, start + 4)
    for index in range(tables):
        tag, _, offset, _ = struct.unpack_from(">4sIII", font, start + 12 + 16 * index)
        if tag == b"cmap":
            yield from _unicode_map(font, offset)
            return
    raise ValueError("the font has no character map")


def _unicode_map(font: bytes, table: int) -> Iterator[int]:
    (count,) = struct.unpack_from(">H", font, table + 2)
    formats: dict[int, int] = {}
    for index in range(count):
        platform, _, offset = struct.unpack_from(">HHI", font, table + 4 + 8 * index)
        if platform in {0, 3}:  # Unicode, Windows
            formats[struct.unpack_from(">H", font, table + offset)[0]] = table + offset
    if _FORMAT_GROUPS in formats:
        yield from _groups(font, formats[_FORMAT_GROUPS])
    elif _FORMAT_SEGMENTS in formats:
        yield from _segments(font, formats[_FORMAT_SEGMENTS])
    else:
        raise ValueError("the font has no Unicode character map")


def _groups(font: bytes, table: int) -> Iterator[int]:
    (count,) = struct.unpack_from(">I", font, table + 12)
    for index in range(count):
        first, last, glyph = struct.unpack_from(">III", font, table + 16 + 12 * index)
        yield from range(first if glyph else first + 1, last + 1)


def _segments(font: bytes, table: int) -> Iterator[int]:
    count = struct.unpack_from(">H", font, table + 6)[0] // 2
    ends, starts, deltas, offsets = (
        struct.unpack_from(f">{count}H", font, table + 14 + 2 * count * part + (2 if part else 0)) for part in range(4)
    )
    ranges_at = table + 16 + 6 * count
    for index in range(count):
        for code in range(starts[index], min(ends[index], 0xFFFE) + 1):
            glyph = code
            if offsets[index]:
                at = ranges_at + 2 * index + offsets[index] + 2 * (code - starts[index])
                (glyph,) = struct.unpack_from(">H", font, at)
            if (glyph + deltas[index]) & 0xFFFF and (glyph or not offsets[index]):
                yield code
