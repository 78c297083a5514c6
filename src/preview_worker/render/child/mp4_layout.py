"""Where a file's media lie: picture and sound in turns of about a second, and the header that tells of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from preview_worker.render.child.mp4_boxes import box, box_header
from preview_worker.render.child.mp4_header import ChapterName, Track, movie
from preview_worker.render.child.mp4_samples import Chunks, needs_large_places, run_starts
from preview_worker.render.child.packets import Numbers

_FILE_TYPE = box(b"ftyp", b"mp42", bytes(4), b"mp42iso2avc1mp41")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where the packets lie.

    Attributes:
        chunks: Of each track.
        order: The chunks as they follow one another: index of the track, and bytes.
        media_bytes: Bytes of all packets.
    """

    chunks: tuple[Chunks, ...]
    order: tuple[tuple[int, int], ...]
    media_bytes: int


def interleaved(tracks: Sequence[Track], turns: Sequence[Numbers]) -> Layout:
    """Lay the packets of several tracks out in turns.

    Args:
        tracks: The tracks; within a turn their chunks follow one another in this order.
        turns: The turn of each packet of each track, never falling.
    """
    firsts = [run_starts(turn) for turn in turns]
    counts = [np.diff(first, append=turn.size) for first, turn in zip(firsts, turns, strict=True)]
    lengths = [_sums(track.samples.sizes_bytes, first) for track, first in zip(tracks, firsts, strict=True)]
    owners = np.repeat(np.arange(len(tracks)), [first.size for first in firsts])
    order = np.lexsort((owners, np.concatenate([turn[first] for turn, first in zip(turns, firsts, strict=True)])))
    in_order = np.concatenate(lengths)[order]
    places = np.empty_like(in_order)
    places[order] = np.cumsum(in_order) - in_order
    return Layout(
        chunks=tuple(
            Chunks(counts=count, places_bytes=places[owners == owner].astype(np.int64))
            for owner, count in enumerate(counts)
        ),
        order=tuple(zip(owners[order].tolist(), in_order.tolist(), strict=True)),
        media_bytes=int(in_order.sum()),
    )


def file_header(tracks: Sequence[Track], layout: Layout, title: str, chapters: Sequence[ChapterName]) -> bytes:
    """Everything before the first packet: file type, index, and the beginning of the media's box."""
    placed = [replace(track, chunks=chunks) for track, chunks in zip(tracks, layout.chunks, strict=True)]
    media_header = box_header(b"mdat", layout.media_bytes)

    def header(media_at_bytes: int, *, large: bool) -> bytes:
        index = movie(placed, media_at_bytes, large=large, title=title, chapters=chapters)
        return _FILE_TYPE + index + media_header

    # An index is as long wherever it says that the media begin.
    before = len(header(0, large=False))
    if not needs_large_places(before + layout.media_bytes):
        return header(before, large=False)
    return header(len(header(0, large=True)), large=True)


def _sums(sizes_bytes: Numbers, firsts: Numbers) -> Numbers:
    return np.add.reduceat(sizes_bytes, firsts) if firsts.size else sizes_bytes
