"""Looks at a finished WebM file as FFmpeg reads it, without decoding it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError

from preview_worker.render.child.output_look import OutputLook, UnreadableOutputError


def look_at_webm(path: Path) -> OutputLook:
    """Go through all packets.

    Raises:
        UnreadableOutputError: It can't be read (permanent).
    """
    try:
        with av.open(str(path), "r", format="webm") as container:
            picture, sound = container.streams.video[0], container.streams.audio[0]
            shown: list[int] = []
            heard_until = 0
            for packet in container.demux(picture, sound):
                if packet.pts is None:
                    continue
                if packet.stream is picture:
                    shown.append(packet.pts)
                else:
                    heard_until = max(heard_until, packet.pts + (packet.duration or 0))
            return OutputLook(
                video_codec=picture.codec_context.name,
                audio_codec=sound.codec_context.name,
                width_px=picture.width,
                height_px=picture.height,
                shown=np.array(shown, np.int64),
                time_base=picture.time_base or Fraction(1),
                is_rounded=True,
                picture_s=None,
                heard_s=heard_until * (sound.time_base or Fraction(1)),
            )
    except (FFmpegError, IndexError, OSError) as error:
        raise UnreadableOutputError("The finished file can't be read back.") from error
