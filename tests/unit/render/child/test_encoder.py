"""Segments: one configuration, checked by decoding, the same bytes again and again."""

from __future__ import annotations

import av
import numpy as np
import pytest

from preview_worker.render.child.encoder import configure_video, encode_segment
from preview_worker.render.child.h264 import with_lengths
from support.media import black_paint, moving_paint, profile_of

FORMATS = [("mp4", "draft"), ("mp4", "standard"), ("mp4", "high"), ("webm", "draft"), ("webm", "standard")]


@pytest.mark.parametrize(("kind", "quality"), FORMATS)
@pytest.mark.parametrize("length", [1, 2, 5, 17])
def test_segment_has_one_packet_per_frame_when_of_any_length(kind, quality, length):
    profile = profile_of(format=kind, quality=quality)
    segment = encode_segment(profile, length, moving_paint, moving_frames=length)
    assert segment.frames == segment.verdict.decoded_frames == len(segment.packets) == length
    assert sorted(packet.pts for packet in segment.packets) == list(range(length))


@pytest.mark.parametrize(("kind", "quality"), FORMATS)
def test_segment_decodes_alone_and_is_shown_after_decoding_when_joined(kind, quality):
    profile = profile_of(format=kind, quality=quality)
    for length in (1, 3, 16):
        packets = encode_segment(profile, length, moving_paint, moving_frames=length).packets
        assert [packet.is_key for packet in packets] == [True] + [False] * (length - 1)
        assert [packet.dts for packet in packets] == [i - profile.video.reorder_frames for i in range(length)]
        assert all(packet.pts >= packet.dts for packet in packets)


def test_segments_share_their_codec_data_when_lengths_differ():
    profile = profile_of()
    one, other = (encode_segment(profile, length, moving_paint, moving_frames=length) for length in (2, 30))
    assert one.extradata == other.extradata != b""


def test_segment_has_the_same_bytes_when_made_again():
    profile = profile_of()
    assert encode_segment(profile, 20, moving_paint, moving_frames=20) == encode_segment(
        profile, 20, moving_paint, moving_frames=20
    )


@pytest.mark.parametrize("kind", ["mp4", "webm"])
def test_encoder_copies_its_input_when_one_frame_is_used_again_and_again(kind):
    profile = profile_of(format=kind)
    reused = encode_segment(profile, 12, moving_paint, moving_frames=12)
    context = av.CodecContext.create(profile.video.codec, "w")
    configure_video(context, profile)
    packets = []
    for index in range(12):
        fresh = av.VideoFrame(profile.width_px, profile.height_px, "yuv420p")
        planes = [np.frombuffer(p, np.uint8).reshape(-1, p.line_size)[: p.height, : p.width] for p in fresh.planes]
        moving_paint(index, _Planes(*planes))
        fresh.pts, fresh.time_base = index, 1 / profile.rate
        packets += context.encode(fresh)
    packets += context.encode(None)
    stored = with_lengths if kind == "mp4" else bytes
    assert b"".join(stored(bytes(packet)) for packet in packets) == reused.payload


def test_painter_is_called_once_when_the_segment_is_still():
    calls = []

    def paint(index, out):
        calls.append(index)
        return moving_paint(index, out)

    segment = encode_segment(profile_of(), 40, paint, moving_frames=1)
    assert calls == [0]
    assert segment.verdict.longest_still_frames == segment.frames == 40


def test_verdict_counts_black_frames_when_nothing_is_painted_light():
    assert encode_segment(profile_of(), 6, black_paint, moving_frames=6).verdict.black_frames == 6
    moving = encode_segment(profile_of(), 6, moving_paint, moving_frames=6).verdict
    assert (moving.black_frames, moving.longest_still_frames) == (0, 1)


@pytest.mark.parametrize(("kind", "quality"), FORMATS)
@pytest.mark.parametrize("levels", ["noise", "flashes", "lines", "nearly black"])
def test_segment_passes_its_check_when_its_picture_is_hard_to_encode(kind, quality, levels):
    rng = np.random.default_rng(3)

    def paint(index, out):
        out.y[:], out.u[:], out.v[:] = 16, 128, 128
        match levels:
            case "noise":
                out.y[:] = rng.integers(16, 236, out.y.shape)
            case "flashes":
                out.y[:] = 235 if index % 2 else 16
            case "lines":
                out.y[index % 3 :: 3] = 235
            case _:
                out.y[40:44, 40:60] = 60
        return out

    profile = profile_of(format=kind, quality=quality)
    verdict = encode_segment(profile, 16, paint, moving_frames=12).verdict
    # Every other of the twelve, the last of which is light and held.
    assert verdict.black_frames == (6 if levels == "flashes" else 0)


class _Planes:
    def __init__(self, y, u, v):
        self.y, self.u, self.v = y, u, v
        self.width_px = y.shape[1]
