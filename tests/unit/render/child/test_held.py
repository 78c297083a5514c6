"""Held frames repeat what was shown before, whatever the stream before them was."""

from __future__ import annotations

import av
import numpy as np
import pytest

from preview_worker.render.child.encoder import encode_segment
from preview_worker.render.child.held import held_stream, is_reference
from support.media import moving_paint, profile_of


def decoded(segment):
    """Every frame in order of showing: uint8, shape (frames, rows, columns)."""
    context = av.CodecContext.create(segment.codec_name, "r")
    context.extradata = segment.extradata
    frames = []
    for record, piece in segment.pieces():
        packet = av.Packet(piece)
        packet.pts, packet.dts = record.pts, record.dts
        frames += context.decode(packet)
    frames += context.decode(None)
    assert [frame.pts for frame in frames] == list(range(segment.frames))
    return np.stack([frame.to_ndarray(format="yuv420p") for frame in frames])


@pytest.mark.parametrize("quality", ["draft", "standard"])
@pytest.mark.parametrize("moving", [1, 2, 3, 4, 5, 9])
def test_last_moving_frame_is_repeated_exactly_when_the_rest_is_held(quality, moving):
    # Longer than frame numbers and order counts run before they begin again at 0.
    segment = encode_segment(profile_of(quality=quality), 105, moving_paint, moving_frames=moving)
    frames = decoded(segment)
    assert (frames[moving:] == frames[moving - 1]).all()
    if moving > 1:
        assert (frames[moving - 1] != frames[moving - 2]).any()
    assert segment.verdict.longest_still_frames == 105 - moving + 1


def test_held_frames_take_a_dozen_bytes_each():
    segment = encode_segment(profile_of(), 105, moving_paint, moving_frames=5)
    assert all(record.size_bytes <= 12 for record in segment.packets[5:])


def test_moving_part_is_the_same_when_something_is_held_after_it():
    alone = encode_segment(profile_of(), 9, moving_paint, moving_frames=9)
    followed = encode_segment(profile_of(), 30, moving_paint, moving_frames=9)
    assert followed.payload.startswith(alone.payload)
    assert followed.packets[:9] == alone.packets


@pytest.mark.parametrize("options", [{"quality": "high"}, {"format": "webm"}])
def test_held_frames_are_encoded_when_they_cannot_be_written(options):
    profile = profile_of(**options)
    segment = encode_segment(profile, 20, moving_paint, moving_frames=4)
    assert held_stream(segment.extradata) is None
    assert len(decoded(segment)) == 20


def test_frames_that_nothing_refers_to_are_told_from_references():
    segment = encode_segment(profile_of(), 9, moving_paint, moving_frames=9)
    references = {record.pts for record, piece in segment.pieces() if is_reference(piece)}
    assert references == {0, 4, 8}
    assert not is_reference(b"")


def test_nothing_is_known_of_a_stream_without_parameter_sets():
    assert held_stream(b"") is None
    assert held_stream(b"\x01M@\x0b\xff\xe0\x01\x00\x04\x68\xce\x04\x72") is None
