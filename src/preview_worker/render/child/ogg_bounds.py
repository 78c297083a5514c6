"""What the pages of an Ogg file hold besides samples, bounded before FFmpeg takes it in.

Every place that may be a page's beginning counts as one: FFmpeg goes on at the next when a check sum is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from preview_worker.render.child.drawing.picture_parts import UnreadablePartsError

MOST_PAGES = 400_000
"""An hour of Opus with a page for every packet of 20 ms has 180,000."""
MOST_STREAMS = 500
"""Recordings of radio have one for each piece."""
MOST_COMMENTS = 5000
LONGEST_VENDOR_BYTES = 1024

_PAGE = re.compile(rb"OggS")
_HEADER_BYTES = 27
_LARGEST_PAGE_BYTES = _HEADER_BYTES + 255 + 255 * 255
_READ_BYTES = 1 << 20
_BEGINS, _CONTINUES = 2, 1
_FULL = 255
_WITHOUT_LATER_TAGS = frozenset({b"OpusHead", b"fishead"})
_VORBIS_HEADERS = 3
_FLAC_COMMENTS = 4


@dataclass(slots=True)
class _Stream:
    """One stream: which codec, how many packets were complete, and the beginning of the one under way."""

    codec: bytes = b""
    packets: int = 0
    packet: bytes = b""


def check_ogg(file: BinaryIO) -> None:
    """See that streams are of the codecs we take, and have few comments.

    Args:
        file: The file.

    Raises:
        UnreadablePartsError: They are not, or have more pages, streams or comments than an honest file.
    """
    streams: dict[bytes, _Stream] = {}
    begun = comments = 0
    for number, page in enumerate(_pages(file)):
        if number >= MOST_PAGES:
            raise UnreadablePartsError(f"it has more than {MOST_PAGES:,} pages")
        if not page:
            continue
        serial = page[14:18]
        if serial not in streams or page[5] & _BEGINS:
            streams[serial] = _Stream()
            begun += 1
        comments += _comments(streams[serial], page)
        if begun > MOST_STREAMS:
            raise UnreadablePartsError(f"it has more than {MOST_STREAMS} streams")
        if comments > MOST_COMMENTS:
            raise UnreadablePartsError(f"it has more than {MOST_COMMENTS:,} tags")


def _pages(file: BinaryIO) -> Iterator[bytes]:
    """Whatever may be a page, in order."""
    file.seek(0)
    content = b""
    while read := file.read(_READ_BYTES):
        content += read
        last = len(content) if len(read) < _READ_BYTES else len(content) - _LARGEST_PAGE_BYTES
        kept = max(0, last)
        for match in _PAGE.finditer(content):
            if match.start() >= last:
                kept = match.start()
                break
            yield _page(content, match.start())
        content = content[kept:]
        if len(read) < _READ_BYTES:
            return
    yield from (_page(content, match.start()) for match in _PAGE.finditer(content))


def _page(content: bytes, start: int) -> bytes:
    """The page that would begin there, cut to what it says of its size."""
    lacing = start + _HEADER_BYTES
    if lacing > len(content):
        return b""
    sizes = content[lacing : lacing + content[lacing - 1]]
    return content[start : lacing + len(sizes) + sum(sizes)]


def _comments(stream: _Stream, page: bytes) -> int:
    """How many comments the header packets announce that end in this page."""
    if stream.codec in _WITHOUT_LATER_TAGS and stream.packets > 1:
        return 0
    sizes = page[_HEADER_BYTES : _HEADER_BYTES + page[26]]
    place, found = _HEADER_BYTES + len(sizes), 0
    if not page[5] & _CONTINUES:
        stream.packet = b""
    for size in sizes:
        if len(stream.packet) < LONGEST_VENDOR_BYTES + 64:
            stream.packet += page[place : place + size]
        place += size
        if size < _FULL:
            found += _told(stream)
            stream.packets += 1
            stream.packet = b""
    return found


def _told(stream: _Stream) -> int:
    """How many comments a packet announces, which is complete or as long as its beginning may be."""
    packet = stream.packet
    if stream.packets == 0:
        stream.codec = next(
            (mark for mark in (b"OpusHead", b"\x01vorbis", b"\x7fFLAC", b"fishead") if packet.startswith(mark)), b""
        )
        if not stream.codec:
            raise UnreadablePartsError("it holds something besides Opus, Vorbis and FLAC")
        return 0
    match stream.codec:
        case b"OpusHead":
            return _count(packet, 8) if stream.packets == 1 else 0
        case b"\x01vorbis" if packet[:1] and packet[0] & 1:
            if stream.packets >= _VORBIS_HEADERS:
                raise UnreadablePartsError("it has tags between its samples")
            return _count(packet, 7) if packet.startswith(b"\x03vorbis") else 0
        case b"\x7fFLAC" if packet[:1] and packet[0] & 0x7F == _FLAC_COMMENTS:
            return _count(packet, 4)
    return 0


def _count(packet: bytes, place: int) -> int:
    vendor_bytes = int.from_bytes(packet[place : place + 4], "little")
    if vendor_bytes > LONGEST_VENDOR_BYTES:
        raise UnreadablePartsError("its tags are damaged")
    place += 4 + vendor_bytes
    return int.from_bytes(packet[place : place + 4], "little")
