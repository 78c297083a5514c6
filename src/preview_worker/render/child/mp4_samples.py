"""The sample tables of one track (ISO/IEC 14496-12, 8.6 and 8.7): computed for all packets at once."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from preview_worker.render.child.mp4_boxes import LARGEST_UINT32, full_box
from preview_worker.render.child.packets import Numbers

_NO_NUMBERS: Numbers = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """Packets of one track in decoding order, each array of shape (packets,); times in ticks of the track.

    Attributes:
        sizes_bytes: Bytes of each.
        durations: How long each lasts.
        offsets: From decoding to showing, at least 0.
        keys: Whether a player may begin with it.
    """

    sizes_bytes: Numbers
    durations: Numbers
    offsets: Numbers
    keys: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunks:
    """Stretches of one track that lie together, each array of shape (chunks,).

    Attributes:
        counts: Packets of each.
        places_bytes: Where each begins, from the first byte of all media.
    """

    counts: Numbers
    places_bytes: Numbers


NO_SAMPLES = Samples(
    sizes_bytes=_NO_NUMBERS, durations=_NO_NUMBERS, offsets=_NO_NUMBERS, keys=_NO_NUMBERS.astype(np.bool_)
)
NO_CHUNKS = Chunks(counts=_NO_NUMBERS, places_bytes=_NO_NUMBERS)


def table_boxes(samples: Samples, chunks: Chunks, media_at_bytes: int, *, large: bool) -> bytes:
    """All tables of a track.

    Args:
        samples: Its packets.
        chunks: Where they lie.
        media_at_bytes: Where in the file the media begin.
        large: Whether places are given in 64 bits.
    """
    tables = [_table(b"stts", *_runs(samples.durations))]
    if samples.offsets.any():
        tables.append(_table(b"ctts", *_runs(samples.offsets)))
    if not samples.keys.all():
        tables.append(_table(b"stss", np.flatnonzero(samples.keys) + 1))
    tables.append(_chunk_runs(chunks))
    sizes = samples.sizes_bytes
    tables.append(full_box(b"stsz", 0, 0, struct.pack(">II", 0, sizes.size), _packed(sizes)))
    places = chunks.places_bytes + media_at_bytes
    count = struct.pack(">I", places.size)
    if large:
        tables.append(full_box(b"co64", 0, 0, count, places.astype(">u8").tobytes()))
    else:
        tables.append(full_box(b"stco", 0, 0, count, _packed(places)))
    return b"".join(tables)


def needs_large_places(media_end_bytes: int) -> bool:
    """Whether places in a file up to this byte need 64 bits."""
    return media_end_bytes > LARGEST_UINT32


def run_starts(values: Numbers) -> Numbers:
    """Where in the array runs of equal values begin."""
    return np.flatnonzero(np.diff(values, prepend=values[:1] - 1)).astype(np.int64)


def _runs(values: Numbers) -> tuple[Numbers, Numbers]:
    """Lengths and values of runs of equal values."""
    starts = run_starts(values)
    return np.diff(starts, append=values.size), values[starts]


def _chunk_runs(chunks: Chunks) -> bytes:
    """Of chunks with equally many packets, the first one is named."""
    starts = run_starts(chunks.counts)
    return _table(b"stsc", starts + 1, chunks.counts[starts], np.ones_like(starts))


def _table(kind: bytes, *columns: Numbers) -> bytes:
    rows = np.stack(columns, axis=1)
    return full_box(kind, 0, 0, struct.pack(">I", len(rows)), _packed(rows))


def _packed(numbers: Numbers) -> bytes:
    return numbers.astype(">u4").tobytes()
