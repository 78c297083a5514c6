"""Files of encoded packets: a segment of the picture, or a span of the sound, as kept in the cache.

Layout: 8 bytes magic, 4 bytes big-endian length of the header, 4 of the still, the header as JSON, 20 bytes of numbers
for each packet, the packets' bytes one after the other, 32 bytes SHA-256 of all before, a small still of the picture
whose SHA-256 the header tells. A file that is cut short or changed anywhere is refused, never half read; a changed
still is refused to whoever wants it. H.264 stands as MP4 holds it, so that joining is copying.
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
from preview_worker.render.child.writing import writing

MAGIC = b"PVWSEG3\n"
SUFFIX = ".seg"
_LENGTH_BYTES = 4
_PREFIX_BYTES = len(MAGIC) + 2 * _LENGTH_BYTES
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
        peak: Largest true peak of the sound before the limiter, 1 is full scale.
        limited_samples: Samples of the sound that the limiter had to turn down by more than 3 dB.
        silent: Whether all of the sound is below hearing.
        true_peak: Largest true peak of the decoded sound.
        loudness_db10: K-weighted loudness of each thirtieth of a second of it, in tenths of LUFS.
        remarks: What the painter noticed: code, role of the text, value.
    """

    decoded_frames: int
    black_frames: int = 0
    longest_still_frames: int = 0
    expected_still_frames: int = 0
    peak: float = 0.0
    limited_samples: int = 0
    silent: bool = False
    true_peak: float = 0.0
    loudness_db10: tuple[int, ...] = ()
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
        still_sha256: Of the still's bytes, in hexadecimal.
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
    still_sha256: str
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
    parts = (header, _table_of(segment.packets).packed(), segment.payload)
    lengths = (len(part).to_bytes(_LENGTH_BYTES, "big") for part in (header, segment.still))
    body = b"".join((MAGIC, *lengths, *parts))
    part = path.with_name(path.name + ".part")
    try:
        with writing(f"The segment {path.name}"):
            part.write_bytes(b"".join((body, hashlib.sha256(body).digest(), segment.still)))
            os.replace(part, path)  # noqa: PTH105 - the atomic call by its own name
    finally:
        part.unlink(missing_ok=True)


def read_segment(path: Path) -> SegmentFile:
    """Read and check a whole segment.

    Raises:
        DamagedSegmentError: It is absent, cut short, or not the bytes that were written (retryable).
    """
    try:
        whole = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error
    index = _checked(path, whole, len(whole))
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
        still=_checked_still(index, whole[end + _DIGEST_BYTES :]),
        still_size_px=index.still_size_px,
        verdict=index.verdict,
    )


def read_index(path: Path) -> SegmentIndex:
    """Read and check a segment but for its still, and keep all of it but its bytes.

    Raises:
        DamagedSegmentError: It is absent, cut short, or not the bytes that were written (retryable).
    """
    try:
        with path.open("rb", buffering=0) as file:
            file_bytes = os.fstat(file.fileno()).st_size
            still_bytes = int.from_bytes(file.read(_PREFIX_BYTES)[-_LENGTH_BYTES:], "big")
            content = memoryview(bytearray(max(_PREFIX_BYTES, file_bytes - still_bytes)))
            file.seek(0)
            file.readinto(content)
    except OSError as error:
        raise _unreadable(path, error) from error
    return _checked(path, content, file_bytes)


def read_still(index: SegmentIndex) -> bytes:
    """The still of a segment that was found whole.

    Raises:
        DamagedSegmentError: It has gone or was changed (retryable).
    """
    try:
        with opened_again(index) as file:
            file.seek(index.payload_at_bytes + index.payload_bytes + _DIGEST_BYTES)
            return _checked_still(index, file.read())
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


def _checked(path: Path, content: bytes | memoryview, file_bytes: int) -> SegmentIndex:
    """The index of a file, of which all but perhaps the still was read, if its packets are those that were written."""
    end = file_bytes - int.from_bytes(content[_PREFIX_BYTES - _LENGTH_BYTES : _PREFIX_BYTES], "big")
    if bytes(content[: len(MAGIC)]) != MAGIC or not _PREFIX_BYTES + _DIGEST_BYTES <= end <= len(content):
        raise _damaged(path)
    seen = memoryview(content)
    if hashlib.sha256(seen[: end - _DIGEST_BYTES]).digest() != seen[end - _DIGEST_BYTES : end]:
        raise _damaged(path)
    return _index(path, seen[: end - _DIGEST_BYTES], file_bytes)


def _checked_still(index: SegmentIndex, still: bytes) -> bytes:
    if hashlib.sha256(still).hexdigest() != index.still_sha256:
        raise _damaged(index.path)
    return still


def _unreadable(path: Path, error: OSError) -> DamagedSegmentError:
    return DamagedSegmentError(f"The segment {path.name} can't be read: {error.strerror}.")


def _damaged(path: Path) -> DamagedSegmentError:
    return DamagedSegmentError(f"The segment {path.name} is damaged; it is to be made anew.")


def _index(path: Path, content: memoryview, file_bytes: int) -> SegmentIndex:
    """What stands in a file before its packets' digest."""
    header_at = len(MAGIC)
    table_at = _PREFIX_BYTES + int.from_bytes(content[header_at : header_at + _LENGTH_BYTES], "big")
    header = json.loads(bytes(content[_PREFIX_BYTES:table_at]))
    payload_at = table_at + header["packets"] * PACKED_PACKET_BYTES
    verdict = header["verdict"]
    width_px, height_px = header["stillSize"]
    return SegmentIndex(
        path=path,
        codec_name=header["codec"],
        extradata=bytes.fromhex(header["extradata"]),
        time_base=Fraction(*header["timeBase"]),
        frames=header["frames"],
        packets=PacketTable.unpacked(content[table_at:payload_at]),
        payload_at_bytes=payload_at,
        payload_bytes=len(content) - payload_at,
        file_bytes=file_bytes,
        still_size_px=(width_px, height_px),
        still_sha256=header["stillSha256"],
        verdict=Verdict(
            **verdict
            | {
                "remarks": tuple(tuple(remark) for remark in verdict["remarks"]),
                "loudness_db10": tuple(verdict["loudness_db10"]),
            }
        ),
    )


def _header(segment: SegmentFile) -> dict[str, Any]:
    return {
        "codec": segment.codec_name,
        "extradata": segment.extradata.hex(),
        "timeBase": [segment.time_base.numerator, segment.time_base.denominator],
        "frames": segment.frames,
        "packets": len(segment.packets),
        "verdict": asdict(segment.verdict),
        "stillSize": segment.still_size_px,
        "stillSha256": hashlib.sha256(segment.still).hexdigest(),
    }


def _table_of(packets: tuple[PacketRecord, ...]) -> PacketTable:
    rows = [[packet.pts, packet.dts, packet.duration, packet.is_key, packet.size_bytes] for packet in packets]
    return PacketTable.of_rows(np.array(rows, np.int64))
