"""Writes a finished MP4 file: the index first, computed whole from what is known of the packets, then their bytes.

Nothing is gone through packet by packet: positions are sums over arrays, and bytes are copied in stretches of a second.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from dataclasses import replace
from io import FileIO
from pathlib import Path
from typing import BinaryIO

import numpy as np

from preview_worker.render.child.mp4_header import MOVIE_SCALE, ChapterName, Track
from preview_worker.render.child.mp4_layout import file_header, interleaved
from preview_worker.render.child.mp4_tracks import CHAPTER_TRACK, chapter_track, picture_track, sound_track
from preview_worker.render.child.packets import Numbers
from preview_worker.render.child.programme import Programme, codec_data, joined_packets
from preview_worker.render.child.segment_file import DamagedSegmentError, SegmentIndex, opened_again
from preview_worker.render.child.writing import writing
from preview_worker.render.encoding import EncodingProfile
from preview_worker.render.languages import three_letter_language
from preview_worker.timeline.time import ms_of_frames

_AT_ONCE_BYTES = 1 << 20


def write_mp4(path: Path, programme: Programme, profile: EncodingProfile) -> None:
    """Write a file beside its place and rename it there: it appears whole or not at all.

    Raises:
        DamagedSegmentError: A segment file has gone or changed since it was found whole (retryable).
        OutputCheckError: A segment was encoded by other settings than the rest (permanent).
        StorageError: The disk is full or failing (retryable).
    """
    part = path.with_name(path.name + ".part")
    try:
        with writing("The video"):
            with part.open("wb", buffering=0) as file:
                _write(file, programme, profile)
            os.replace(part, path)  # noqa: PTH105 - the atomic call by its own name
    finally:
        part.unlink(missing_ok=True)


def _write(file: BinaryIO, programme: Programme, profile: EncodingProfile) -> None:
    tracks, turns, names = _tracks(programme, profile)
    layout = interleaved(tracks, turns)
    listed = [
        ChapterName(start_ms=ms_of_frames(chapter.frames.start, profile.rate), name=chapter.title)
        for chapter in programme.chapters
    ]
    sink = _Sink(file)
    sink.put(file_header(tracks, layout, programme.title, listed))
    with contextlib.closing(_Tape(programme.segments)) as picture, contextlib.closing(_Tape(programme.sound)) as sound:
        tapes = (picture, sound)
        for track, size_bytes in layout.order:
            if track < len(tapes):
                tapes[track].copy(size_bytes, sink)
            else:
                sink.put(names)
    sink.flush()


def _tracks(programme: Programme, profile: EncodingProfile) -> tuple[list[Track], list[Numbers], bytes]:
    """The tracks, the second in which each of their packets is wanted, and the media of the chapters."""
    language = three_letter_language(programme.language)
    shown = joined_packets(programme.segments, 0)
    heard = joined_packets(programme.sound, -profile.sound.rules.priming_samples).until(programme.sound_samples)
    tracks = [
        picture_track(profile, codec_data(programme.segments), shown, language),
        sound_track(profile, codec_data(programme.sound), heard, language),
    ]
    frames_before = np.cumsum(shown.durations) - shown.durations
    turns = [
        frames_before * profile.rate.denominator // profile.rate.numerator,
        np.maximum(heard.pts, 0) // MOVIE_SCALE,
    ]
    if not programme.chapters:
        return tracks, turns, b""
    names, media = chapter_track(programme.chapters, profile.rate, language)
    tracks = [replace(track, chapters=CHAPTER_TRACK) for track in tracks]
    return [*tracks, names], [*turns, np.full(len(programme.chapters), -1, np.int64)], media


class _Sink:
    """Gathers bytes, and writes them to a file a megabyte at a time; the same memory is used again and again."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._memory = memoryview(bytearray(_AT_ONCE_BYTES))
        self._filled = 0

    def room(self, wanted: int) -> memoryview:
        """Where up to so many bytes may be put next: at least one, if any are wanted."""
        if self._filled == len(self._memory):
            self.flush()
        return self._memory[self._filled : self._filled + wanted]

    def took(self, count: int) -> None:
        """So many bytes were put there."""
        self._filled += count

    def put(self, content: bytes) -> None:
        """Write bytes that are in memory already."""
        self.flush()
        _write_all(self._file, memoryview(content))

    def flush(self) -> None:
        """Write what was gathered."""
        _write_all(self._file, self._memory[: self._filled])
        self._filled = 0


class _Tape:
    """The packets' bytes of many pieces as one stream; one file is open at a time."""

    def __init__(self, pieces: Sequence[SegmentIndex]) -> None:
        self._pieces = iter(pieces)
        self._name = ""
        self._file: FileIO | None = None
        self._left = 0

    def copy(self, size_bytes: int, sink: _Sink) -> None:
        """Pass the next bytes on."""
        while size_bytes:
            if not self._left:
                self._next()
            count = self._read_into(sink.room(min(size_bytes, self._left)))
            sink.took(count)
            self._left -= count
            size_bytes -= count

    def close(self) -> None:
        """Close the file that is open."""
        if self._file is not None:
            self._file.close()

    def _next(self) -> None:
        self.close()
        piece = next(self._pieces)
        self._name, self._file, self._left = piece.path.name, opened_again(piece), piece.payload_bytes
        self._file.seek(piece.payload_at_bytes)

    def _read_into(self, room: memoryview) -> int:
        count = self._file.readinto(room) if self._file is not None else 0
        if not count:
            raise DamagedSegmentError(f"The segment {self._name} ends too early.")
        return count


def _write_all(file: BinaryIO, content: memoryview) -> None:
    """Write all of it: an unbuffered file may take a part."""
    while content:
        content = content[file.write(content) :]
