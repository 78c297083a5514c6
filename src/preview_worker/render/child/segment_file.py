"""Files of encoded packets: a segment of the picture, or a span of the sound, as kept in the cache.

Layout: 8 bytes magic, 4 bytes big-endian length of the header, the header as JSON, the packets' bytes one after the
other, a small still of the picture, 32 bytes SHA-256 of all before. A file that is cut short or changed anywhere is
refused, never half read.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from preview_worker.errors import StorageError

MAGIC = b"PVWSEG1\n"
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


def segment_file_name(key: str) -> str:
    """Name of the file that holds the segment of this key."""
    return key + SUFFIX


def write_segment(path: Path, segment: SegmentFile) -> None:
    """Write a segment beside its place and rename it there: it appears whole or not at all.

    Raises:
        StorageError: The disk is full or failing (retryable).
    """
    header = json.dumps(_header(segment), sort_keys=True, separators=(",", ":")).encode()
    body = b"".join((MAGIC, len(header).to_bytes(_LENGTH_BYTES, "big"), header, segment.payload, segment.still))
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
    try:
        whole = path.read_bytes()
    except OSError as error:
        raise DamagedSegmentError(f"The segment {path.name} can't be read: {error.strerror}.") from error
    body, digest = whole[:-_DIGEST_BYTES], whole[-_DIGEST_BYTES:]
    if not body.startswith(MAGIC) or hashlib.sha256(body).digest() != digest:
        raise DamagedSegmentError(f"The segment {path.name} is damaged; it is to be made anew.")
    start = len(MAGIC) + _LENGTH_BYTES
    end = start + int.from_bytes(body[len(MAGIC) : start], "big")
    return _segment(json.loads(body[start:end]), body[end:])


def _header(segment: SegmentFile) -> dict[str, Any]:
    return {
        "codec": segment.codec_name,
        "extradata": segment.extradata.hex(),
        "timeBase": [segment.time_base.numerator, segment.time_base.denominator],
        "frames": segment.frames,
        "packets": [[p.pts, p.dts, p.duration, int(p.is_key), p.size_bytes] for p in segment.packets],
        "verdict": asdict(segment.verdict),
        "still": [len(segment.still), *segment.still_size_px],
    }


def _segment(header: dict[str, Any], content: bytes) -> SegmentFile:
    still_bytes, *still_size_px = header["still"]
    payload_bytes = len(content) - still_bytes
    return SegmentFile(
        codec_name=header["codec"],
        extradata=bytes.fromhex(header["extradata"]),
        time_base=Fraction(*header["timeBase"]),
        frames=header["frames"],
        packets=tuple(
            PacketRecord(pts=pts, dts=dts, duration=duration, is_key=bool(key), size_bytes=size)
            for pts, dts, duration, key, size in header["packets"]
        ),
        payload=content[:payload_bytes],
        still=content[payload_bytes:],
        still_size_px=(still_size_px[0], still_size_px[1]),
        verdict=Verdict(**header["verdict"] | {"remarks": tuple(tuple(r) for r in header["verdict"]["remarks"])}),
    )
