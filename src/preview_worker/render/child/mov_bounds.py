"""What the index of an MP4 file announces, bounded before FFmpeg makes room for it.

Boxes are looked for by their names, wherever they stand: FFmpeg takes them from within nearly any other.
"""

from __future__ import annotations

import io
import re
import struct
from dataclasses import dataclass, field
from typing import BinaryIO

from preview_worker.render.child.drawing.picture_parts import UnreadablePartsError

LARGEST_INDEX_BYTES = 16 * 1024 * 1024
"""An hour of AAC has an index of 2 MB; a cover may be some more."""
MOST_PACKETS = 1_000_000
"""An hour of AAC at 96 kHz has 337,500; FFmpeg takes 40 bytes for each."""
MOST_TAGS = 5000
MOST_EDITS = 1000
MOST_BOXES = 50_000
"""Fragments of an hour, a second each, are 7,200 at the file's top, with five small ones in each."""

_SKIPPED = frozenset({b"mdat", b"free", b"skip", b"wide", b"uuid"})
_TRACK = re.compile(rb"trak")
_TABLE = re.compile(rb"stsz|stz2|trun|stts|stsc|stco|co64|elst|cmov")
_SMALL_BOX = re.compile(rb"\0\0\0[\x08-\x1f][\x20-\xff]{4}")
_TAG = re.compile(
    rb"\xa9[\x20-\x7e]{3}|----|mdta|titl|auth|cprt|dscp|gnre|albm|perf|yrrc|aART|desc|ldes|keyw|catg|sonm|soal|soar"
    rb"|soco|sosn|soaa|tven|tvnn|tvsh|purd|name|manu|modl|loci|chpl"
)
_PACKET_SAMPLES = 1024
"""So many uncompressed samples FFmpeg takes for a packet."""


def check_mov(file: BinaryIO) -> None:
    """See that an index announces no more than an honest file of an hour.

    Args:
        file: The file.

    Raises:
        UnreadablePartsError: It announces more, or its index is packed.
    """
    index = _index(file)
    if len(_SMALL_BOX.findall(index)) > MOST_BOXES:
        raise UnreadablePartsError(f"it has more than {MOST_BOXES:,} boxes")
    if len(_TAG.findall(index)) > MOST_TAGS:
        raise UnreadablePartsError(f"it has more than {MOST_TAGS:,} tags")
    if sum(_packets(track) for track in _TRACK.split(index)) > MOST_PACKETS:
        raise UnreadablePartsError(f"it announces more than {MOST_PACKETS:,} packets")


def _index(file: BinaryIO) -> bytes:
    """All boxes of the file but the samples."""
    end, place, found = file.seek(0, io.SEEK_END), 0, bytearray()
    for _ in range(MOST_BOXES):
        file.seek(place)
        head = file.read(16)
        if len(head) < 8:  # noqa: PLR2004 - size and name
            return bytes(found)
        size, kind = int.from_bytes(head[:4], "big"), head[4:8]
        if size == 1:
            size = int.from_bytes(head[8:], "big")
        next_place = end if size == 0 else min(end, place + max(size, 8))
        if kind not in _SKIPPED:
            if len(found) + next_place - place > LARGEST_INDEX_BYTES:
                raise UnreadablePartsError(f"its index has more than {LARGEST_INDEX_BYTES // 1024**2} MB")
            file.seek(place)
            found += file.read(next_place - place)
        place = next_place
    raise UnreadablePartsError(f"it has more than {MOST_BOXES:,} boxes")


@dataclass(slots=True)
class _Announced:
    """What tables announce: packets, those of fragments apart; chunks, samples of the largest, bytes read; edits."""

    packets: int = 0
    fragment_packets: int = 0
    chunk_samples: int = 0
    chunks: int = 0
    chunk_table_bytes: int = 0
    edits: int = 0
    uncompressed: list[bool] = field(default_factory=list)

    def add(self, name: bytes, table: memoryview) -> None:
        """Count a table, given from behind its name on."""
        _, first, second, third = struct.unpack(">4I", bytes(table[:16]).ljust(16, b"\0"))
        match name:
            case b"stsz" | b"stz2":
                self.packets += second
            case b"trun":
                self.fragment_packets += first
            case b"stts":
                self.uncompressed.append((first, third) == (1, 1))
            case b"stsc":
                self._add_chunks(table[8:], first)
            case b"elst":
                self.edits += first
            case _:
                self.chunks += min(first, len(table))

    def _add_chunks(self, table: memoryview, entries: int) -> None:
        """Count what chunks are told to have; the table begins with the first entry, twelve bytes each."""
        whole = table[: min(entries, len(table) // 12) * 12]
        self.chunk_table_bytes += len(whole)
        if self.chunk_table_bytes > MOST_PACKETS * 12:
            raise UnreadablePartsError("its index is damaged")
        largest = max((samples for _, samples, _ in struct.iter_unpack(">3I", whole)), default=0)
        self.chunk_samples = max(self.chunk_samples, largest)


def _packets(track: bytes) -> int:
    """Packets that the tables of a track, and of fragments behind it, announce."""
    announced, view = _Announced(), memoryview(track)
    for number, match in enumerate(_TABLE.finditer(track)):
        if number >= MOST_BOXES:
            raise UnreadablePartsError(f"it has more than {MOST_BOXES:,} boxes")
        if match[0] == b"cmov":
            raise UnreadablePartsError("its index is packed")
        announced.add(match[0], view[match.end() :])
    if announced.edits > MOST_EDITS:
        raise UnreadablePartsError(f"it has more than {MOST_EDITS:,} edits")
    if announced.uncompressed and all(announced.uncompressed):
        in_chunks = announced.chunks * (announced.chunk_samples // _PACKET_SAMPLES + 1)
        return announced.fragment_packets + in_chunks
    return announced.fragment_packets + announced.packets
