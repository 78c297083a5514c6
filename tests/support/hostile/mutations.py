"""Damaged copies of honest files: of their bytes, of their parts, of the numbers that tell how long parts are."""

from __future__ import annotations

import itertools
import random
import re
import struct
import zlib

from support.hostile.parts import PNG_SIGNATURE, ogg_crc

NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_JPEG_MARKER = re.compile(rb"\xff[\xc0-\xcf\xd8-\xfe]")
_BOX = re.compile(
    rb"....(?:ftyp|moov|mvhd|trak|tkhd|edts|elst|mdia|mdhd|hdlr|minf|stbl|stsd|stts|stsc|stsz|stco|esds|mdat)",
    re.DOTALL,
)
_MP3_FRAME = re.compile(rb"\xff[\xf2-\xfb][\x10-\xef]")


def mutated(originals, seed, number):
    """A damaged copy: the same for the same originals, seed and number.

    Args:
        originals: Name, content and use of each.
        seed: Of all mutations.
        number: Which of them.
    """
    choice = random.Random(f"{seed}:{number}")
    name, content, use = originals[number % len(originals)]
    suffix = name.rpartition(".")[2]
    damaged = content
    for _ in range(choice.choice((1, 1, 2, 4))):
        damage = choice.choice((_bits, _numbers, _shorter, _parts, _parts, _lengths, _lengths, _other))
        damaged = damage(choice, damaged, suffix, originals)
    if choice.random() < 0.7:
        damaged = mended(damaged)
    return f"{number}-{name}", damaged, use


def parts_of(content, suffix):
    """A file cut where its format cuts it; the pieces joined are the file."""
    match suffix:
        case "png":
            cuts = _walk(content, 8, lambda at: 12 + int.from_bytes(content[at : at + 4], "big"))
        case "webp" | "wav":
            cuts = _walk(content, 12, lambda at: 8 + (int.from_bytes(content[at + 4 : at + 8], "little") + 1) // 2 * 2)
        case "flac":
            cuts = _walk(content, 4, lambda at: 4 + int.from_bytes(content[at + 1 : at + 4], "big"))
        case "ogg":
            cuts = [match.start() for match in re.finditer(rb"OggS", content)]
        case "jpg":
            cuts = [match.start() for match in _JPEG_MARKER.finditer(content)]
        case "m4a":
            cuts = [match.start() for match in _BOX.finditer(content)]
        case "mp3":
            cuts = [match.start() for match in _MP3_FRAME.finditer(content)]
        case _:
            cuts = [match.end() for match in re.finditer(rb"[,\n{]", content)]
    edges = [0, *sorted(set(cuts) - {0, len(content)}), len(content)]
    return [content[start:end] for start, end in itertools.pairwise(edges)]


def mended(content):
    """Check sums set right, so that damage gets past them."""
    if content.startswith(PNG_SIGNATURE):
        parts = parts_of(content, "png")
        whole = [part[:-4] + struct.pack(">I", zlib.crc32(part[4:-4])) for part in parts[1:] if len(part) > 11]
        return b"".join([parts[0], *whole])
    if content.startswith(b"OggS"):
        pages = [page[:22] + bytes(4) + page[26:] for page in parts_of(content, "ogg")]
        return b"".join(page[:22] + struct.pack("<I", ogg_crc(page)) + page[26:] for page in pages)
    return content


def _walk(content, start, length):
    cuts, at = [], start
    while at < len(content) and len(cuts) < 1000:
        cuts.append(at)
        at += length(at)
    return cuts


def _bits(choice, content, _suffix, _originals):
    damaged = bytearray(content)
    for _ in range(choice.choice((1, 4, 16, 64))):
        if damaged:
            damaged[choice.randrange(len(damaged))] ^= 1 << choice.randrange(8)
    return bytes(damaged)


def _numbers(choice, content, _suffix, _originals):
    """A number that is one too many for somebody, most often near the beginning."""
    at = choice.randrange(max(1, min(len(content), choice.choice((64, 512, 1 << 20)))))
    size, order = choice.choice((1, 2, 4)), choice.choice(("big", "little"))
    number = (choice.choice(NUMBERS) & (1 << 8 * size) - 1).to_bytes(size, order)
    return content[:at] + number + content[at + size :]


def _shorter(choice, content, _suffix, _originals):
    return content[: choice.randrange(len(content) + 1)]


def _parts(choice, content, suffix, _originals):
    parts = parts_of(content, suffix)
    one, other = choice.randrange(len(parts)), choice.randrange(len(parts))
    match choice.randrange(4):
        case 0:
            parts.insert(other, parts[one] * choice.choice((1, 2, 50)))
        case 1:
            del parts[one]
        case 2:
            parts[one], parts[other] = parts[other], parts[one]
        case _:
            parts[one] = parts[one][: choice.randrange(len(parts[one]) + 1)]
    return b"".join(parts)


def _lengths(choice, content, suffix, _originals):
    """The number that tells how long a part is, or one just behind it."""
    parts = parts_of(content, suffix)
    one = choice.randrange(len(parts))
    at = choice.choice((0, 2, 4, 8, 12, 16))
    size, order = (2, "big") if suffix == "jpg" else (4, "little" if suffix in ("webp", "wav", "ogg") else "big")
    old = int.from_bytes(parts[one][at : at + size], order)
    new = choice.choice((*NUMBERS, old + 1, old - 1, old * 2, old // 2)) & (1 << 8 * size) - 1
    parts[one] = parts[one][:at] + new.to_bytes(size, order) + parts[one][at + size :]
    return b"".join(parts)


def _other(choice, content, _suffix, originals):
    """The beginning of the file, the end of another."""
    _, other, _ = choice.choice(originals)
    return content[: choice.randrange(len(content) + 1)] + other[choice.randrange(len(other)) :]
