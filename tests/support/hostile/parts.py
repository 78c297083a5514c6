"""What hostile files are put together from: chunks, boxes, tags and frames, without regard for what they say."""

from __future__ import annotations

import functools
import struct
import zlib

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
ZEROS_BYTES = 1 << 20


def png_chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width, height, *chunks, depth=8, colour=0, rows=None):
    """A PNG with chunks between its header and its rows; the rows are deflated, None for those of a black picture."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    if rows is None:
        rows = zlib.compress(bytes((width * depth // 8 + 1) * height), 1)
    parts = [png_chunk(b"IHDR", header), *chunks, png_chunk(b"IDAT", rows), png_chunk(b"IEND", b"")]
    return PNG_SIGNATURE + b"".join(parts)


def riff(form, *chunks):
    content = form + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(content)) + content


def riff_chunk(kind, content, announced=None):
    size = len(content) if announced is None else announced
    return kind + struct.pack("<I", size) + content + bytes(len(content) % 2)


def wav(content, *, rate_hz=48_000, channels=1, bits=16, announced=None, chunks=()):
    block = channels * bits // 8
    form = struct.pack("<HHIIHH", 1, channels, rate_hz, rate_hz * block & 0xFFFFFFFF, block & 0xFFFF, bits)
    return riff(b"WAVE", riff_chunk(b"fmt ", form), *chunks, riff_chunk(b"data", content, announced))


@functools.cache
def deflated_zeros(megabytes):
    """A deflated stream of so many MB of zeros: one block repeated, so that making it costs nothing."""
    packer = zlib.compressobj(9)
    head = packer.compress(bytes(ZEROS_BYTES)) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(bytes(ZEROS_BYTES)) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + again * (megabytes - 1) + packer.flush()


def box(kind, *parts, size=None):
    content = b"".join(parts)
    return struct.pack(">I", len(content) + 8 if size is None else size) + kind + content


def numbers(*values):
    return struct.pack(f">{len(values)}I", *values)


def overlapping_exif(total_bytes):
    """A TIFF directory whose entries all are the whole of the file: it unfolds to its size times its entries."""
    entries = min(65_000, (total_bytes - 14) // 12)
    table = b"".join(struct.pack("<HHII", 0x8000 + n & 0xFFFF, 7, total_bytes, 0) for n in range(entries))
    directory = b"II*\0" + struct.pack("<IH", 8, entries) + table + bytes(4)
    return directory.ljust(total_bytes, b"\0")


def id3(*frames, size=None):
    content = b"".join(frames)
    length = len(content) if size is None else size
    digits = bytes(length >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x04\0\0" + digits + content


def id3_frame(kind, content):
    digits = bytes(len(content) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return kind + digits + b"\0\0" + content


def ogg_crc(content):
    crc = 0
    for byte in content:
        crc = crc << 8 & 0xFFFFFFFF ^ _OGG_TABLE[crc >> 24 ^ byte]
    return crc


def ogg_pages(serial, packet, *, flags=0, granule=0, sequence=0):
    """One packet in as many pages as it needs, with their check sums."""
    lacing = [255] * (len(packet) // 255) + [len(packet) % 255]
    pages, place = [], 0
    for index in range(0, len(lacing), 255):
        part = lacing[index : index + 255]
        body, place = packet[place : place + sum(part)], place + sum(part)
        kind = flags if index == 0 else flags & ~2 | 1
        head = struct.pack("<4sBBqIII", b"OggS", 0, kind, granule, serial, sequence + len(pages), 0)
        head += bytes([len(part), *part])
        crc = ogg_crc(head + body)
        pages.append(head[:22] + struct.pack("<I", crc) + head[26:] + body)
    return pages


def _ogg_table():
    table = []
    for index in range(256):
        crc = index << 24
        for _ in range(8):
            crc = (crc << 1 ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1) & 0xFFFFFFFF
        table.append(crc)
    return table


_OGG_TABLE = _ogg_table()
