"""Looks at a finished MP4 file without decoding it: where each packet lies, when it is shown, what it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt

from preview_worker.errors import OutputCheckError
from preview_worker.render.child.h264 import LENGTH_BYTES
from preview_worker.render.child.mp4_reader import (
    ReadMovie,
    ReadTrack,
    TopBox,
    UnreadableFileError,
    read_movie,
    top_boxes,
)
from preview_worker.render.child.output_look import OutputLook, UnreadableOutputError

_CODECS = {b"avc1": "h264", b"mp4a": "aac"}
_KINDS = (b"vide", b"soun")
_CHAPTERS = b"text"
_UNIT_TYPE, _INSTANT_REFRESH = 0x1F, 5
"""Of a NAL unit's first byte: its type; 5 is a slice of a picture where decoding may begin (ITU-T H.264, 7.4.1)."""
_BYTE_VALUES = np.array([1 << 24, 1 << 16, 1 << 8, 1], np.int64)


def look_at_mp4(path: Path) -> OutputLook:
    """Read the index, and find all it speaks of.

    Raises:
        OutputCheckError: The index comes last, or speaks of what isn't there (permanent).
    """
    try:
        index, media = _index_and_media(top_boxes(path))
        movie = read_movie(path, index)
        picture, sound = (_only(movie, kind) for kind in _KINDS)
        _refuse_strays(movie)
        _check_lengths(movie)
        _check_places(movie.tracks, media)
        _check_units(np.memmap(path, np.uint8, "r"), picture)
    except (UnreadableFileError, OSError, ValueError) as error:
        raise UnreadableOutputError(f"The finished file can't be read back: {error}.") from error
    return OutputLook(
        video_codec=_codec(picture),
        audio_codec=_codec(sound),
        width_px=picture.size_px[0],
        height_px=picture.size_px[1],
        shown=picture.dts + picture.offsets - picture.edit_start,
        time_base=Fraction(1, picture.scale),
        is_rounded=False,
        picture_s=Fraction(picture.edit_length, movie.scale),
        heard_s=_heard_s(movie, sound),
    )


def _index_and_media(boxes: Sequence[TopBox]) -> tuple[TopBox, TopBox]:
    """The index (moov) must come before the media (mdat): a player then starts before it has all."""
    found = [box for box in boxes if box.kind in (b"moov", b"mdat")]
    if [box.kind for box in found] != [b"moov", b"mdat"]:
        raise OutputCheckError("The index of the finished file doesn't come before its media.")
    return found[0], found[1]


def _only(movie: ReadMovie, kind: bytes) -> ReadTrack:
    tracks = [track for track in movie.tracks if track.handler == kind]
    if len(tracks) != 1:
        raise UnreadableFileError(f"there are {len(tracks)} tracks of kind {kind.decode()} where one is wanted")
    return tracks[0]


def _refuse_strays(movie: ReadMovie) -> None:
    """Beside picture and sound there is one track of chapters' names at most."""
    others = [track.handler for track in movie.tracks if track.handler not in _KINDS]
    if others not in ([], [_CHAPTERS]):
        names = ", ".join(handler.decode("latin-1") for handler in others)
        raise OutputCheckError(f"The finished file has tracks that nobody planned: {names}.")


def _codec(track: ReadTrack) -> str:
    return _CODECS.get(track.entry, track.entry.decode("latin-1"))


def _heard_s(movie: ReadMovie, sound: ReadTrack) -> Fraction:
    """When the sound ends: with its last packet, or where its edit says so."""
    packets_end = Fraction(int(sound.durations.sum()) - sound.edit_start, sound.scale)
    return min(packets_end, Fraction(sound.edit_length, movie.scale))


def _check_lengths(movie: ReadMovie) -> None:
    """What the headers tell of lengths is what the edits and the packets say: players show it before they play."""
    if movie.length != max(track.edit_length for track in movie.tracks):
        raise UnreadableFileError("the movie is told to be of another length than its longest track")
    for track in movie.tracks:
        if track.told_length != track.edit_length or track.media_length != int(track.durations.sum()):
            raise UnreadableFileError("a track is told to be of another length than it is")


def _check_places(tracks: Sequence[ReadTrack], media: TopBox) -> None:
    """The packets of all tracks fill the media exactly: none overlaps another, and nothing lies between."""
    starts = np.concatenate([track.places_bytes for track in tracks])
    sizes = np.concatenate([track.sizes_bytes for track in tracks])
    order = np.argsort(starts, kind="stable")
    bounds = np.cumsum(sizes[order]) + media.content_at_bytes
    expected = np.concatenate(([media.content_at_bytes], bounds))
    if not (sizes > 0).all() or not np.array_equal(starts[order], expected[:-1]):
        raise UnreadableFileError("packets don't lie one behind the other")
    if int(expected[-1]) != media.content_at_bytes + media.content_bytes:
        raise UnreadableFileError("packets don't fill the media")


def _check_units(content: npt.NDArray[np.uint8], picture: ReadTrack) -> None:
    """Each packet of H.264 is made of NAL units behind their lengths, and those told as keys are keys.

    Args:
        content: The file's bytes: uint8, shape (bytes,).
        picture: The track.
    """
    keys = np.zeros(picture.places_bytes.size, np.bool_)
    packets = np.arange(keys.size)
    places, ends = picture.places_bytes, picture.places_bytes + picture.sizes_bytes
    while places.size:
        if (places + LENGTH_BYTES >= ends).any():
            raise UnreadableFileError("a packet of the picture ends within a length")
        lengths = content[places[:, None] + np.arange(LENGTH_BYTES)] @ _BYTE_VALUES
        keys[packets[(content[places + LENGTH_BYTES] & _UNIT_TYPE) == _INSTANT_REFRESH]] = True
        places = places + LENGTH_BYTES + lengths
        if not (lengths > 0).all() or (places > ends).any():
            raise UnreadableFileError("a packet of the picture isn't made of whole units")
        unfinished = places < ends
        places, ends, packets = places[unfinished], ends[unfinished], packets[unfinished]
    if not np.array_equal(keys, picture.keys):
        raise UnreadableFileError("other packets are told as keys than those that are")
