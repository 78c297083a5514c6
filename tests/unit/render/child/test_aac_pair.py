"""A frame of one channel becomes one of two that a decoder hears the same on both sides."""

from __future__ import annotations

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from preview_worker.contract import Quality
from preview_worker.render.child.aac_pair import NotOneChannelError, paired, paired_config
from preview_worker.render.child.sound import configure_sound
from preview_worker.timeline.time import SAMPLE_RATE_HZ
from support.media import profile_of

FRAME = 1024
SHORT_WINDOWS_CUT = b"\x00\x00\x80\x38"
"""A single channel that tells of short windows, and ends before it has said how they are grouped."""


def encoded(samples, layout, quality=Quality.STANDARD):
    """Packets, and what a decoder has to know; samples: shape (channels, samples)."""
    context = av.CodecContext.create("aac", "w")
    configure_sound(context, profile_of(quality=quality.value).sound, layout)
    context.open()
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples, np.float32), format="fltp", layout=layout)
    frame.sample_rate, frame.pts = SAMPLE_RATE_HZ, 0
    return [bytes(packet) for part in (frame, None) for packet in context.encode(part)], bytes(context.extradata)


def decoded(packets, extradata):
    context = av.CodecContext.create("aac", "r")
    context.extradata = extradata
    return np.concatenate([frame.to_ndarray() for packet in packets for frame in context.decode(av.Packet(packet))], 1)


@st.composite
def sounds(draw):
    """Pieces of silence, noise, tones, swells and clicks: long windows and short ones, few bands and many."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    pieces = []
    for kind in draw(
        st.lists(st.sampled_from(("silence", "noise", "tone", "clicks", "swell")), min_size=1, max_size=5)
    ):
        count = draw(st.integers(FRAME, 6 * FRAME))
        level = draw(st.sampled_from((1e-4, 0.01, 0.3, 1.0)))
        places = np.arange(count)
        match kind:
            case "silence":
                piece = np.zeros(count)
            case "noise":
                piece = random.uniform(-1, 1, count)
            case "tone":
                piece = np.sin(places * draw(st.floats(0.001, 3.0)))
            case "clicks":
                piece = np.where(places % draw(st.integers(200, 2000)) == 0, 1.0, 0.0)
            case _:
                piece = random.uniform(-1, 1, count) * np.exp(places / count * 8 - 8)
        pieces.append(level * piece)
    return np.concatenate(pieces)[np.newaxis]


@given(sounds(), st.sampled_from(Quality))
def test_both_sides_are_the_one_channel_to_the_last_bit(samples, quality):
    packets, config = encoded(samples, "mono", quality)
    alone = decoded(packets, config)
    both = decoded([paired(packet) for packet in packets], paired_config(config))
    assert both.shape == (2, alone.shape[1])
    assert np.array_equal(both[0], alone[0])
    assert np.array_equal(both[1], alone[0])


def test_short_windows_are_among_what_is_paired():
    samples = np.zeros((1, 40 * FRAME))
    samples[0, 20 * FRAME + 300 :] = np.random.default_rng(5).uniform(-1, 1, 20 * FRAME - 300)
    packets, config = encoded(samples, "mono")
    sequences = [int.from_bytes(packet[:3]) >> 6 & 0b11 for packet in packets]
    assert 2 in sequences
    both = decoded([paired(packet) for packet in packets], paired_config(config))
    assert np.array_equal(both[1], decoded(packets, config)[0])


def test_the_configuration_is_that_of_a_stereo_encoder():
    silence = np.zeros((2, 4 * FRAME))
    assert paired_config(encoded(silence[:1], "mono")[1]) == encoded(silence, "stereo")[1]


def test_a_pair_is_refused():
    packets, _ = encoded(np.random.default_rng(3).normal(0, 0.1, (2, 8 * FRAME)), "stereo")
    with pytest.raises(NotOneChannelError, match="begin"):
        paired(packets[2])


@pytest.mark.parametrize("packet", [b"", b"\0" * 40, b"\xff", b"\x01\x02\x03\x04\x80", SHORT_WINDOWS_CUT])
def test_what_is_no_frame_is_refused(packet):
    with pytest.raises(NotOneChannelError):
        paired(packet)
