"""Packets of H.264 as MP4 holds them: each NAL unit behind its length, parameter sets in a record of their own.

Encoders give Annex B, where units stand behind start codes. It is rewritten once, right after encoding, so that joining
segments is copying bytes.

Syntax after Rec. ITU-T H.264 (08/2021), annex B, and ISO/IEC 14496-15, 5.3.3.1 (the decoder configuration record).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

LENGTH_BYTES = 4
SEQUENCE_SET, PICTURE_SET = 7, 8
TYPE_BITS = 0x1F
"""Of a unit's first byte: what it is."""
_START_CODE = b"\x00\x00\x01"
_RECORD_VERSION = 1
_PROFILE_LEVEL = slice(1, 4)
"""Of a sequence parameter set: profile, constraints, level."""
_BASIC_PROFILES = frozenset({66, 77, 88})
"""Baseline, Main and Extended: their records say nothing of chroma and depth."""
_SETS_AT = 5
"""Of a record: where its count of sequence parameter sets stands."""
_CHROMA_420_8_BITS = bytes([0xFC | 1, 0xF8, 0xF8, 0])
"""4:2:0, eight bits a sample, no extensions of the sequence parameter set."""


def with_lengths(packet: bytes) -> bytes:
    """An Annex B packet with a four-byte length before each NAL unit instead of a start code."""
    return b"".join(behind_length(unit) for unit in _annex_b_units(packet))


def behind_length(unit: bytes) -> bytes:
    """A NAL unit as packets hold it."""
    return len(unit).to_bytes(LENGTH_BYTES, "big") + unit


def units_of(packet: bytes) -> Iterator[bytes]:
    """The NAL units of a packet with lengths."""
    place = 0
    while place < len(packet):
        start = place + LENGTH_BYTES
        place = start + int.from_bytes(packet[place:start], "big")
        yield packet[start:place]


def decoder_record(extradata: bytes) -> bytes:
    """The record (``avcC``) of an encoder's Annex B parameter sets; 4:2:0 with eight bits a sample."""
    units = _annex_b_units(extradata)
    sequences = [unit for unit in units if unit[0] & TYPE_BITS == SEQUENCE_SET]
    pictures = [unit for unit in units if unit[0] & TYPE_BITS == PICTURE_SET]
    profile_level = sequences[0][_PROFILE_LEVEL]
    return b"".join(
        (
            bytes([_RECORD_VERSION, *profile_level, 0xFC | LENGTH_BYTES - 1, 0xE0 | len(sequences)]),
            _listed(sequences),
            bytes([len(pictures)]),
            _listed(pictures),
            b"" if profile_level[0] in _BASIC_PROFILES else _CHROMA_420_8_BITS,
        )
    )


def parameter_sets(record: bytes) -> list[bytes]:
    """The parameter sets in a record; none of anything else."""
    if len(record) <= _SETS_AT or record[0] != _RECORD_VERSION:
        return []
    sets: list[bytes] = []
    place = _SETS_AT
    for count_bits in (0x1F, 0xFF):
        count, place = record[place] & count_bits, place + 1
        for _ in range(count):
            start = place + 2
            place = start + int.from_bytes(record[place:start], "big")
            sets.append(record[start:place])
    return sets


def _annex_b_units(packet: bytes) -> list[bytes]:
    # No unit ends with a zero: those before a start code belong to it (Rec. ITU-T H.264, annex B).
    return [unit for part in packet.split(_START_CODE) if (unit := part.rstrip(b"\x00"))]


def _listed(units: Sequence[bytes]) -> bytes:
    return b"".join(len(unit).to_bytes(2, "big") + unit for unit in units)
