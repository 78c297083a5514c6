"""The sound in spans: each is mixed, limited, encoded and checked alone, and kept like a segment of the picture."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Literal, cast

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.codec.context import Flags

from preview_worker.errors import OutputCheckError
from preview_worker.render.child.aac_pair import paired, paired_config
from preview_worker.render.child.levels import BEYOND_SAMPLES, LevelMeter, true_heights
from preview_worker.render.child.limiter import Limiter
from preview_worker.render.child.samples import NOTHING, Samples, folded, joined, on_both_sides
from preview_worker.render.child.segment_file import PacketRecord, SegmentFile, Verdict
from preview_worker.render.child.sound_mix import Mixer
from preview_worker.render.child.sound_silence import Heights, refuse_lost_sound
from preview_worker.render.sound_encoding import SoundEncoding
from preview_worker.timeline.loudness import FINE_HOP_SAMPLES
from preview_worker.timeline.sound_spans import SoundSpan
from preview_worker.timeline.time import SAMPLE_RATE_HZ

Layout = Literal["mono", "stereo"]
SILENCE_PEAK = 0.001
"""−60 dB: quieter than this from end to end is nothing to hear."""
MIXED_AT_ONCE_SAMPLES = 12 * SAMPLE_RATE_HZ
"""A window up to this long (5 MB) is mixed before it is encoded, so that the next can be mixed meanwhile."""
_SAMPLE = Fraction(1, SAMPLE_RATE_HZ)
_DECODED_AT_ONCE = 48
"""Packets, about a second: each array and each call of numpy's has its price, more than decoding a packet has."""
_LOOKED_AT, _MOST_BETWEEN = 0.7, 1.5
"""True peaks are looked for where samples are at least so high; they are at most so much higher than these."""


def configure_sound(context: AudioCodecContext, encoding: SoundEncoding, layout: Layout = "stereo") -> None:
    """Set up an encoder that isn't open yet: the same call for a span and for the container's header.

    Args:
        context: The encoder.
        encoding: Its settings.
        layout: Mono for one channel that stands for both sides, where the settings have options for that.
    """
    context.sample_rate = SAMPLE_RATE_HZ
    context.layout = layout
    context.format = encoding.sample_format
    context.time_base = _SAMPLE
    context.flags |= Flags.global_header | Flags.bitexact
    context.options = dict(encoding.pair_options or () if layout == "mono" else encoding.options)


def encode_span(
    span: SoundSpan, mixer: Mixer, encoding: SoundEncoding, advance: Callable[[], None] = lambda: None
) -> SegmentFile:
    """Mix, limit, encode and check one span.

    Args:
        span: The span.
        mixer: Mixes what is heard in it.
        encoding: Settings of the encoder; `span` was cut by its rules.
        advance: Called after each second or so of sound.

    Returns:
        Packets whose times count samples from the span's start.

    Raises:
        AssetError: A sound can't be decoded (permanent).
        OutputCheckError: The packets aren't what was planned (permanent).
    """
    rules = encoding.rules
    start = rules.dropped_packets * rules.packet_samples - rules.priming_samples
    limiter = Limiter(ceiling=span.heard.ceiling, start=start, end=start + span.packets * rules.packet_samples)
    mixed_heights = Heights()
    with contextlib.closing(mixer.blocks(span.heard)) as mixed:
        blocks, layout = _laid_out(mixed, span, encoding)
        limited = mixed_heights.passed(limiter.limited(blocks))
        packets, extradata = _encoded(limited, encoding, layout, advance)
    looked = _looked_at(packets, span, encoding, extradata)
    refuse_lost_sound(mixed_heights, looked.heights, span.start_sample)
    packets = packets[rules.dropped_packets :][: span.packets]
    return SegmentFile(
        codec_name=encoding.codec_name,
        extradata=extradata,
        time_base=_SAMPLE,
        frames=span.packets * rules.packet_samples,
        packets=tuple(_record(index, packet, rules.packet_samples) for index, packet in enumerate(packets)),
        payload=b"".join(packets),
        verdict=Verdict(
            decoded_frames=looked.samples,
            peak=round(limiter.peak, 4),
            limited_samples=limiter.limited_samples,
            silent=limiter.peak < SILENCE_PEAK,
            true_peak=round(looked.true_peak, 4),
            loudness_db10=tuple(looked.meter.loudness_db10),
        ),
    )


def _laid_out(mixed: Iterator[Samples], span: SoundSpan, encoding: SoundEncoding) -> tuple[Iterator[Samples], Layout]:
    """The blocks of a span, and as what they are encoded: what is the same on both sides from end to end, once."""
    if span.heard.samples > MIXED_AT_ONCE_SAMPLES:
        return mixed, "stereo"
    blocks = [folded(block) for block in mixed]
    once = encoding.pair_options is not None and all(block.shape[0] == 1 for block in blocks)
    return iter(blocks), "mono" if once else "stereo"


def _encoded(
    blocks: Iterator[Samples], encoding: SoundEncoding, layout: Layout, advance: Callable[[], None]
) -> tuple[list[bytes], bytes]:
    """Stereo packets, and what a decoder has to know before the first."""
    context = cast("AudioCodecContext", av.CodecContext.create(encoding.codec, "w"))
    configure_sound(context, encoding, layout)
    context.open()
    packets: list[bytes] = []
    for frame in _frames(blocks, encoding, layout):
        packets.extend(bytes(packet) for packet in context.encode(frame))
        advance()
    packets.extend(bytes(packet) for packet in context.encode(None))
    extradata = context.extradata or b""
    return (
        ([paired(packet) for packet in packets], paired_config(extradata)) if layout == "mono" else (packets, extradata)
    )


def _record(index: int, packet: bytes, samples: int) -> PacketRecord:
    return PacketRecord(pts=index * samples, dts=index * samples, duration=samples, is_key=True, size_bytes=len(packet))


class _Heard:
    """What the decoded packets of a span have shown; samples before the span's own are decoded and passed over."""

    def __init__(self, passed_over: int) -> None:
        self.samples = -passed_over
        self.true_peak = 0.0
        self.meter = LevelMeter(FINE_HOP_SAMPLES)
        self.heights = Heights()
        self._before = NOTHING

    def add(self, decoded: Samples) -> None:
        self.heights.add(decoded)
        own = decoded[:, max(0, -self.samples) :]
        self.samples += decoded.shape[1]
        if not own.shape[1]:
            return
        self.meter.add(own)
        whole = joined((self._before, own))
        highest = float(np.abs(whole).max())
        if whole.shape[1] > 2 * BEYOND_SAMPLES and highest * _MOST_BETWEEN > self.true_peak:
            self.true_peak = max(self.true_peak, float(true_heights(whole, _LOOKED_AT * highest).max()))
        self._before = whole[:, -2 * BEYOND_SAMPLES :]


def _looked_at(packets: Sequence[bytes], span: SoundSpan, encoding: SoundEncoding, extradata: bytes) -> _Heard:
    """Decode packets once, the dropped ones before the span's own, so that the decoder comes to its state too."""
    decoder = cast("AudioCodecContext", av.CodecContext.create(encoding.codec_name, "r"))
    decoder.extradata = extradata
    rules = encoding.rules
    heard = _Heard(rules.dropped_packets * rules.packet_samples)
    waiting = av.AudioFifo()
    kept = packets[: rules.dropped_packets + span.packets]
    for first in range(0, len(kept), _DECODED_AT_ONCE):
        for packet in kept[first : first + _DECODED_AT_ONCE]:
            for frame in decoder.decode(av.Packet(packet)):
                frame.pts = None
                waiting.write(frame)
        if (decoded := waiting.read()) is not None:
            heard.add(folded(decoded.to_ndarray().astype(np.float32, copy=False)))
    heard.meter.finish()
    # Some decoders leave out the priming that the codec data tell of.
    fewest = span.packets * rules.packet_samples - rules.priming_samples
    if len(kept) != rules.dropped_packets + span.packets or heard.samples < fewest:
        raise OutputCheckError(
            f"The sound from {span.start_sample / SAMPLE_RATE_HZ:.3f} s on gave {heard.samples} samples in "
            f"{len(kept) - rules.dropped_packets} packets instead of {span.packets} packets."
        )
    return heard


def _frames(blocks: Iterator[Samples], encoding: SoundEncoding, layout: Layout) -> Iterator[av.AudioFrame]:
    """A frame of each block: the codec context cuts it into those that the encoder takes."""
    start = 0
    for block in blocks:
        rows = block if layout == "mono" else on_both_sides(block)
        packed = rows if encoding.sample_format == "fltp" else rows.T.reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(packed), format=encoding.sample_format, layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE_HZ, start, _SAMPLE
        yield frame
        start += block.shape[1]
