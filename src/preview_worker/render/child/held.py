"""Held pictures: H.264 slices that say "as before" for every macroblock, written by hand.

A frame of skipped macroblocks repeats its reference exactly, takes about a dozen bytes and no encoding. It can follow
whatever libx264 has ended with a reference frame, as every flushed stream without a pyramid of B-frames is.

Syntax after Rec. ITU-T H.264 (08/2021): 7.3.1 (NAL units), 7.3.2.1.1 and 7.3.2.2 (parameter sets), 7.3.3 (slice
header), 7.3.4 (`mb_skip_run`), 8.4.1.1 (a skipped macroblock's motion is zero where its neighbours' is), 9.1
(Exp-Golomb codes).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from preview_worker.render.child.h264 import (
    PICTURE_SET,
    SEQUENCE_SET,
    TYPE_BITS,
    behind_length,
    parameter_sets,
    units_of,
)

_NAL_SLICE = 1
_REFERENCE = 2 << 5
"""`nal_ref_idc`: the frame may be referred to, as the next held one does."""
_P_SLICE = 5
"""`slice_type`: this slice and all others of the picture are P."""
_REFERENCE_BITS = 0x60
_SLICES = range(1, 6)
_MAIN_PROFILES = frozenset({66, 77})
"""Baseline and Main: their sequence parameter set has no fields about chroma and scaling."""
_POC_PER_FRAME = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldStream:
    """What the slices of one stream have in common.

    Attributes:
        frame_number_bits: Size of `frame_num`.
        order_bits: Size of `pic_order_cnt_lsb`.
        macroblocks: Of a frame.
        filter_is_controlled: Whether slice headers speak of the deblocking filter.
    """

    frame_number_bits: int
    order_bits: int
    macroblocks: int
    filter_is_controlled: bool

    def packet(self, references_before: int, frame: int) -> bytes:
        """One held frame as a packet.

        Args:
            references_before: Reference frames since the key frame, which counts.
            frame: Its place since the key frame, in order of showing.
        """
        bits = _Bits()
        bits.golomb(0)  # first_mb_in_slice
        bits.golomb(_P_SLICE)
        bits.golomb(0)  # pic_parameter_set_id
        bits.fixed(references_before, self.frame_number_bits)
        bits.fixed(_POC_PER_FRAME * frame, self.order_bits)
        bits.fixed(1, 1)  # num_ref_idx_active_override_flag
        bits.golomb(0)  # num_ref_idx_l0_active_minus1
        bits.fixed(0, 1)  # ref_pic_list_modification_flag_l0
        bits.fixed(0, 1)  # adaptive_ref_pic_marking_mode_flag
        bits.golomb(0)  # slice_qp_delta, as se(v)
        if self.filter_is_controlled:
            bits.golomb(1)  # disable_deblocking_filter_idc
        bits.golomb(self.macroblocks)  # mb_skip_run
        return behind_length(bytes([_REFERENCE | _NAL_SLICE]) + _escaped(bits.closed()))


def held_stream(extradata: bytes) -> HeldStream | None:
    """What held slices need to know of a stream, from its decoder's record.

    Returns:
        None where this module can't write them: no H.264, CABAC, interlaced, several slice groups or weighted
        prediction.
    """
    units = {unit[0] & TYPE_BITS: _Reader(_unescaped(unit[1:])) for unit in parameter_sets(extradata)}
    if SEQUENCE_SET not in units or PICTURE_SET not in units:
        return None
    sequence, filter_is_controlled = _sequence(units[SEQUENCE_SET]), _picture(units[PICTURE_SET])
    if sequence is None or filter_is_controlled is None:
        return None
    frame_number_bits, order_bits, macroblocks = sequence
    return HeldStream(
        frame_number_bits=frame_number_bits,
        order_bits=order_bits,
        macroblocks=macroblocks,
        filter_is_controlled=filter_is_controlled,
    )


def is_reference(packet: bytes) -> bool:
    """Whether a packet holds a slice of a picture that others may refer to."""
    headers = (unit[0] for unit in units_of(packet))
    return next((bool(header & _REFERENCE_BITS) for header in headers if header & TYPE_BITS in _SLICES), False)


def _sequence(reader: _Reader) -> tuple[int, int, int] | None:
    """Bits of the frame number, bits of the order count, macroblocks."""
    if reader.fixed(8) not in _MAIN_PROFILES:
        return None
    reader.fixed(16)  # constraint flags, level_idc
    reader.golomb()  # seq_parameter_set_id
    frame_number_bits = reader.golomb() + 4
    if reader.golomb():  # pic_order_cnt_type
        return None
    order_bits = reader.golomb() + 4
    reader.golomb()  # max_num_ref_frames
    reader.fixed(1)  # gaps_in_frame_num_value_allowed_flag
    width, height = reader.golomb() + 1, reader.golomb() + 1
    if not reader.fixed(1):  # frame_mbs_only_flag
        return None
    return frame_number_bits, order_bits, width * height


def _picture(reader: _Reader) -> bool | None:
    """Whether slices speak of the deblocking filter; None where a held slice would need more than we write."""
    reader.golomb()  # pic_parameter_set_id
    reader.golomb()  # seq_parameter_set_id
    needs_more = reader.fixed(2)  # entropy_coding_mode_flag, bottom_field_pic_order_in_frame_present_flag
    needs_more |= reader.golomb()  # num_slice_groups_minus1
    if needs_more:
        return None
    reader.golomb()  # num_ref_idx_l0_default_active_minus1
    reader.golomb()  # num_ref_idx_l1_default_active_minus1
    if reader.fixed(1):  # weighted_pred_flag
        return None
    reader.fixed(2)  # weighted_bipred_idc
    for _ in range(3):  # pic_init_qp_minus26, pic_init_qs_minus26, chroma_qp_index_offset
        reader.golomb()
    filter_is_controlled = bool(reader.fixed(1))
    reader.fixed(1)  # constrained_intra_pred_flag
    return None if reader.fixed(1) else filter_is_controlled  # redundant_pic_cnt_present_flag


class _Bits:
    """Writes bits, the most significant first."""

    def __init__(self) -> None:
        self._value = 0
        self._count = 0

    def fixed(self, value: int, count: int) -> None:
        """The lowest `count` bits of a value: u(n)."""
        self._value = self._value << count | value & (1 << count) - 1
        self._count += count

    def golomb(self, value: int) -> None:
        """A number of at least 0 in Exp-Golomb code: ue(v)."""
        self.fixed(value + 1, 2 * (value + 1).bit_length() - 1)

    def closed(self) -> bytes:
        """All bits, ended by a one and filled up with zeros."""
        self.fixed(1, 1)
        self.fixed(0, -self._count % 8)
        return self._value.to_bytes(self._count // 8, "big")


class _Reader:
    """Reads bits, the most significant first."""

    def __init__(self, content: bytes) -> None:
        self._value = int.from_bytes(content, "big")
        self._left = 8 * len(content)

    def fixed(self, count: int) -> int:
        """u(n)."""
        self._left -= count
        return self._value >> self._left & (1 << count) - 1

    def golomb(self) -> int:
        """ue(v), or the code number of se(v)."""
        zeros = 0
        while not self.fixed(1):
            zeros += 1
        return (1 << zeros) - 1 + self.fixed(zeros)


def _escaped(content: bytes) -> bytes:
    """No three bytes may look like a start code (7.4.1.1)."""
    return re.sub(rb"\x00\x00(?=[\x00-\x03])", b"\x00\x00\x03", content)


def _unescaped(content: bytes) -> bytes:
    return content.replace(b"\x00\x00\x03", b"\x00\x00")
