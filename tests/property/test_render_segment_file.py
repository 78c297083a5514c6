"""A segment file that lost an end or changed a byte is refused, wherever that happened."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preview_worker.render.child.segment_file import (
    DamagedSegmentError,
    PacketRecord,
    SegmentFile,
    Verdict,
    read_segment,
    write_segment,
)

SEGMENT = SegmentFile(
    codec_name="h264",
    extradata=b"\x00\x01codec",
    time_base=Fraction(2, 25),
    frames=2,
    packets=(
        PacketRecord(pts=0, dts=-1, duration=1, is_key=True, size_bytes=5),
        PacketRecord(pts=1, dts=0, duration=1, is_key=False, size_bytes=3),
    ),
    payload=b"firstnew",
    verdict=Verdict(decoded_frames=2, remarks=(("text-small", "body", "31"),)),
    still=b"stillpicture",
    still_size_px=(4, 2),
)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("segments") / "a.seg"
    write_segment(path, SEGMENT)
    return path.read_bytes()


@given(share=st.floats(0, 1, exclude_max=True))
def test_segment_is_refused_when_cut_short_anywhere(written, share, tmp_path_factory):
    path = tmp_path_factory.mktemp("cut") / "a.seg"
    path.write_bytes(written[: int(len(written) * share)])
    with pytest.raises(DamagedSegmentError):
        read_segment(path)


@given(share=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_segment_is_refused_when_one_byte_changes(written, share, flip, tmp_path_factory):
    path = tmp_path_factory.mktemp("changed") / "a.seg"
    changed = bytearray(written)
    changed[int(len(written) * share)] ^= flip
    path.write_bytes(changed)
    with pytest.raises(DamagedSegmentError):
        read_segment(path)
