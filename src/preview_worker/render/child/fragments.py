"""Fragmented MP4: one movie header, then a fragment for each stretch of picture and sound, from encoded packets.

Boxes after ISO/IEC 14496-12 (8.8: movie fragments) with the rules of CMAF (ISO/IEC 23000-19) that players ask for:
times in `tfdt`, offsets from the fragment, a key frame first. Tracks are described as in a finished file.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from preview_worker.render.child.mp4_boxes import BOX_HEADER_BYTES, box, full_box
from preview_worker.render.child.mp4_header import fragmented_movie
from preview_worker.render.child.mp4_tracks import PICTURE_TRACK, SOUND_TRACK, Codecs, empty_tracks
from preview_worker.render.encoding import EncodingProfile
from preview_worker.render.languages import UNDETERMINED

_FILE_TYPE = box(b"ftyp", b"iso6", bytes(4), b"iso6mp41")
_BASE_IS_MOOF = 0x020000
_DURATION_SIZE_FLAGS_OFFSET = 0x000F01
"""Of a run: where its data begins, and for each sample duration, size, flags and composition offset."""
_KEY_FRAME, _OTHER_FRAME = 0x02000000, 0x01010000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One packet as a fragment holds it; times in ticks of its track.

    Attributes:
        payload: The bytes, NAL units with their lengths for H.264.
        duration: How long it lasts.
        offset: From its decoding to its showing, at least 0.
        is_key: Whether a player may begin with it.
    """

    payload: bytes
    duration: int
    offset: int = 0
    is_key: bool = True


def fragments_header(profile: EncodingProfile, codecs: Codecs) -> bytes:
    """The movie header that a player takes before the first fragment of a profile's video."""
    return _FILE_TYPE + fragmented_movie(empty_tracks(profile, codecs, UNDETERMINED))


def fragment(
    number: int, picture: Sequence[Sample], picture_start: int, sound: Sequence[Sample], sound_start: int
) -> bytes:
    """One fragment.

    Args:
        number: Counted from 1.
        picture: In decoding order, a key frame first.
        picture_start: Decoding time of the first, in ticks.
        sound: In order; there may be none.
        sound_start: Time of the first, in ticks.
    """
    tracks = [(PICTURE_TRACK, picture, picture_start), (SOUND_TRACK, sound, sound_start)]
    tracks = [track for track in tracks if track[1]]
    sizes = [sum(len(sample.payload) for sample in samples) for _, samples, _ in tracks]
    offsets = [sum(sizes[:index]) for index in range(len(sizes))]
    # The runs say where their data lies from the fragment's first byte; its size doesn't depend on what they say.
    before = len(_movie_fragment(number, tracks, offsets)) + BOX_HEADER_BYTES
    head = _movie_fragment(number, tracks, [before + offset for offset in offsets])
    return head + box(b"mdat", *(sample.payload for _, samples, _ in tracks for sample in samples))


def _movie_fragment(number: int, tracks: Sequence[tuple[int, Sequence[Sample], int]], offsets: Sequence[int]) -> bytes:
    runs = [
        box(
            b"traf",
            full_box(b"tfhd", 0, _BASE_IS_MOOF, struct.pack(">I", track)),
            full_box(b"tfdt", 1, 0, struct.pack(">Q", start)),
            _run(samples, offset),
        )
        for (track, samples, start), offset in zip(tracks, offsets, strict=True)
    ]
    return box(b"moof", full_box(b"mfhd", 0, 0, struct.pack(">I", number)), *runs)


def _run(samples: Sequence[Sample], offset: int) -> bytes:
    rows = (
        struct.pack(
            ">IIII",
            sample.duration,
            len(sample.payload),
            _KEY_FRAME if sample.is_key else _OTHER_FRAME,
            sample.offset,
        )
        for sample in samples
    )
    return full_box(b"trun", 0, _DURATION_SIZE_FLAGS_OFFSET, struct.pack(">Ii", len(samples), offset), *rows)
