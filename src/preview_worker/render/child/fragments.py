"""Fragmented MP4: one movie header, then a fragment for each stretch of picture and sound, from encoded packets.

Boxes after ISO/IEC 14496-12 (8.8: movie fragments) with the rules of CMAF (ISO/IEC 23000-19) that players ask for:
times in `tfdt`, offsets from the fragment, a key frame first. The header is FFmpeg's, which knows the codecs' entries;
fragments are a few dozen bytes a frame and are written here, without a muxer for each.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from dataclasses import dataclass

import av

from preview_worker.render.child.mux import added_streams
from preview_worker.render.encoding import EncodingProfile

_HEADER_OPTIONS = {"movflags": "+empty_moov+default_base_moof+skip_trailer", "fflags": "+bitexact", "brand": "iso6"}
_START_CODE = b"\x00\x00\x01"
_BASE_IS_MOOF = 0x020000
_DURATION_SIZE_FLAGS_OFFSET = 0x000F01
"""Of a run: where its data begins, and for each sample duration, size, flags and composition offset."""
_KEY_FRAME, _OTHER_FRAME = 0x02000000, 0x01010000
_PICTURE_TRACK, _SOUND_TRACK = 1, 2


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


@dataclass(frozen=True, slots=True, kw_only=True)
class FragmentFormat:
    """What all fragments of a video share.

    Attributes:
        header: The movie header: file type and tracks.
        picture_scale: Ticks of the picture's track a second.
    """

    header: bytes
    picture_scale: int


def fragment_format(profile: EncodingProfile) -> FragmentFormat:
    """The header that fragments of a profile's video need before them."""
    target = io.BytesIO()
    with av.open(target, "w", format="mp4", options=_HEADER_OPTIONS) as container:
        picture, _ = added_streams(container, profile)
        container.start_encoding()
        # The muxer's choice, made when the header is written; the sound's ticks are its samples.
        ticks = picture.time_base or 1 / profile.rate
    return FragmentFormat(header=target.getvalue(), picture_scale=ticks.denominator)


def with_lengths(packet: bytes) -> bytes:
    """An Annex B packet with a four-byte length before each NAL unit instead of a start code."""
    # No unit ends with a zero: those before a start code belong to it (Rec. ITU-T H.264, annex B).
    units = [unit for part in packet.split(_START_CODE) if (unit := part.rstrip(b"\x00"))]
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)


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
    tracks = [(_PICTURE_TRACK, picture, picture_start), (_SOUND_TRACK, sound, sound_start)]
    tracks = [track for track in tracks if track[1]]
    sizes = [sum(len(sample.payload) for sample in samples) for _, samples, _ in tracks]
    offsets = [sum(sizes[:index]) for index in range(len(sizes))]
    # The runs say where their data lies from the fragment's first byte; its size doesn't depend on what they say.
    before = len(_movie_fragment(number, tracks, offsets)) + 8
    head = _movie_fragment(number, tracks, [before + offset for offset in offsets])
    return head + _box(b"mdat", *(sample.payload for _, samples, _ in tracks for sample in samples))


def _movie_fragment(number: int, tracks: Sequence[tuple[int, Sequence[Sample], int]], offsets: Sequence[int]) -> bytes:
    runs = [
        _box(
            b"traf",
            _full_box(b"tfhd", 0, _BASE_IS_MOOF, struct.pack(">I", track)),
            _full_box(b"tfdt", 1, 0, struct.pack(">Q", start)),
            _run(samples, offset),
        )
        for (track, samples, start), offset in zip(tracks, offsets, strict=True)
    ]
    return _box(b"moof", _full_box(b"mfhd", 0, 0, struct.pack(">I", number)), *runs)


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
    return _full_box(b"trun", 0, _DURATION_SIZE_FLAGS_OFFSET, struct.pack(">Ii", len(samples), offset), *rows)


def _full_box(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return _box(kind, bytes([version]), flags.to_bytes(3, "big"), *parts)


def _box(kind: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return (len(content) + 8).to_bytes(4, "big") + kind + content
