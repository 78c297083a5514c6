"""The sound track: mixed, limited and encoded in one pass, and kept like a segment of the picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.codec.context import Flags

from preview_worker.render.child.limiter import Limiter
from preview_worker.render.child.segment_file import PacketRecord, SegmentFile, Verdict
from preview_worker.render.child.sound_mix import Mixer
from preview_worker.render.child.sound_stream import Samples
from preview_worker.render.encoding import SoundEncoding
from preview_worker.timeline.model import SoundTrack
from preview_worker.timeline.time import SAMPLE_RATE_HZ

SILENCE_PEAK = 0.001
"""−60 dB: quieter than this from end to end is nothing to hear."""


def configure_sound(context: AudioCodecContext, encoding: SoundEncoding) -> None:
    """Set up an encoder that isn't open yet: the same call for the track and for the container's header."""
    context.sample_rate = SAMPLE_RATE_HZ
    context.layout = "stereo"
    context.format = encoding.sample_format
    context.time_base = Fraction(1, SAMPLE_RATE_HZ)
    context.flags |= Flags.global_header | Flags.bitexact
    context.options = dict(encoding.options)


def encode_sound(
    track: SoundTrack,
    files: Mapping[str, Path],
    lengths: Mapping[str, int],
    encoding: SoundEncoding,
    advance: Callable[[], None] = lambda: None,
) -> SegmentFile:
    """Mix and encode a whole sound track.

    Args:
        track: What is heard and when.
        files: Path of each sound, by asset id.
        lengths: Length of each sound in samples at 48 kHz, by asset id.
        encoding: Settings of the encoder.
        advance: Called after each second or so of sound.

    Raises:
        AssetError: A sound can't be decoded (permanent).
    """
    context = cast("AudioCodecContext", av.CodecContext.create(encoding.codec, "w"))
    configure_sound(context, encoding)
    context.open()
    limiter = Limiter()
    packets: list[av.Packet[av.AudioStream]] = []
    for frame in _frames(limiter.limited(Mixer(track, files, lengths).blocks()), encoding):
        packets.extend(context.encode(frame))
        advance()
    packets.extend(context.encode(None))
    return SegmentFile(
        codec_name=encoding.codec_name,
        extradata=context.extradata or b"",
        time_base=Fraction(1, SAMPLE_RATE_HZ),
        frames=track.duration_samples,
        packets=tuple(_record(packet) for packet in packets),
        payload=b"".join(bytes(packet) for packet in packets),
        verdict=Verdict(
            decoded_frames=track.duration_samples,
            peak=round(limiter.peak, 4),
            limited_samples=limiter.limited_samples,
            silent=limiter.peak < SILENCE_PEAK,
        ),
    )


def _record(packet: av.Packet[av.AudioStream]) -> PacketRecord:
    pts = packet.pts or 0
    return PacketRecord(
        pts=pts,
        dts=pts if packet.dts is None else packet.dts,
        duration=packet.duration or 0,
        is_key=True,
        size_bytes=packet.size,
    )


def _frames(blocks: Iterator[Samples], encoding: SoundEncoding) -> Iterator[av.AudioFrame]:
    """A frame of each block: the codec context cuts it into those that the encoder takes."""
    start, time_base = 0, Fraction(1, SAMPLE_RATE_HZ)
    for block in blocks:
        packed = block if encoding.sample_format == "fltp" else block.T.reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(packed), format=encoding.sample_format, layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE_HZ, start, time_base
        yield frame
        start += block.shape[1]
