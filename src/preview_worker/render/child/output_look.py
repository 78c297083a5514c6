"""What a finished file turns out to be, whatever its container."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from preview_worker.errors import OutputCheckError
from preview_worker.render.child.packets import Numbers


class UnreadableOutputError(OutputCheckError):
    """The finished file can't be read back (permanent)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputLook:
    """What a look at the packets has shown.

    Attributes:
        video_codec: Name of the picture's format.
        audio_codec: Name of the sound's.
        width_px: Width of the picture.
        height_px: Height of the picture.
        shown: When each frame is shown, in order of decoding, in `time_base`.
        time_base: In seconds.
        is_rounded: Whether times are rounded to the time base.
        picture_s: How long the picture is said to last; None where nothing is said.
        heard_s: When the last packet of the sound ends.
    """

    video_codec: str
    audio_codec: str
    width_px: int
    height_px: int
    shown: Numbers
    time_base: Fraction
    is_rounded: bool
    picture_s: Fraction | None
    heard_s: Fraction
