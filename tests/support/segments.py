"""A segment file's content, small and of every kind of member."""

from __future__ import annotations

from fractions import Fraction

from preview_worker.render.child.segment_file import PacketRecord, SegmentFile, Verdict

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
