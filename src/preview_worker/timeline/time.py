"""Frames, rates and samples: the one place that rounds.

Time inside the product is whole frames at a `Fraction` rate, ranges are half-open, and sound is counted in samples at
48 kHz. Milliseconds exist in the payload and in reports only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

SAMPLE_RATE_HZ = 48_000


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class FrameRange:
    """Half-open range of frames: ``start`` belongs to it, ``end`` doesn't."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"not a frame range: {self.start}…{self.end}")

    def __len__(self) -> int:
        return self.end - self.start

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.start, self.end))

    def shift(self, frames: int) -> FrameRange:
        """The same length, later by the given frames (earlier if negative)."""
        return FrameRange(start=self.start + frames, end=self.end + frames)

    def overlap(self, other: FrameRange) -> FrameRange:
        """What both ranges share; empty at this range's start if nothing."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return FrameRange(start=start, end=end) if start < end else FrameRange(start=self.start, end=self.start)


def round_half_up(value: Fraction) -> int:
    """Nearest integer, halves upwards: the product's one rounding rule."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def frames_of_ms(duration_ms: int, rate: Fraction) -> int:
    """Milliseconds to the nearest whole frame."""
    # `round_half_up` in whole numbers: captions ask for thousands of these, and a Fraction takes 3 µs.
    return (2 * duration_ms * rate.numerator + 1000 * rate.denominator) // (2000 * rate.denominator)


def frames_covering_samples(samples: int, rate: Fraction) -> int:
    """Fewest whole frames that last at least as long as the samples."""
    return -((-samples * rate.numerator) // (SAMPLE_RATE_HZ * rate.denominator))


def ms_of_frames(frames: int, rate: Fraction) -> int:
    """Whole frames to the nearest millisecond, for reports and captions."""
    return round_half_up(Fraction(frames) * 1000 / rate)


def frame_at_ms(at_ms: int, rate: Fraction) -> int:
    """The frame on screen at a time: the last one whose beginning, in whole milliseconds, isn't later."""
    return -((-(2 * at_ms + 1) * rate.numerator) // (2000 * rate.denominator)) - 1


def sample_of_frame(frame: int, rate: Fraction) -> int:
    """Sample at 48 kHz at which a frame begins."""
    return round_half_up(Fraction(frame) * SAMPLE_RATE_HZ / rate)


def samples_of_ms(duration_ms: int) -> int:
    """Milliseconds to samples at 48 kHz, exactly."""
    return duration_ms * SAMPLE_RATE_HZ // 1000
