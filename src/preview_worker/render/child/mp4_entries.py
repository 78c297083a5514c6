"""What MP4 says of each track's kind: its media header, and the sample entry that describes its packets.

After ISO/IEC 14496-12 (8.4.5, 8.5.2, 12.1, 12.2), 14496-14 (5.6: AAC), 14496-15 (5.4: H.264) and the QuickTime File
Format (text, as chapters are told).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from preview_worker.render.child.mp4_boxes import box, descriptor, full_box
from preview_worker.render.encoding import EncodingProfile
from preview_worker.timeline.time import SAMPLE_RATE_HZ

PICTURE_HEADER = full_box(b"vmhd", 0, 1, bytes(8))
SOUND_HEADER = full_box(b"smhd", 0, 0, bytes(4))
IDENTITY_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_72_DPI = 72 << 16
_DEPTH_BITS = 24
_BT709, _LIMITED_RANGE = 1, 0
_CHANNELS, _SAMPLE_BITS = 2, 16
_ES, _DECODER_CONFIG, _DECODER_SPECIFIC, _SYNC_LAYER = 3, 4, 5, 6
_AAC, _AUDIO_STREAM, _PREDEFINED_FOR_MP4 = 0x40, 0x15, 2
_COPY_MODE, _GREY, _MIDDLE = 0x40, 0x8000, 1
_OWN_FILE = struct.pack(">6xH", 1)
"""Six reserved bytes, and the first data reference: the file itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BitRate:
    """What a track takes, in bits a second; 0 where it isn't known yet."""

    peak_bps: int = 0
    average_bps: int = 0


def picture_entry(profile: EncodingProfile, record: bytes, rate: BitRate) -> bytes:
    """H.264 in BT.709, limited range; `record` is the decoder's configuration."""
    described = struct.pack(
        ">16xHHIIIH32xHh", profile.width_px, profile.height_px, _72_DPI, _72_DPI, 0, 1, _DEPTH_BITS, -1
    )
    colour = box(b"colr", b"nclx", struct.pack(">HHHB", _BT709, _BT709, _BT709, _LIMITED_RANGE))
    return box(b"avc1", _OWN_FILE, described, box(b"avcC", record), colour, _rate_box(rate))


def sound_entry(config: bytes, rate: BitRate) -> bytes:
    """AAC in stereo; `config` is the decoder's configuration."""
    described = struct.pack(">8xHHIHH", _CHANNELS, _SAMPLE_BITS, 0, SAMPLE_RATE_HZ, 0)
    decoder = struct.pack(">BB3xII", _AAC, _AUDIO_STREAM, rate.peak_bps, rate.average_bps)
    stream = descriptor(
        _ES,
        bytes(3),
        descriptor(_DECODER_CONFIG, decoder, descriptor(_DECODER_SPECIFIC, config)),
        descriptor(_SYNC_LAYER, bytes([_PREDEFINED_FOR_MP4])),
    )
    return box(b"mp4a", _OWN_FILE, described, full_box(b"esds", 0, 0, stream), _rate_box(rate))


def chapter_entry() -> bytes:
    """Plain text that isn't drawn."""
    described = struct.pack(">II6x8x8xHHxH6xB", 0, _MIDDLE, 0, 0, 0, 0)
    return box(b"text", _OWN_FILE, described)


def chapter_header() -> bytes:
    """The media header of text: a generic one, and where the text would stand."""
    generic = full_box(b"gmin", 0, 0, struct.pack(">HHHHhH", _COPY_MODE, _GREY, _GREY, _GREY, 0, 0))
    return box(b"gmhd", generic, box(b"text", IDENTITY_MATRIX))


def _rate_box(rate: BitRate) -> bytes:
    return box(b"btrt", struct.pack(">III", 0, rate.peak_bps, rate.average_bps)) if rate.average_bps else b""
