"""The index of an MP4 file (``moov``, ISO/IEC 14496-12, 8.2 to 8.6): tracks, edit lists, title and chapters.

Nothing tells of a time of day: the same programme gives the same bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from preview_worker.render.child.mp4_boxes import LARGEST_UINT32, box, full_box
from preview_worker.render.child.mp4_entries import IDENTITY_MATRIX
from preview_worker.render.child.mp4_samples import NO_CHUNKS, Chunks, Samples, table_boxes
from preview_worker.timeline.time import SAMPLE_RATE_HZ

MOVIE_SCALE = SAMPLE_RATE_HZ
"""Lengths in edit lists are in this unit: in milliseconds, the sound would be cut by up to 47 samples."""
_ENABLED_IN_MOVIE, _IN_MOVIE = 3, 2
_FULL, _FULL_VOLUME = 0x10000, 0x100
_UTF8 = 1
_CHAPTERS_MAX, _CHAPTER_NAME_BYTES_MAX = 255, 255
_TICKS_PER_MS = 10_000
"""Nero's chapters count in 100 ns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One track.

    Attributes:
        number: Counted from 1.
        handler: Four letters: vide, soun or text.
        name: For people who look into the file.
        media_header: Box of the track's kind.
        entry: Describes the packets.
        scale: Ticks a second.
        samples: The packets.
        chunks: Where they lie.
        start: Tick at which showing or hearing begins; what is before is decoded only.
        length: How long it is shown or heard, in the movie's scale.
        size_px: Width and height of a picture.
        language: Three letters.
        chapters: Number of the track with the chapters, 0 for none.
        groups: Boxes that say more of the packets.
    """

    number: int
    handler: bytes
    name: str
    media_header: bytes
    entry: bytes
    scale: int
    samples: Samples
    chunks: Chunks = NO_CHUNKS
    start: int = 0
    length: int = 0
    size_px: tuple[int, int] = (0, 0)
    language: str
    chapters: int = 0
    groups: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChapterName:
    """A chapter in the list that stands in the header: start in ms, and its name."""

    start_ms: int
    name: str


def movie(
    tracks: Sequence[Track], media_at_bytes: int, *, large: bool, title: str, chapters: Sequence[ChapterName]
) -> bytes:
    """The whole index.

    Args:
        tracks: In order of their numbers.
        media_at_bytes: Where in the file the media begin.
        large: Whether places are given in 64 bits; the size of the index doesn't depend on `media_at_bytes`.
        title: "" for none.
        chapters: In order; a header names at most 255.
    """
    parts = [_track(track, media_at_bytes, large=large) for track in tracks]
    told = b"".join((_title(title) if title else b"", _chapter_list(chapters) if chapters else b""))
    return box(b"moov", _movie_header(tracks), *parts, box(b"udta", told) if told else b"")


def fragmented_movie(tracks: Sequence[Track]) -> bytes:
    """An index without packets, which come in fragments."""
    parts = [_track(track, 0, large=False) for track in tracks]
    defaults = [full_box(b"trex", 0, 0, struct.pack(">IIIII", track.number, 1, 0, 0, 0)) for track in tracks]
    return box(b"moov", _movie_header(tracks), *parts, box(b"mvex", *defaults))


def recovery_boxes(count: int) -> bytes:
    """AAC is right only from the second packet on: a player that begins in the middle decodes one packet before."""
    described = full_box(b"sgpd", 1, 0, b"roll", struct.pack(">IIh", 2, 1, -1))
    return described + full_box(b"sbgp", 0, 0, b"roll", struct.pack(">III", 1, count, 1))


def _movie_header(tracks: Sequence[Track]) -> bytes:
    version, lengths = _timed(MOVIE_SCALE, max(track.length for track in tracks))
    rest = struct.pack(">IH10x", _FULL, _FULL_VOLUME) + IDENTITY_MATRIX + bytes(24)
    return full_box(b"mvhd", version, 0, lengths, rest, struct.pack(">I", len(tracks) + 1))


def _track(track: Track, media_at_bytes: int, *, large: bool) -> bytes:
    references = box(b"tref", box(b"chap", struct.pack(">I", track.chapters))) if track.chapters else b""
    edits = _edits(track) if track.length else b""
    return box(b"trak", _track_header(track), edits, references, _media(track, media_at_bytes, large=large))


def _track_header(track: Track) -> bytes:
    is_sound = track.handler == b"soun"
    version = int(track.length > LARGEST_UINT32)
    lengths = struct.pack(">QQIIQ" if version else ">IIIII", 0, 0, track.number, 0, track.length)
    flags = _IN_MOVIE if track.handler == b"text" else _ENABLED_IN_MOVIE
    place = struct.pack(">8xHHHH", 0, int(is_sound), _FULL_VOLUME if is_sound else 0, 0)
    width_px, height_px = track.size_px
    return full_box(
        b"tkhd", version, flags, lengths, place, IDENTITY_MATRIX, struct.pack(">II", width_px << 16, height_px << 16)
    )


def _edits(track: Track) -> bytes:
    """One edit: what is decoded to be ready (priming, reordering) is left out, and what lies behind the end."""
    version = int(track.length > LARGEST_UINT32)
    row = struct.pack(">Qqi" if version else ">Iii", track.length, track.start, _FULL)
    return box(b"edts", full_box(b"elst", version, 0, struct.pack(">I", 1), row))


def _media(track: Track, media_at_bytes: int, *, large: bool) -> bytes:
    version, lengths = _timed(track.scale, int(track.samples.durations.sum()))
    handler = full_box(b"hdlr", 0, 0, bytes(4), track.handler, bytes(12), track.name.encode() + b"\0")
    tables = box(
        b"stbl",
        full_box(b"stsd", 0, 0, struct.pack(">I", 1), track.entry),
        table_boxes(track.samples, track.chunks, media_at_bytes, large=large),
        track.groups,
    )
    own_file = box(b"dinf", full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, 1)))
    return box(
        b"mdia",
        full_box(b"mdhd", version, 0, lengths, struct.pack(">HH", _packed_language(track.language), 0)),
        handler,
        box(b"minf", track.media_header, own_file, tables),
    )


def _timed(scale: int, length: int) -> tuple[int, bytes]:
    """Version of a box that begins with times, and these: none of day, scale and length."""
    version = int(length > LARGEST_UINT32)
    return version, struct.pack(">QQIQ" if version else ">IIII", 0, 0, scale, length)


def _packed_language(letters: str) -> int:
    first, second, third = (ord(letter) - ord("a") + 1 for letter in letters)
    return first << 10 | second << 5 | third


def _title(title: str) -> bytes:
    """The title as iTunes writes it, and players read it."""
    handler = full_box(b"hdlr", 0, 0, bytes(4), b"mdir", b"appl", bytes(9))
    content = box(b"data", struct.pack(">II", _UTF8, 0), title.encode())
    return full_box(b"meta", 0, 0, handler, box(b"ilst", box(b"\xa9nam", content)))


def _chapter_list(chapters: Sequence[ChapterName]) -> bytes:
    """Chapters as Nero writes them."""
    rows = []
    for chapter in chapters[:_CHAPTERS_MAX]:
        name = chapter.name.encode()[:_CHAPTER_NAME_BYTES_MAX].decode(errors="ignore").encode()
        rows.append(struct.pack(">QB", chapter.start_ms * _TICKS_PER_MS, len(name)) + name)
    return full_box(b"chpl", 1, 0, bytes(4), bytes([len(rows)]), *rows)
