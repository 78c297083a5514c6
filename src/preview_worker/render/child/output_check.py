"""Looks at the finished file as a player would, without decoding it: the last gate before publication."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from preview_worker.contract import Format
from preview_worker.errors import OutputCheckError
from preview_worker.render.child.mp4_look import look_at_mp4
from preview_worker.render.child.output_look import OutputLook
from preview_worker.render.child.webm_look import look_at_webm
from preview_worker.render.encoding import EncodingProfile
from preview_worker.timeline.time import SAMPLE_RATE_HZ

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
    """Check streams, codecs, packet count, constant step and durations; for MP4, that a true index comes first.

    Args:
        path: The finished file.
        profile: How it was to be encoded.
        frames: How many frames it was to have.

    Raises:
        OutputCheckError: It isn't what was planned (permanent).
    """
    look = look_at_mp4(path) if profile.format is Format.MP4 else look_at_webm(path)
    planned_s = Fraction(frames) / profile.rate
    _expect("video codec", look.video_codec, profile.video.codec_name)
    _expect("audio codec", look.audio_codec, profile.sound.codec_name)
    _expect("width", look.width_px, profile.width_px)
    _expect("height", look.height_px, profile.height_px)
    _check_picture(look, profile, frames)
    if look.picture_s is not None:
        _expect("length in seconds", look.picture_s, planned_s)
    _check_sound(look.heard_s, planned_s)
    return OutputFacts(
        video_codec=look.video_codec,
        audio_codec=look.audio_codec,
        frames=look.shown.size,
        duration_ms=round(planned_s * 1000),
        size_bytes=path.stat().st_size,
    )


def _check_picture(look: OutputLook, profile: EncodingProfile, frames: int) -> None:
    """Check times in the stream's time base."""
    _expect("number of frames", look.shown.size, frames)
    # WebM counts in milliseconds: each time is rounded by at most half of one.
    tolerance = 1 if look.is_rounded else 0
    step = 1 / (profile.rate * look.time_base)
    shown = np.sort(look.shown)
    # In whole numbers, since a step needn't be one.
    off = np.abs(shown * step.denominator - np.arange(frames) * step.numerator) > tolerance * step.denominator
    if off.any():
        index = int(off.argmax())
        raise OutputCheckError(
            f"Frame {index} of the finished file is shown at {float(int(shown[index]) * look.time_base):.4f} s "
            f"instead of {float(index / profile.rate):.4f} s."
        )


def _check_sound(heard_until: Fraction, planned: Fraction) -> None:
    if abs(heard_until - planned) > _SOUND_TOLERANCE_S:
        raise OutputCheckError(
            f"The sound of the finished file ends at {float(heard_until):.3f} s instead of {float(planned):.3f} s "
            f"({SAMPLE_RATE_HZ} samples a second)."
        )


def _expect(what: str, found: object, planned: object) -> None:
    if found != planned:
        raise OutputCheckError(f"The {what} of the finished file is {found} instead of {planned}.")
