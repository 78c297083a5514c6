"""How a video is encoded: one configuration per format, quality, size and rate, so that segments join by copy.

Measured on moving frames (H.264, one thread): a constant quantiser needs no lookahead and is 1.6 times as fast as crf;
three fixed B-frames halve the file for nothing; `subme=1` would save a sixth more for a third of the speed. One thread
per encoder makes the bytes independent of how many encoders run.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import assert_never

from preview_worker.contract import Format, PreviewRequest, Quality
from preview_worker.timeline.brief import rate_of
from preview_worker.timeline.sound_spans import SpanRules

DRAWING_REVISION = 10
"""Raised whenever the drawing or encoding code changes a byte of the picture: every cached segment becomes stale."""
SOUND_REVISION = 4
"""Raised whenever the mixing code changes a sample."""
PACKETS_REVISION = 3
"""Raised whenever segment files hold the same packets in another way: those of before are of no use then."""
BYTE_DECIDING_PACKAGES = ("av", "opencv-python-headless", "numpy", "pillow", "fontpkg-inter", "fontpkg-noto-sans")
"""Distributions whose exact versions decide the bytes of what we write."""

_ONE_THREAD_NO_STATE = (
    "b-adapt=0:scenecut=0:rc-lookahead=0:sync-lookahead=0:mbtree=0:weightp=0:aq-mode=0:b-pyramid=0:chromaloc=1"
)
_FAST_SEARCH = "subme=0:pbratio=1.6"
"""Whole-sample search; B-frames, from which nothing is predicted, four steps coarser: 8 % less time, 12 % smaller."""
_H264_REORDER_FRAMES = 1
"""Without a pyramid of B-frames (slower, not smaller) decoding is at most one frame ahead of showing."""
_VPX_OPTIONS = (("deadline", "realtime"), ("lag-in-frames", "0"), ("auto-alt-ref", "0"))
_ENDLESS_FRAMES = 10_000
"""Key frame interval beyond every segment: only a segment's first frame is a key frame."""

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
class VideoEncoding:
    """Settings of the picture's encoder.

    Attributes:
        codec: FFmpeg's name of the encoder.
        codec_name: Name of the format it writes, as found in the finished file.
        options: Options of the encoder in order.
        reorder_frames: By how many frames decoding runs ahead of showing.
        key_interval_frames: Longest distance between key frames.
    """

    codec: str
    codec_name: str
    options: tuple[tuple[str, str], ...]
    reorder_frames: int
    key_interval_frames: int = _ENDLESS_FRAMES


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


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodingProfile:
    """Everything an encoder has to know of one video; `fonts` are hashes of the user's own font files."""

    format: Format
    quality: Quality
    width_px: int
    height_px: int
    rate: Fraction
    video: VideoEncoding
    sound: SoundEncoding
    fonts: tuple[str, ...] = ()

    @property
    def identity(self) -> str:
        """All that decides the bytes of a segment besides what it shows: part of every segment's key."""
        return _canonical(
            {
                "video": asdict(self.video),
                "size": [self.width_px, self.height_px],
                "rate": str(self.rate),
                "drawing": DRAWING_REVISION,
                "packets": PACKETS_REVISION,
                "fonts": self.fonts,
                "libraries": library_versions(),
            }
        )

    @property
    def sound_identity(self) -> str:
        """All that decides the bytes of a span of the sound besides what is heard in it."""
        libraries = {name: version_of(name) for name in ("av", "numpy")}
        return _canonical(
            {
                "sound": asdict(self.sound),
                "mixing": SOUND_REVISION,
                "packets": PACKETS_REVISION,
                "libraries": libraries,
            }
        )

    @property
    def file_name(self) -> str:
        """Name of the finished video."""
        return f"preview.{self.format.value}"


def encoding_profile(request: PreviewRequest, fonts: tuple[str, ...] = ()) -> EncodingProfile:
    """The one configuration by which all segments of a request's video are encoded."""
    options = request.options
    return EncodingProfile(
        format=options.format,
        quality=options.quality,
        width_px=options.width_px,
        height_px=options.height_px,
        rate=rate_of(request),
        video=_video(options.format, options.quality),
        sound=_sound(options.format, options.quality),
        fonts=fonts,
    )


def font_hashes(folder: Path | None) -> tuple[str, ...]:
    """SHA-256 of every file in the user's font folder, in order of their names: other fonts are other pixels."""
    files = sorted(path for path in folder.iterdir() if path.is_file()) if folder is not None else []
    return tuple(hashlib.sha256(path.read_bytes()).hexdigest() for path in files)


@cache
def version_of(package: str) -> str:
    """Version of an installed distribution: read once, since to read them all takes 4 ms."""
    return version(package)


def library_versions() -> dict[str, str]:
    """Exact versions of the distributions that decide bytes, by name."""
    return {name: version_of(name) for name in BYTE_DECIDING_PACKAGES}


def _video(kind: Format, quality: Quality) -> VideoEncoding:
    match kind:
        case Format.MP4:
            return _h264(quality)
        case Format.WEBM:
            return _vpx(quality)
        case _:
            assert_never(kind)


def _h264(quality: Quality) -> VideoEncoding:
    match quality:
        case Quality.DRAFT:
            preset, quantiser, search = "ultrafast", 30, _FAST_SEARCH
        case Quality.STANDARD:
            preset, quantiser, search = "ultrafast", 24, _FAST_SEARCH
        case Quality.HIGH:
            preset, quantiser, search = "veryfast", 19, "subme=4:ref=2"
        case _:
            assert_never(quality)
    options = (
        ("preset", preset),
        ("qp", str(quantiser)),
        ("bf", "3"),
        ("x264-params", f"{_ONE_THREAD_NO_STATE}:{search}"),
    )
    return VideoEncoding(codec="libx264", codec_name="h264", options=options, reorder_frames=_H264_REORDER_FRAMES)


def _vpx(quality: Quality) -> VideoEncoding:
    match quality:
        case Quality.DRAFT:
            options = (*_VPX_OPTIONS, ("cpu-used", "16"), *_constant_quantiser(30), ("b", "50M"))
            return VideoEncoding(codec="libvpx", codec_name="vp8", options=options, reorder_frames=0)
        case Quality.STANDARD:
            effort = (("cpu-used", "8"), *_constant_quantiser(32))
        case Quality.HIGH:
            effort = (("cpu-used", "5"), *_constant_quantiser(24))
        case _:
            assert_never(quality)
    options = (*_VPX_OPTIONS, *effort, ("b", "0"))
    return VideoEncoding(codec="libvpx-vp9", codec_name="vp9", options=options, reorder_frames=0)


def _constant_quantiser(quantiser: int) -> tuple[tuple[str, str], ...]:
    return tuple((name, str(quantiser)) for name in ("crf", "qmin", "qmax"))


def _sound(kind: Format, quality: Quality) -> SoundEncoding:
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


def _canonical(value: dict[str, object]) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
