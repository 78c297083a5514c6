"""Files of encoded packets: a segment of the picture, or a span of the sound, as kept in the cache.

Layout: 8 bytes magic, 4 bytes big-endian length of the header, the header as JSON, 20 bytes of numbers for each packet,
the packets' bytes one after the other, a small still of the picture, 32 bytes SHA-256 of all before. A file that is cut
short or changed anywhere is refused, never half read. H.264 stands as MP4 holds it, so that joining is copying.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np

from preview_worker.errors import StorageError
from preview_worker.render.child.packets import PACKED_PACKET_BYTES, PacketTable

MAGIC = b"PVWSEG2\n"
SUFFIX = ".seg"
_LENGTH_BYTES = 4
_DIGEST_BYTES = 32


class DamagedSegmentError(StorageError):
    """A segment file is cut short or was changed; it is to be made anew."""

    default_code = "segment-damaged"


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketRecord:
    """One packet; times in the file's time base, counted from the segment's first frame or the span's start."""

    pts: int
    dts: int
    duration: int
    is_key: bool
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What decoding the packets once, right after they were made, has shown.

    Attributes:
        decoded_frames: Frames of the picture, or samples of the sound at 48 kHz.
        black_frames: Frames of the picture in which nothing is brighter than nearly black.
        longest_still_frames: The longest run of frames that equal each other.
        expected_still_frames: The longest run of frames in which nothing was to move.
        peak: Largest sample of the sound before the limiter, 0–1 is full scale.
        limited_samples: Samples of the sound that the limiter had to turn down.
        silent: Whether all of the sound is below hearing.
        remarks: What the painter noticed: code, role of the text, value.
    """

    decoded_frames: int
    black_frames: int = 0
    longest_still_frames: int = 0
    expected_still_frames: int = 0
    peak: float = 0.0
    limited_samples: int = 0
    silent: bool = False
    remarks: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentFile:
    """Encoded packets with all a muxer needs to know.

    Attributes:
        codec_name: Name of the packets' format.
        extradata: Codec data that goes into the container's header.
        time_base: Unit of the packets' times in seconds.
        frames: Frames of the picture, or samples of the sound's packets.
        packets: What is known of each packet.
        payload: The packets' bytes one after the other.
        verdict: What looking at them has shown.
        still: The last frame, small, for the contact sheet: planes y, u, v one after the other; empty for sound.
        still_size_px: Width and height of the still.
    """

    codec_name: str
    extradata: bytes
    time_base: Fraction
    frames: int
    packets: tuple[PacketRecord, ...]
    payload: bytes
    verdict: Verdict
    still: bytes = b""
    still_size_px: tuple[int, int] = (0, 0)

    def pieces(self) -> Iterator[tuple[PacketRecord, bytes]]:
        """Every packet with its bytes, in decoding order."""
        start = 0
        for record in self.packets:
            yield record, self.payload[start : start + record.size_bytes]
            start += record.size_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentIndex:
    """A segment file that was read and found whole, without its packets' bytes: what joining needs of it.

    Attributes:
        path: The file.
        codec_name: Name of the packets' format.
        extradata: Codec data that goes into the container's header.
        time_base: Unit of the packets' times in seconds.
        frames: Frames of the picture, or samples of the sound's packets.
        packets: What is known of each packet.
        payload_at_bytes: Where in the file the packets' bytes begin.
        payload_bytes: How many there are.
        file_bytes: Size of the file.
        still_size_px: Width and height of the still.
        verdict: What looking at the packets has shown.
    """

    path: Path
    codec_name: str
    extradata: bytes
    time_base: Fraction
    frames: int
    packets: PacketTable
    payload_at_bytes: int
    payload_bytes: int
    file_bytes: int
    still_size_px: tuple[int, int]
    verdict: Verdict


def segment_file_name(key: str) -> str:
    """Name of the file that holds the segment of this key."""
    return key + SUFFIX


def write_segment(path: Path, segment: SegmentFile) -> None:
    """Write a segment beside its place and rename it there: it appears whole or not at all.

    Raises:
        StorageError: The disk is full or failing (retryable).
    """
    header = json.dumps(_header(segment), sort_keys=True, separators=(",", ":")).encode()
    parts = (header, _table_of(segment.packets).packed(), segment.payload, segment.still)
    body = b"".join((MAGIC, len(header).to_bytes(_LENGTH_BYTES, "big"), *parts))
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(body + hashlib.sha256(body).digest())
        os.replace(part, path)  # noqa: PTH105 - the atomic call by its own name
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StorageError(f"The segment {path.name} can't be written: {error.strerror}.") from error


def read_segment(path: Path) -> SegmentFile:
    """Read and check a whole segment.

    Raises:
        DamagedSegmentError: It is absent, cut short, or not the bytes that were written (retryable).
    """
    whole = _checked_bytes(path)
    index = _index(path, whole)
    end = index.payload_at_bytes + index.payload_bytes
    return SegmentFile(
        codec_name=index.codec_name,
        extradata=index.extradata,
        time_base=index.time_base,
        frames=index.frames,
        packets=tuple(
            PacketRecord(pts=pts, dts=dts, duration=duration, is_key=bool(key), size_bytes=size)
            for pts, dts, duration, key, size in index.packets.rows.tolist()
        ),
        payload=whole[index.payload_at_bytes : end],
        still=whole[end:-_DIGEST_BYTES],
        still_size_px=index.still_size_px,
        verdict=index.verdict,
    )


def read_index(path: Path) -> SegmentIndex:
    """Read and check a whole segment, and keep all of it but its bytes.

    Raises:
        DamagedSegmentError: It is absent, cut short, or not the bytes that were written (retryable).
    """
    return _index(path, _checked_bytes(path))


def read_still(index: SegmentIndex) -> bytes:
    """The still of a segment that was found whole.

    Raises:
        DamagedSegmentError: It has gone or changed its size since (retryable).
    """
    start = index.payload_at_bytes + index.payload_bytes
    try:
        with opened_again(index) as file:
            file.seek(start)
            return file.read(index.file_bytes - _DIGEST_BYTES - start)
    except OSError as error:
        raise _unreadable(index.path, error) from error


def opened_again(index: SegmentIndex) -> FileIO:
    """The file of a segment that was found whole, unbuffered; the caller closes it.

    Raises:
        DamagedSegmentError: It has gone or changed its size since (retryable).
    """
    try:
        file = index.path.open("rb", buffering=0)
    except OSError as error:
        raise _unreadable(index.path, error) from error
    if os.fstat(file.fileno()).st_size != index.file_bytes:
        file.close()
        raise _damaged(index.path)
    return file


def _checked_bytes(path: Path) -> bytes:
    try:
        whole = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error
    seen = memoryview(whole)
    if not whole.startswith(MAGIC) or hashlib.sha256(seen[:-_DIGEST_BYTES]).digest() != seen[-_DIGEST_BYTES:]:
        raise _damaged(path)
    return whole


def _unreadable(path: Path, error: OSError) -> DamagedSegmentError:
    return DamagedSegmentError(f"The segment {path.name} can't be read: {error.strerror}.")


def _damaged(path: Path) -> DamagedSegmentError:
    return DamagedSegmentError(f"The segment {path.name} is damaged; it is to be made anew.")


def _index(path: Path, whole: bytes) -> SegmentIndex:
    start = len(MAGIC) + _LENGTH_BYTES
    table_at = start + int.from_bytes(whole[len(MAGIC) : start], "big")
    header = json.loads(whole[start:table_at])
    payload_at = table_at + header["packets"] * PACKED_PACKET_BYTES
    still_bytes, *still_size_px = header["still"]
    verdict = header["verdict"]
    return SegmentIndex(
        path=path,
        codec_name=header["codec"],
        extradata=bytes.fromhex(header["extradata"]),
        time_base=Fraction(*header["timeBase"]),
        frames=header["frames"],
        packets=PacketTable.unpacked(whole[table_at:payload_at]),
        payload_at_bytes=payload_at,
        payload_bytes=len(whole) - payload_at - still_bytes - _DIGEST_BYTES,
        file_bytes=len(whole),
        still_size_px=(still_size_px[0], still_size_px[1]),
        verdict=Verdict(**verdict | {"remarks": tuple(tuple(remark) for remark in verdict["remarks"])}),
    )


def _header(segment: SegmentFile) -> dict[str, Any]:
    return {
        "codec": segment.codec_name,
        "extradata": segment.extradata.hex(),
        "timeBase": [segment.time_base.numerator, segment.time_base.denominator],
        "frames": segment.frames,
        "packets": len(segment.packets),
        "verdict": asdict(segment.verdict),
        "still": [len(segment.still), *segment.still_size_px],
    }


def _table_of(packets: tuple[PacketRecord, ...]) -> PacketTable:
    rows = [[packet.pts, packet.dts, packet.duration, packet.is_key, packet.size_bytes] for packet in packets]
    return PacketTable.of_rows(np.array(rows, np.int64))
