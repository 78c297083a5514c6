"""Packets with lengths hold the units of those with start codes; records are what FFmpeg makes of the same sets."""

from __future__ import annotations

import io

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preview_worker.render.child.encoder import configure_video, encode_segment
from preview_worker.render.child.h264 import decoder_record, parameter_sets, units_of, with_lengths
from support.media import moving_paint, profile_of

START_CODES = st.sampled_from([b"\x00\x00\x01", b"\x00\x00\x00\x01"])
UNITS = st.binary(max_size=40).map(lambda body: b"\x65" + body.replace(b"\x00", b"\x02") + b"\x80")


@settings(max_examples=30)
@given(st.lists(st.tuples(START_CODES, UNITS), max_size=6))
def test_units_come_back_equal_when_start_codes_become_lengths(parts):
    packet = with_lengths(b"".join(code + unit for code, unit in parts))
    assert list(units_of(packet)) == [unit for _, unit in parts]
    assert len(packet) == sum(4 + len(unit) for _, unit in parts)


@pytest.mark.parametrize("quality", ["draft", "standard", "high"])
def test_record_is_the_one_that_ffmpeg_writes_into_a_file(quality):
    profile = profile_of(quality=quality)
    context = av.CodecContext.create(profile.video.codec, "w")
    configure_video(context, profile)
    context.open()
    record = decoder_record(context.extradata)
    target = io.BytesIO()
    with av.open(target, "w", format="mp4") as container:
        stream = container.add_stream(profile.video.codec, rate=profile.rate)
        configure_video(stream.codec_context, profile)
        frame = av.VideoFrame(profile.width_px, profile.height_px, "yuv420p")
        container.mux([*stream.encode(frame), *stream.encode(None)])
    target.seek(0)
    with av.open(target) as container:
        assert container.streams.video[0].codec_context.extradata == record
    assert [unit[0] & 31 for unit in parameter_sets(record)] == [7, 8]


@pytest.mark.parametrize("quality", ["draft", "standard", "high"])
def test_segments_hold_whole_units_when_encoded(quality):
    segment = encode_segment(profile_of(quality=quality), 9, moving_paint, moving_frames=4)
    for record, piece in segment.pieces():
        kinds = [unit[0] & 31 for unit in units_of(piece)]
        assert kinds[-1] == (5 if record.is_key else 1)
        assert sum(4 + len(unit) for unit in units_of(piece)) == len(piece)


@pytest.mark.parametrize("content", [b"", b"\x01", b"\x00" * 40, b"\x00\x00\x01\x67"])
def test_no_sets_are_found_in_what_is_no_record(content):
    assert parameter_sets(content) == []
