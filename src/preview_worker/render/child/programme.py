"""What goes into a finished video, whatever its container."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from preview_worker.errors import OutputCheckError
from preview_worker.render.child.packets import PacketTable
from preview_worker.render.child.segment_file import SegmentIndex
from preview_worker.timeline.model import Chapter


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """What goes into the file.

    Attributes:
        segments: Pieces of the picture in order; one may stand several times.
        sound: Spans of the sound in order; one may stand several times.
        sound_samples: Length of the sound: what the last packet has beyond it isn't heard.
        chapters: Chapters that tile the video.
        title: Title of the tutorial; "" for none.
        language: BCP 47 tag of picture and sound.
    """

    segments: Sequence[SegmentIndex]
    sound: Sequence[SegmentIndex]
    sound_samples: int
    chapters: Sequence[Chapter]
    title: str
    language: str


def joined_packets(pieces: Sequence[SegmentIndex], start: int) -> PacketTable:
    """Packets of all pieces in a row, from a time on."""
    tables = []
    for piece in pieces:
        tables.append(piece.packets.shifted(start))
        start += piece.frames
    return PacketTable.joined(tables)


def codec_data(pieces: Sequence[SegmentIndex]) -> bytes:
    """The codec data that all pieces have in common.

    Raises:
        OutputCheckError: A piece was encoded by other settings than the first (permanent).
    """
    common = pieces[0].extradata if pieces else b""
    for piece in pieces:
        if piece.extradata != common:
            raise OutputCheckError(f"The segment {piece.path.name} was encoded by other settings than the video's.")
    return common
