"""AAC for both sides from one: a voice in the middle is encoded once, as one channel, and written as a pair.

A pair may be coded as middle and side (ISO/IEC 14496-3, 4.6.8.1): left is middle + side, right is middle − side. A
channel that was encoded alone is the middle, and a side of nothing takes a few bits; a decoder gives on both sides to
the last bit what it would give of the one channel. That halves the encoder's work, and the file says stereo, so that
meters and players treat it like any other.
"""

from __future__ import annotations

from typing import Final

_SINGLE, _PAIR, _END = 0b000, 0b001, 0b111
_EIGHT_SHORT: Final = 2
_HEAD_BITS: Final = 3 + 4 + 8
"""Kind and tag of the element, global gain."""
_LONG_INFO_BITS, _SHORT_INFO_BITS = 11, 15
_ALL_BANDS: Final = 0b10
_NO_TOOLS_BITS: Final = 3
"""Neither pulses, nor noise shaping, nor gain control."""
_TWO_CHANNELS: Final = 2 << 3
_CHANNELS_MASK: Final = 0b1111 << 3


class NotOneChannelError(ValueError):
    """A packet isn't one frame of one channel without extras."""


def paired(packet: bytes) -> bytes:
    """A raw AAC-LC frame of one channel as one of two channels that are the same.

    Args:
        packet: A frame that was encoded without temporal noise shaping: a decoder applies that to each side apart,
            after it has made them.

    Raises:
        NotOneChannelError: It holds something else.
    """
    value, size = int.from_bytes(packet), 8 * len(packet)
    padding = (value & -value).bit_length() - 1 if value else size
    content, left = value >> (padding + 3), size - padding - 3
    if (value >> padding) & _END != _END or padding > 7 or left < _HEAD_BITS + _LONG_INFO_BITS:  # noqa: PLR2004 - a byte's
        raise NotOneChannelError("a frame that doesn't end as one does")
    head = content >> (left - _HEAD_BITS)
    if head >> 12 != _SINGLE:
        raise NotOneChannelError("a frame that doesn't begin with a single channel")
    short = (content >> (left - _HEAD_BITS - 3)) & 0b11 == _EIGHT_SHORT
    info_bits = _SHORT_INFO_BITS if short else _LONG_INFO_BITS
    rest_bits = left - _HEAD_BITS - info_bits
    if rest_bits < 0:
        raise NotOneChannelError("a frame that is cut short")
    info = (content >> rest_bits) & ((1 << info_bits) - 1)
    rest = content & ((1 << rest_bits) - 1)
    side, side_bits = _silent_side(info, short=short)
    tag, gain = (head >> 8) & 0b1111, head & 0xFF
    pair = ((_PAIR << 4 | tag) << 1 | 1) << info_bits | info
    pair = (pair << 2 | _ALL_BANDS) << 8 | gain
    pair = ((pair << rest_bits | rest) << side_bits | side) << 3 | _END
    pair_bits = 3 + 4 + 1 + info_bits + 2 + 8 + rest_bits + side_bits + 3
    spare = -pair_bits % 8
    return (pair << spare).to_bytes((pair_bits + spare) // 8)


def paired_config(extradata: bytes) -> bytes:
    """An AudioSpecificConfig of one channel as that of two."""
    return bytes((extradata[0], extradata[1] & ~_CHANNELS_MASK & 0xFF | _TWO_CHANNELS)) + extradata[2:]


def _silent_side(info: int, *, short: bool) -> tuple[int, int]:
    """The bits of a channel with nothing in any band, and their number."""
    if short:
        bands, grouping = (info >> 7) & 0b1111, info & 0b111_1111
        section, section_bits = _section(bands, 3)
        groups = 1 + 7 - grouping.bit_count()
    else:
        bands, groups = (info >> 1) & 0b11_1111, 1
        section, section_bits = _section(bands, 5)
    side, side_bits = 0, 8
    for _ in range(groups):
        side, side_bits = side << section_bits | section, side_bits + section_bits
    return side << _NO_TOOLS_BITS, side_bits + _NO_TOOLS_BITS


def _section(bands: int, length_bits: int) -> tuple[int, int]:
    """One section of so many bands without content, and its number of bits; none of no bands."""
    if not bands:
        return 0, 0
    most = (1 << length_bits) - 1
    section, section_bits = 0, 4
    while bands >= most:
        section, section_bits, bands = section << length_bits | most, section_bits + length_bits, bands - most
    return section << length_bits | bands, section_bits + length_bits
