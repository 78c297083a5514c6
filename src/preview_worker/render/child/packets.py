"""What is known of many packets at once: an array for each property, to compute with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
"""int64, shape (n,)."""

_COLUMNS = 5
_STORED = np.dtype("<i4")
PACKED_PACKET_BYTES = _COLUMNS * _STORED.itemsize
"""Of each packet in the bytes that `PacketTable.packed` gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketTable:
    """Packets in decoding order, each array of shape (packets,); times in frames, or samples at 48 kHz.

    Attributes:
        pts: When each is shown.
        dts: When each is decoded.
        durations: How long each lasts.
        keys: Whether a player may begin with it; bool.
        sizes_bytes: Bytes of each.
    """

    pts: Numbers
    dts: Numbers
    durations: Numbers
    keys: npt.NDArray[np.bool_]
    sizes_bytes: Numbers

    @classmethod
    def of_rows(cls, rows: npt.NDArray[np.int64]) -> Self:
        """From ``int64, shape (packets, 5)``: pts, dts, duration, key, size."""
        pts, dts, durations, keys, sizes_bytes = rows.reshape(-1, _COLUMNS).T
        return cls(pts=pts, dts=dts, durations=durations, keys=keys.astype(np.bool_), sizes_bytes=sizes_bytes)

    @classmethod
    def unpacked(cls, stored: bytes | memoryview) -> Self:
        """From the bytes that `packed` gave."""
        return cls.of_rows(np.frombuffer(stored, _STORED).astype(np.int64))

    @classmethod
    def joined(cls, tables: Sequence[PacketTable]) -> Self:
        """All packets of several tables, one after the other."""
        return cls.of_rows(np.concatenate([np.zeros((0, _COLUMNS), np.int64), *(table.rows for table in tables)]))

    @property
    def rows(self) -> npt.NDArray[np.int64]:
        """The table as ``int64, shape (packets, 5)``."""
        return np.stack((self.pts, self.dts, self.durations, self.keys.astype(np.int64), self.sizes_bytes), axis=1)

    def packed(self) -> bytes:
        """20 bytes for each packet."""
        return self.rows.astype(_STORED).tobytes()

    def shifted(self, start: int) -> Self:
        """The same packets, later by `start`."""
        return replace(self, pts=self.pts + start, dts=self.dts + start)

    def until(self, end: int) -> Self:
        """Those that begin before a time; the last one lasts no longer than until then."""
        kept = self.of_rows(self.rows[self.pts < end])
        return replace(kept, durations=np.minimum(kept.durations, end - kept.pts))
