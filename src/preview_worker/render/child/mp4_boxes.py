"""Boxes: what MP4 files are made of (ISO/IEC 14496-12, 4.2), and the descriptors of MPEG-4 (ISO/IEC 14496-1, 8.3.3)."""

from __future__ import annotations

BOX_HEADER_BYTES = 8
LARGE_BOX_HEADER_BYTES = 16
LARGEST_UINT32 = 0xFFFFFFFF
_SIZE_FOLLOWS = 1
"""A size that says: the size stands behind the kind, in eight bytes."""


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box of four letters and its content."""
    content = b"".join(parts)
    return (len(content) + BOX_HEADER_BYTES).to_bytes(4, "big") + kind + content


def full_box(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    """A box with a version (0–255) and flags (24 bits)."""
    return box(kind, bytes([version]), flags.to_bytes(3, "big"), *parts)


def box_header(kind: bytes, content_bytes: int) -> bytes:
    """What stands before the content of a box that is written elsewhere, however long."""
    if content_bytes + BOX_HEADER_BYTES <= LARGEST_UINT32:
        return (content_bytes + BOX_HEADER_BYTES).to_bytes(4, "big") + kind
    return _SIZE_FOLLOWS.to_bytes(4, "big") + kind + (content_bytes + LARGE_BOX_HEADER_BYTES).to_bytes(8, "big")


def descriptor(tag: int, *parts: bytes) -> bytes:
    """A descriptor of at most 127 bytes."""
    content = b"".join(parts)
    return bytes([tag, len(content)]) + content
