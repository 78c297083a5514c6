"""Reads the index of an MP4 file that this product has written: an own look, which knows nothing of the writer's state.

It understands what such a file may hold and refuses all else: one edit a track, packets in chunks, places of 32 or 64
bits. Numbers come as arrays for all packets at once.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from preview_worker.render.child.packets import Numbers

_HEADER_BYTES, _LARGE_HEADER_BYTES = 8, 16
_SIZE_FOLLOWS = 1
_FULL_BOX_BYTES = 4
_LARGEST_INDEX_BYTES = 1 << 28
_ENTRY_AT = 8
"""Where in a sample description the first entry begins: behind flags and count."""
_SIZE_PX_AT = 32
"""Where in a picture's entry width and height stand, from its first byte."""


class UnreadableFileError(Exception):
    """The file isn't what this module understands; the sentence says where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopBox:
    """A box at the top of a file: its kind, where its content begins, and the content's bytes."""

    kind: bytes
    content_at_bytes: int
    content_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTrack:
    """A track as the index describes it; arrays of shape (packets,), in decoding order, times in ticks.

    Attributes:
        handler: Four letters: vide, soun or text.
        entry: Four letters: what its packets are.
        size_px: Width and height of a picture.
        scale: Ticks a second.
        edit_start: Tick at which showing begins.
        edit_length: How long it is shown, in the movie's scale.
        told_length: The same as the track's header tells it.
        media_length: How long all packets last, as the media's header tells it.
        keys: bool, whether a player may begin with a packet.
        dts: When each packet is decoded.
        offsets: From decoding to showing.
        durations: How long each lasts.
        sizes_bytes: Bytes of each.
        places_bytes: Where in the file each begins.
    """

    handler: bytes
    entry: bytes
    size_px: tuple[int, int]
    scale: int
    edit_start: int
    edit_length: int
    told_length: int
    media_length: int
    keys: npt.NDArray[np.bool_]
    dts: Numbers
    offsets: Numbers
    durations: Numbers
    sizes_bytes: Numbers
    places_bytes: Numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMovie:
    """An index: ticks a second of the movie, its length in them, and its tracks."""

    scale: int
    length: int
    tracks: tuple[ReadTrack, ...]


def top_boxes(path: Path) -> list[TopBox]:
    """The boxes at the top of a file, which they fill exactly.

    Raises:
        UnreadableFileError: They don't.
        OSError: It can't be read.
    """
    boxes: list[TopBox] = []
    end = path.stat().st_size
    with path.open("rb") as file:
        place = 0
        while place < end:
            file.seek(place)
            head = file.read(_LARGE_HEADER_BYTES)
            size, header_bytes = _sized(head)
            if size < header_bytes or place + size > end:
                raise UnreadableFileError(f"a box at byte {place} doesn't end within the file")
            boxes.append(
                TopBox(kind=head[4:8], content_at_bytes=place + header_bytes, content_bytes=size - header_bytes)
            )
            place += size
    return boxes


def read_movie(path: Path, index: TopBox) -> ReadMovie:
    """Read an index.

    Raises:
        UnreadableFileError: It isn't one that this module understands.
        OSError: It can't be read.
    """
    if index.content_bytes > _LARGEST_INDEX_BYTES:
        raise UnreadableFileError("the index is too large")
    with path.open("rb") as file:
        file.seek(index.content_at_bytes)
        content = memoryview(file.read(index.content_bytes))
    try:
        scale, length = _scale_and_length(_only(content, b"mvhd"))
        tracks = tuple(_track(track) for kind, track in _boxes(content) if kind == b"trak")
    except (struct.error, ValueError, IndexError, KeyError) as error:
        raise UnreadableFileError("the index is malformed") from error
    return ReadMovie(scale=scale, length=length, tracks=tracks)


def _sized(head: bytes | memoryview) -> tuple[int, int]:
    """A box's size, and that of its header; no size at all of a header that is cut short."""
    size = int.from_bytes(head[:4], "big")
    if size == _SIZE_FOLLOWS:
        return int.from_bytes(head[8:16], "big"), _LARGE_HEADER_BYTES
    return (size if len(head) >= _HEADER_BYTES else 0), _HEADER_BYTES


def _boxes(content: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    place = 0
    while place < len(content):
        size, header_bytes = _sized(content[place : place + _LARGE_HEADER_BYTES])
        if size < header_bytes or place + size > len(content):
            raise UnreadableFileError("a box of the index doesn't end within its parent")
        yield bytes(content[place + 4 : place + 8]), content[place + header_bytes : place + size]
        place += size


def _only(content: memoryview, *path: bytes) -> memoryview:
    """The one box at the end of a path of kinds."""
    for kind in path:
        found = [inner for name, inner in _boxes(content) if name == kind]
        if len(found) != 1:
            raise UnreadableFileError(f"there are {len(found)} boxes {kind.decode()} where one is wanted")
        content = found[0]
    return content


def _scale_and_length(box: memoryview) -> tuple[int, int]:
    """Of a movie's or a media's header: ticks a second, and the length in them."""
    if box[0]:
        scale, length = struct.unpack_from(">IQ", box, _FULL_BOX_BYTES + 16)
    else:
        scale, length = struct.unpack_from(">II", box, _FULL_BOX_BYTES + 8)
    if not scale:
        raise UnreadableFileError("a time scale is zero")
    return scale, length


def _track(track: memoryview) -> ReadTrack:
    edit_length, edit_start = _edit(_only(track, b"edts", b"elst"))
    media = _only(track, b"mdia")
    scale, media_length = _scale_and_length(_only(media, b"mdhd"))
    handler = bytes(_only(media, b"hdlr")[8:12])
    tables = dict(_boxes(_only(media, b"minf", b"stbl")))
    entry = tables[b"stsd"][_ENTRY_AT:]
    sizes = _sizes(tables[b"stsz"])
    durations = _repeated(tables[b"stts"], sizes.size)
    offsets = _repeated(tables[b"ctts"], sizes.size) if b"ctts" in tables else np.zeros_like(sizes)
    width_px, height_px = struct.unpack_from(">HH", entry, _SIZE_PX_AT) if handler == b"vide" else (0, 0)
    return ReadTrack(
        handler=handler,
        entry=bytes(entry[4:8]),
        size_px=(width_px, height_px),
        scale=scale,
        edit_start=edit_start,
        edit_length=edit_length,
        told_length=_told_length(_only(track, b"tkhd")),
        media_length=media_length,
        keys=_keys(tables, sizes.size),
        dts=np.cumsum(durations) - durations,
        offsets=offsets,
        durations=durations,
        sizes_bytes=sizes,
        places_bytes=_places(tables, sizes),
    )


def _edit(box: memoryview) -> tuple[int, int]:
    """Length and start of a track's only edit."""
    (count,) = struct.unpack_from(">I", box, _FULL_BOX_BYTES)
    if count != 1:
        raise UnreadableFileError(f"a track has {count} edits")
    length, start = struct.unpack_from(">Qq" if box[0] else ">Ii", box, _FULL_BOX_BYTES + 4)
    return length, start


def _told_length(box: memoryview) -> int:
    """Of a track's header: how long it is shown, in the movie's scale."""
    kind, at = (">Q", 24) if box[0] else (">I", 16)
    (length,) = struct.unpack_from(kind, box, _FULL_BOX_BYTES + at)
    return int(length)


def _keys(tables: Mapping[bytes, memoryview], packets: int) -> npt.NDArray[np.bool_]:
    """Which packets are told as keys: all, where no table names some."""
    keys = np.full(packets, b"stss" not in tables)
    if b"stss" in tables:
        numbers = _rows(tables[b"stss"], 1)[:, 0]
        if not ((numbers > 0) & (numbers <= packets)).all():
            raise UnreadableFileError("a key is told that isn't there")
        keys[numbers - 1] = True
    return keys


def _rows(box: memoryview, columns: int, kind: str = ">u4") -> npt.NDArray[np.int64]:
    """The rows of a table that begins with their count: ``int64, shape (rows, columns)``."""
    (count,) = struct.unpack_from(">I", box, _FULL_BOX_BYTES)
    numbers = np.frombuffer(box, kind, count * columns, _FULL_BOX_BYTES + 4)
    return numbers.astype(np.int64).reshape(count, columns)


def _repeated(box: memoryview, packets: int) -> Numbers:
    """The values of a table of runs, one for each packet."""
    counts, values = _rows(box, 2).T
    if int(counts.sum()) != packets:
        raise UnreadableFileError("two tables differ in the number of packets")
    return np.repeat(values, counts)


def _sizes(box: memoryview) -> Numbers:
    (common,) = struct.unpack_from(">I", box, _FULL_BOX_BYTES)
    if common:
        raise UnreadableFileError("all packets are said to be of one size")
    return _rows(box[4:], 1)[:, 0]


def _places(tables: Mapping[bytes, memoryview], sizes: Numbers) -> Numbers:
    """Where each packet begins: its chunk's place, and the sizes of those before it in the chunk."""
    large = tables.get(b"co64")
    chunks = _rows(tables[b"stco"], 1)[:, 0] if large is None else _rows(large, 1, ">u8")[:, 0]
    first, packets, _ = _rows(tables[b"stsc"], 3).T
    lengths = np.diff(first, append=chunks.size + 1)
    if first[:1].tolist() != [1][: chunks.size] or not (lengths > 0).all():
        raise UnreadableFileError("the chunks aren't told in order")
    counts = np.repeat(packets, lengths)
    if int(counts.sum()) != sizes.size or not (counts > 0).all():
        raise UnreadableFileError("the chunks don't hold all packets")
    before = np.cumsum(sizes) - sizes
    firsts = np.cumsum(counts) - counts
    places: Numbers = before + np.repeat(chunks - before[firsts], counts)
    return places
