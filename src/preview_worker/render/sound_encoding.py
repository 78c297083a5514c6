"""How a video's sound is encoded: packets that may be made apart and joined, at a constant quality."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from preview_worker.contract import Format, Quality
from preview_worker.timeline.sound_spans import SpanRules

_AAC_RULES = SpanRules(
    packet_samples=1024, priming_samples=1024, dropped_packets=5, ahead_samples=2 * 1024, span_packets=188
)
"""Spans of 4 s. A packet holds the two frames of 1024 samples around its beginning, and the encoder looks at one more
to choose its windows. Four frames before a span bring it to the state of a continuous encode, within 1 dB of noise."""
_AAC_SCALES = {Quality.DRAFT: 160, Quality.STANDARD: 240, Quality.HIGH: 400}
_PAIR_SCALES = {Quality.DRAFT: 93, Quality.STANDARD: 140, Quality.HIGH: 233}
"""Of one channel at 128 kb/s, which with it decides what the encoder takes for heard: as many bits as the scales above
give two sides that are the same, at 1 to 4 dB less noise."""
_OPUS_RULES = SpanRules(packet_samples=960, priming_samples=312, dropped_packets=0, ahead_samples=0, span_packets=0)
"""One span: Opus predicts from packet to packet, and after half a second's pre-roll a swept tone still had a packet
with 16 dB more noise at a join."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundEncoding:
    """Settings of the sound's encoder, at 48 kHz.

    Attributes:
        codec: FFmpeg's name of the encoder.
        codec_name: Name of the format it writes, as found in the finished file.
        options: Options of the encoder in order.
        sample_format: As the encoder takes it.
        rules: How its packets may be made apart and joined.
        pair_options: Those where what is the same on both sides is encoded as one channel and written as a pair; None:
            that isn't done.
    """

    codec: str
    codec_name: str
    options: tuple[tuple[str, str], ...]
    sample_format: str
    rules: SpanRules
    pair_options: tuple[tuple[str, str], ...] | None = None


def sound_encoding(kind: Format, quality: Quality) -> SoundEncoding:
    """How the sound of a video of a format and quality is encoded."""
    match kind:
        case Format.MP4:
            return SoundEncoding(
                codec="aac",
                codec_name="aac",
                options=_aac(_AAC_SCALES[quality]),
                sample_format="fltp",
                rules=_AAC_RULES,
                pair_options=(*_aac(_PAIR_SCALES[quality]), ("b", "128000")),
            )
        case Format.WEBM:
            return SoundEncoding(
                codec="libopus",
                codec_name="opus",
                options=(("b", "96000"), ("application", "audio")),
                sample_format="flt",
                rules=_OPUS_RULES,
            )
        case _:
            assert_never(kind)


def _aac(scale: int) -> tuple[tuple[str, str], ...]:
    """A constant quantiser scale: no rate control, so that no frame depends on those before it.

    Signal to noise in dB, and kb/s, of 20 s of unlike left and right channels; at 128 kb/s the rate control takes up
    to three times as long, since it iterates where the spectrum is sparse.

    | signal             | 128 kb/s fast | 128 kb/s twoloop | 160       | 240       | 400       |
    |--------------------|---------------|------------------|-----------|-----------|-----------|
    | like a voice       | 41 dB at 148  | 29 at 135        | 40 at 94  | 45 at 129 | 54 at 210 |
    | like music         | 35 at 129     | 29 at 131        | 37 at 164 | 43 at 195 | 51 at 215 |
    | noise 300–3400 Hz  | 41 at 129     | 22 at 131        | 49 at 166 | 51 at 214 | 58 at 219 |
    | voice over music   | 36 at 130     | 29 at 132        | 32 at 138 | 35 at 181 | 45 at 270 |
    | pink noise         | 10 at 128     | 11 at 128        | 9 at 129  | 11 at 186 | 15 at 279 |

    No noise is put in the place of noise: that takes up to 3 % more bits at these scales, and gives the two sides of a
    voice in the middle a noise of their own. Noise isn't shaped in time: at these scales that has no better ratio of
    signal to noise, and a decoder would shape it on each side of a pair apart.
    """
    return (
        ("aac_coder", "fast"),
        ("aac_pns", "0"),
        ("aac_tns", "0"),
        ("flags", "+qscale"),
        ("global_quality", str(scale)),
    )
