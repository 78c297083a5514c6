"""Segment files come back as they were written, or not at all."""

from __future__ import annotations

from fractions import Fraction

import pytest

from preview_worker.render.child.segment_file import (
    DamagedSegmentError,
    PacketRecord,
    SegmentFile,
    Verdict,
    read_segment,
    segment_file_name,
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


def test_segment_comes_back_equal_when_written_and_read(tmp_path):
    path = tmp_path / segment_file_name("k" * 64)
    write_segment(path, SEGMENT)
    assert read_segment(path) == SEGMENT
    assert [piece for _, piece in read_segment(path).pieces()] == [b"first", b"new"]


def test_segment_leaves_no_other_file_when_written(tmp_path):
    write_segment(tmp_path / "a.seg", SEGMENT)
    assert [path.name for path in tmp_path.iterdir()] == ["a.seg"]


def test_segment_is_refused_when_absent(tmp_path):
    with pytest.raises(DamagedSegmentError, match="can't be read"):
        read_segment(tmp_path / "absent.seg")
