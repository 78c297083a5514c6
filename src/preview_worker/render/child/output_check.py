"""Looks at the finished file as a player would, without decoding it: the last gate before publication."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.error import FFmpegError

from preview_worker.contract import Format
from preview_worker.errors import OutputCheckError
from preview_worker.render.encoding import EncodingProfile
from preview_worker.timeline.time import SAMPLE_RATE_HZ

_BOX_HEADER_BYTES = 8
_SOUND_TOLERANCE_S = Fraction(1, 20)
"""Lossy coders pad the sound by up to two of their frames (43 ms)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFacts:
    """What the file was found to be."""

    video_codec: str
    audio_codec: str
    frames: int
    duration_ms: int
    size_bytes: int


def check_output(path: Path, profile: EncodingProfile, frames: int) -> OutputFacts:
    """Check streams, codecs, packet count, constant step, durations and, for MP4, that the index comes first.

    Args:
        path: The finished file.
        profile: How it was to be encoded.
        frames: How many frames it was to have.

    Raises:
        OutputCheckError: It isn't what was planned (permanent).
    """
    if profile.format is Format.MP4:
        _check_index_first(path)
    try:
        with av.open(str(path), "r", format=profile.format.value) as container:
            picture = container.streams.video[0]
            sound = container.streams.audio[0]
            _expect("video codec", picture.codec_context.name, profile.video.codec_name)
            _expect("audio codec", sound.codec_context.name, profile.sound.codec_name)
            _expect("width", picture.width, profile.width_px)
            _expect("height", picture.height, profile.height_px)
            shown: list[int] = []
            heard_until = 0
            for packet in container.demux(picture, sound):
                if packet.pts is None:
                    continue
                if packet.stream is picture:
                    shown.append(packet.pts)
                else:
                    heard_until = max(heard_until, packet.pts + (packet.duration or 0))
            _check_picture(sorted(shown), picture.time_base or Fraction(1), profile, frames)
            _check_sound(heard_until * (sound.time_base or Fraction(1)), Fraction(frames) / profile.rate)
            return OutputFacts(
                video_codec=picture.codec_context.name,
                audio_codec=sound.codec_context.name,
                frames=len(shown),
                duration_ms=round(Fraction(frames) * 1000 / profile.rate),
                size_bytes=path.stat().st_size,
            )
    except (FFmpegError, IndexError, OSError) as error:
        raise OutputCheckError("The finished file can't be read back.") from error


def _check_picture(shown: list[int], time_base: Fraction, profile: EncodingProfile, frames: int) -> None:
    """Check times in the stream's time base."""
    _expect("number of frames", len(shown), frames)
    # WebM counts in milliseconds: each time is rounded by at most half of one.
    tolerance = 1 if profile.format is Format.WEBM else 0
    step = 1 / (profile.rate * time_base)
    for index, time in enumerate(shown):
        # In whole numbers: fractions would take a hundred times as long.
        if abs(time * step.denominator - index * step.numerator) > tolerance * step.denominator:
            raise OutputCheckError(
                f"Frame {index} of the finished file is shown at {float(time * time_base):.4f} s "
                f"instead of {float(index / profile.rate):.4f} s."
            )


def _check_sound(heard_until: Fraction, planned: Fraction) -> None:
    if abs(heard_until - planned) > _SOUND_TOLERANCE_S:
        raise OutputCheckError(
            f"The sound of the finished file ends at {float(heard_until):.3f} s instead of {float(planned):.3f} s "
            f"({SAMPLE_RATE_HZ} samples a second)."
        )


def _check_index_first(path: Path) -> None:
    """The index (moov) must come before the media (mdat): a player then starts before it has all."""
    with path.open("rb") as file:
        while len(header := file.read(_BOX_HEADER_BYTES)) == _BOX_HEADER_BYTES:
            size, kind = int.from_bytes(header[:4], "big"), header[4:]
            if kind == b"moov":
                return
            if kind == b"mdat" or size < _BOX_HEADER_BYTES:
                break
            file.seek(size - _BOX_HEADER_BYTES, 1)
    raise OutputCheckError("The index of the finished file doesn't come before its media.")


def _expect(what: str, found: object, planned: object) -> None:
    if found != planned:
        raise OutputCheckError(f"The {what} of the finished file is {found} instead of {planned}.")
