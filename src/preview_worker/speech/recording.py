"""Recordings of the draft voice as files: are they whole, and how long are they."""

from __future__ import annotations

import math
import os
import struct
from pathlib import Path

HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
"""What the speaking process writes: RIFF, one chunk with the form of the samples, then the samples."""
_BEFORE_SIZE_BYTES = 8
_BYTES_PER_S = 4
"""The place of the bytes a second among the numbers of the form."""


def recorded_ms(path: Path) -> int | None:
    """Length of a recording as of `length_ms`.

    Raises:
        OSError: It can't be read; FileNotFoundError where there is none.
    """
    with path.open("rb") as file:
        return length_ms(file.read(HEADER.size), os.fstat(file.fileno()).st_size)


def length_ms(head: bytes, size_bytes: int) -> int | None:
    """Length of a recording in ms, rounded up; None where it is damaged: cut off, empty, or of another form.

    Args:
        head: How it begins; more than the header does no harm.
        size_bytes: The size of the whole.
    """
    if len(head) < HEADER.size:
        return None
    riff, riff_bytes, wave, form, *numbers, samples, samples_bytes = HEADER.unpack_from(head)
    bytes_per_s: int = numbers[_BYTES_PER_S]
    is_whole = riff_bytes + _BEFORE_SIZE_BYTES == samples_bytes + HEADER.size == size_bytes
    if (riff, wave, form, samples) != (b"RIFF", b"WAVE", b"fmt ", b"data") or not is_whole or not bytes_per_s:
        return None
    return math.ceil(int(samples_bytes) * 1000 / bytes_per_s)
