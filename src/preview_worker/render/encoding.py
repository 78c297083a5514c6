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
from preview_worker.render.sound_encoding import SoundEncoding, sound_encoding
from preview_worker.timeline.brief import rate_of

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
        sound=sound_encoding(options.format, options.quality),
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


def _canonical(value: dict[str, object]) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
