"""Pictures of a few bytes that unfold into far more memory or time than any picture needs."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image

from support.hostile.parts import (
    PNG_SIGNATURE,
    deflated_zeros,
    overlapping_exif,
    png,
    png_chunk,
    riff,
    riff_chunk,
)


def picture_bombs():
    """Name and content of each."""
    return {
        "png-60000-square.png": png(60_000, 60_000, rows=b""),
        "png-64-megapixels.png": png(8000, 8000, depth=1, rows=zlib.compress(bytes(1001 * 8000), 9)),
        "png-rows-of-a-gigabyte.png": png(8, 8, rows=deflated_zeros(1024)),
        "png-ztxt-of-a-gigabyte.png": png(8, 8, png_chunk(b"zTXt", b"k\0\0" + deflated_zeros(1024))),
        "png-itxt-of-a-gigabyte.png": png(8, 8, png_chunk(b"iTXt", b"k\0\1\0\0\0" + deflated_zeros(1024))),
        "png-iccp-of-a-gigabyte.png": png(8, 8, png_chunk(b"iCCP", b"k\0\0" + deflated_zeros(1024))),
        "png-60-ztxt.png": png(8, 8, *[png_chunk(b"zTXt", b"%d\0\0" % n + deflated_zeros(1)) for n in range(60)]),
        "png-300000-chunks.png": png(8, 8, png_chunk(b"tEXt", b"k\0") * 300_000),
        "png-300000-empty-rows.png": _png_of_empty_rows(300_000),
        "png-exif-of-a-gigabyte.png": png(8, 8, png_chunk(b"eXIf", overlapping_exif(1 << 20))),
        "png-two-billion-frames.png": _animated_png(100_000, announced=0x7FFFFFFF),
        "png-line.png": png(25_000_001, 1, depth=1, rows=zlib.compress(bytes(25_000_001 // 8 + 2), 9)),
        "jpeg-65500-square.jpg": _jpeg_of_size(65_500),
        "jpeg-5000-scans.jpg": _progressive_jpeg(5000, 4992),
        "jpeg-300000-segments.jpg": _jpeg_with(b"\xff\xe2\x00\x02" * 300_000),
        "jpeg-fill-bytes.jpg": _jpeg_with(b"\xff" * 8_000_000),
        "jpeg-exif-of-300-megabytes.jpg": _jpeg_with(_segment(0xE1, b"Exif\0\0" + overlapping_exif(65_000))),
        "jpeg-multi-picture-of-300-megabytes.jpg": _jpeg_with(_segment(0xE2, b"MPF\0" + overlapping_exif(65_000))),
        "jpeg-255-profiles.jpg": _jpeg_with(
            b"".join(_segment(0xE2, b"ICC_PROFILE\0" + bytes([n, 255]) + bytes(65_000)) for n in range(1, 256))
        ),
        "webp-16383-square.webp": _webp(_webp_canvas(16_383, 16_383, animated=True)),
        "webp-13000-square.webp": _webp(_webp_canvas(13_000, 13_000)),
        "webp-lossless-16383-square.webp": _webp(riff_chunk(b"VP8L", b"\x2f" + b"\xff" * 60)),
        "webp-exif-of-a-gigabyte.webp": _webp(
            _webp_canvas(16, 16), _webp_still(), riff_chunk(b"EXIF", overlapping_exif(1 << 20))
        ),
        "webp-300000-frames.webp": _webp(
            _webp_canvas(16, 16, animated=True),
            riff_chunk(b"ANIM", bytes(6)),
            riff_chunk(b"ANMF", bytes(16)) * 300_000,
        ),
    }


def largest_pictures():
    """What makes each: as many pixels as are allowed, of one colour, in few bytes."""
    return {
        "flat.png": lambda: _flat("PNG", "RGB", compress_level=1),
        "flat-alpha.png": lambda: _flat("PNG", "RGBA", compress_level=1),
        "line.png": lambda: png(25_000_000, 1, depth=1, rows=zlib.compress(bytes(25_000_000 // 8 + 2))),
        "flat.jpg": lambda: _flat("JPEG", "RGB"),
        "progressive.jpg": lambda: _flat("JPEG", "RGB", progressive=True),
        "most-scans.jpg": lambda: _progressive_jpeg(45, 4992),
        "flat.webp": lambda: _flat("WEBP", "RGB", method=0),
        "flat-lossless.webp": lambda: _flat("WEBP", "RGBA", method=0, lossless=True),
    }


def _flat(kind, mode, **options):
    file = io.BytesIO()
    Image.new(mode, (5000, 5000), "red").save(file, kind, **options)
    return file.getvalue()


def _png_of_empty_rows(count):
    header = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    rows = png_chunk(b"IDAT", zlib.compress(bytes(72)))
    parts = [png_chunk(b"IHDR", header), png_chunk(b"IDAT", b"") * count, rows, png_chunk(b"IEND", b"")]
    return PNG_SIGNATURE + b"".join(parts)


def _animated_png(frames, *, announced):
    control = struct.pack(">IIIIIHHBB", 0, 8, 8, 0, 0, 1, 10, 0, 0)
    return png(8, 8, png_chunk(b"acTL", struct.pack(">II", announced, 0)), png_chunk(b"fcTL", control) * frames)


def _segment(marker, content):
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def _jpeg_with(inserted):
    """A small JPEG with something more behind its first marker."""
    file = io.BytesIO()
    Image.new("RGB", (16, 16), "red").save(file, "JPEG")
    content = file.getvalue()
    return content[:2] + inserted + content[2:]


def _jpeg_of_size(side):
    content = bytearray(_jpeg_with(b""))
    frame = content.index(b"\xff\xc0")
    content[frame + 5 : frame + 9] = struct.pack(">HH", side, side)
    return bytes(content)


def _progressive_jpeg(scans, side):
    """A grey progressive JPEG that refines nothing, again and again: each scan is some bytes and passes all blocks."""
    blocks = (side // 8) ** 2
    frame = _segment(0xC2, struct.pack(">BHHBBBB", 8, side, side, 1, 1, 0x11, 0))
    tables = _segment(0xDB, bytes(1) + bytes([1] * 64))
    # One code of one bit, for a run of 2^14 blocks and what 14 more bits add to it.
    tables += _segment(0xC4, b"\x10" + bytes([1]) + bytes(15) + bytes([0xE0]))
    tables += _segment(0xC4, b"\x00" + bytes([1]) + bytes(15) + bytes([0]))
    bits = ("0" + "1" * 14) * (blocks // (2**15 - 1) + 1)
    packed = int(bits.ljust(-(-len(bits) // 8) * 8, "1"), 2).to_bytes(-(-len(bits) // 8), "big")
    first = _segment(0xDA, bytes([1, 1, 0, 0, 0, 0])) + bytes(blocks // 8 + 1)
    refining = _segment(0xDA, bytes([1, 1, 0, 1, 63, 0])) + packed.replace(b"\xff", b"\xff\x00")
    return b"\xff\xd8" + tables + frame + first + refining * scans + b"\xff\xd9"


def _webp(*chunks):
    return riff(b"WEBP", *chunks)


def _webp_canvas(width, height, *, animated=False):
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return riff_chunk(b"VP8X", bytes([2 if animated else 8, 0, 0, 0]) + size)


def _webp_still():
    file = io.BytesIO()
    Image.new("RGB", (16, 16), "red").save(file, "WEBP")
    return file.getvalue()[12:]
