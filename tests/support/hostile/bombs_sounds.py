"""Sounds that unfold: absurd headers, tags without end, indexes of packets that aren't there."""

from __future__ import annotations

import struct

from support.hostile.parts import (
    box,
    deflated_zeros,
    id3,
    id3_frame,
    numbers,
    ogg_pages,
    riff_chunk,
    wav,
)

_MP3_FRAME = b"\xff\xfb\x90\x00" + bytes(413)
_MANY = 100_000


def sound_bombs():
    """Name and content of each."""
    frames = [id3_frame(b"TXXX", b"\0%06d\0x" % n) for n in range(_MANY)]
    entries = b"".join(riff_chunk(b"%04X" % n, b"x\0") for n in range(65_536))
    return {
        "wav-one-hertz.wav": wav(bytes(65_536), rate_hz=1, bits=8),
        "wav-four-gigahertz.wav": wav(bytes(65_536), rate_hz=0xFFFFFFFF),
        "wav-ten-megahertz.wav": wav(bytes(65_536), rate_hz=10_000_000),
        "wav-255-channels.wav": wav(bytes(510 * 500), channels=255),
        "wav-65535-channels.wav": wav(bytes(131_070), channels=65_535),
        "wav-billion-samples.wav": wav(bytes(2000), announced=2_000_000_000),
        "wav-65536-tags.wav": wav(bytes(2000), chunks=[riff_chunk(b"LIST", b"INFO" + entries)]),
        "wav-300000-chunks.wav": wav(bytes(2000), chunks=[riff_chunk(b"junk", b"") * 300_000]),
        "mp3-endless-tag.mp3": id3(bytes(1 << 20), size=(1 << 28) - 1),
        "mp3-100000-tags.mp3": id3(*frames) + _MP3_FRAME * 40,
        "mp3-tag-behind-tag.mp3": id3(bytes(10)) * 100_000 + _MP3_FRAME * 40,
        "flac-a-day-announced.flac": _flac(rate_hz=1, samples=(1 << 36) - 1) + bytes(2000),
        "flac-655-kilohertz.flac": _flac(rate_hz=655_350, samples=0) + bytes(2000),
        "flac-100000-comments.flac": _flac(comments=_comments(100_000)) + bytes(2000),
        "flac-million-blocks.flac": _flac(padding=1_000_000) + bytes(2000),
        "ogg-40000-comments.ogg": _ogg_opus(_comments(40_000)),
        "ogg-255-channels.ogg": _ogg_vorbis(channels=255, rate_hz=48_000),
        "ogg-one-hertz.ogg": _ogg_vorbis(channels=1, rate_hz=1),
        "ogg-2000-streams.ogg": b"".join(
            ogg_pages(serial, b"OpusHead\1\1\0\0\x80\xbb\0\0\0\0\0", flags=2)[0] for serial in range(2000)
        ),
        "m4a-twenty-million-packets.m4a": _m4a(
            stsz=numbers(0, 6, 20_000_000),
            stts=numbers(0, 1, 20_000_000, 1024),
            stsc=numbers(0, 1, 1, 20_000_000, 1),
        ),
        "m4a-all-packets-of-32-bits.m4a": _m4a(stsz=numbers(0, 1, 0xFFFFFFFF)),
        "m4a-huge-times.m4a": _m4a(stts=numbers(0, 1, 0xFFFFFFFF, 0x7FFFFFFF)),
        "m4a-billion-packets-in-chunks.m4a": _m4a(
            stts=numbers(0, 1, 0xFFFFFFFF, 1), stsc=numbers(0, 1, 1, 50_000_000, 1), chunks=1000, entry=b"sowt"
        ),
        "m4a-twenty-million-in-a-fragment.m4a": _m4a(run=20_000_000),
        "m4a-100000-edits.m4a": _m4a(edits=100_000),
        "m4a-packed-index.m4a": _packed_index(),
        "m4a-boxes-in-boxes.m4a": _nested(20_000),
        "m4a-million-boxes.m4a": box(b"ftyp", b"M4A \0\0\0\0") + box(b"moov", box(b"free") * 1_000_000),
        "m4a-million-tables.m4a": box(b"ftyp", b"M4A \0\0\0\0") + box(b"moov", b"elst" * 1_000_000),
        "m4a-overlapping-tables.m4a": box(b"ftyp", b"M4A \0\0\0\0")
        + box(b"moov", b"stsc\xff\xff\xff\xff" * 40_000, bytes(12_000_000)),
        "m4a-12000-tags.m4a": _m4a(tags=12_000),
        "m4a-one-hertz.m4a": _m4a(rate_hz=1, entry=b"sowt"),
    }


def _comments(count):
    return struct.pack("<II", 0, count) + b"".join(struct.pack("<I", 8) + b"%06d=x" % n for n in range(count))


def _flac(*, rate_hz=48_000, samples=48_000, comments=None, padding=0):
    info = struct.pack(">HH", 4096, 4096) + bytes(6)
    info += (rate_hz << 44 | 1 << 41 | 15 << 36 | samples).to_bytes(8, "big") + bytes(16)
    blocks = [(0, info)] + ([(4, comments)] if comments else []) + [(1, b"")] * padding
    parts = [
        bytes([kind | (0x80 if index == len(blocks) - 1 else 0)]) + len(content).to_bytes(3, "big") + content
        for index, (kind, content) in enumerate(blocks)
    ]
    return b"fLaC" + b"".join(parts)


def _ogg_opus(comments):
    head = ogg_pages(1, b"OpusHead\1\1\0\0\x80\xbb\0\0\0\0\0", flags=2)
    tags = ogg_pages(1, b"OpusTags" + comments, sequence=1)
    return b"".join([*head, *tags, *ogg_pages(1, b"\xf8\xff\xfe" * 3, flags=4, granule=960, sequence=9999)])


def _ogg_vorbis(*, channels, rate_hz):
    head = b"\1vorbis" + struct.pack("<IBIiiiBB", 0, channels, rate_hz, 0, 0, 0, 0xB8, 1)
    tags = b"\3vorbis" + struct.pack("<II", 0, 0) + b"\1"
    setup = b"\5vorbis" + b"\xff" * 4000
    pages = [*ogg_pages(1, head, flags=2), *ogg_pages(1, tags, sequence=1), *ogg_pages(1, setup, sequence=2)]
    return b"".join([*pages, *ogg_pages(1, bytes(200), flags=4, granule=48_000, sequence=9)])


def _m4a(
    *, stts=None, stsz=None, stsc=None, chunks=1, entry=b"mp4a", rate_hz=48_000, run=0, tags=0, edits=0
):  # one argument for each box that lies
    sample = (
        bytes(6) + b"\0\1" + bytes(8) + struct.pack(">HHI", 1, 16, 0) + struct.pack(">I", rate_hz << 16 & 0xFFFFFFFF)
    )
    table = box(
        b"stbl",
        box(b"stsd", numbers(0, 1), box(entry, sample)),
        box(b"stts", stts or numbers(0, 1, 10, 1024)),
        box(b"stsz", stsz or numbers(0, 2, 10)),
        box(b"stsc", stsc or numbers(0, 1, 1, 10, 1)),
        box(b"stco", numbers(0, chunks), numbers(40) * chunks),
    )
    media = box(
        b"mdia",
        box(b"mdhd", numbers(0, 0, 0, rate_hz, 48_000, 0)),
        box(b"hdlr", numbers(0, 0), b"soun", bytes(13)),
        box(b"minf", box(b"smhd", bytes(8)), table),
    )
    edit = box(b"edts", box(b"elst", numbers(0, edits), numbers(1, 0, 0x10000) * edits)) if edits else b""
    track = box(b"trak", box(b"tkhd", numbers(7, 0, 0, 1, 0, 0), bytes(60)), edit, media)
    items = b"".join(box(b"----", box(b"name", numbers(0), b"%06d" % n), _item()) for n in range(tags))
    meta = box(b"udta", box(b"meta", numbers(0), box(b"hdlr", numbers(0, 0), b"mdir", bytes(13)), box(b"ilst", items)))
    extends = box(b"mvex", box(b"trex", numbers(0, 1, 1, 0, 0, 0))) if run else b""
    movie = box(b"moov", box(b"mvhd", numbers(0, 0, 0, 1000, 1000), bytes(80)), track, extends, meta if tags else b"")
    fragment = box(b"traf", box(b"tfhd", numbers(0x020000, 1)), box(b"trun", numbers(0, run)))
    moof = box(b"moof", box(b"mfhd", numbers(0, 1)), fragment) if run else b""
    return box(b"ftyp", b"M4A \0\0\0\0M4A isom") + box(b"mdat", bytes(2000)) + movie + moof


def _item():
    return box(b"data", numbers(1, 0), b"x")


def _packed_index():
    packed = box(b"cmvd", numbers(1 << 30), deflated_zeros(1024))
    return box(b"ftyp", b"M4A \0\0\0\0") + box(b"moov", box(b"cmov", box(b"dcom", b"zlib"), packed))


def _nested(depth):
    head = b"".join(numbers(8 * (depth - level)) + b"moov" for level in range(depth))
    return box(b"ftyp", b"M4A \0\0\0\0") + head
