"""Resolution, frame rate and colours as foreign files write them, brought to the nearest that is allowed."""

from __future__ import annotations

import re

from preview_worker.bridges.node import Node
from preview_worker.contract.options import FRAME_RATES, LONG_SIDE_PX, SHORT_SIDE_PX

_SIDES = re.compile(r"\s*(\d{2,5})\s*[x×X*]\s*(\d{2,5})\s*")
_LINES = re.compile(r"\s*(\d{3,4})p\s*")
_HEX = re.compile(r"#?([0-9A-Fa-f]{3,8})")
_RGB = re.compile(r"rgba?\(\s*(\d{1,3})\s*[, ]\s*(\d{1,3})\s*[, ]\s*(\d{1,3})\s*(?:[,/].*)?\)")
_NAMED = {"black": "#000000", "white": "#FFFFFF", "gray": "#808080", "grey": "#808080", "navy": "#000080"}
_BYTE_MAX = 255
_SIDE_MAX = 100_000


def frame_size(node: Node, inner: Node | None) -> tuple[int, int] | None:
    """Read a resolution: {width, height}, "1920x1080" or "1080p"; None, with a remark where one is written wrongly.

    The size is as written, for `resolution`, and for places in pixels.

    Args:
        node: The object with the member `resolution`.
        inner: That member, where it is an object.
    """
    if not node.has("resolution"):
        return None
    if inner is not None:
        size = _whole_sides(inner.number("width"), inner.number("height"))
    else:
        size = _sides_of(node.name("resolution"))
    node.skip("resolution")
    if size is None:
        node.ledger.dropped(node.at("resolution"), "is no resolution like 1280x720", node.members["resolution"])
    return size


def resolution(size_px: tuple[int, int]) -> str:
    """Return the nearest resolution that is allowed, as "WxH" with even sides."""
    long_px, short_px = max(size_px), min(size_px)
    factor = min(LONG_SIDE_PX[1] / long_px, SHORT_SIDE_PX[1] / short_px, max(1.0, LONG_SIDE_PX[0] / long_px))
    sides = _even(long_px * factor, LONG_SIDE_PX), _even(short_px * factor, SHORT_SIDE_PX)
    width_px, height_px = sides if size_px[0] >= size_px[1] else (sides[1], sides[0])
    return f"{width_px}x{height_px}"


def frame_rate(node: Node) -> int | None:
    """Read the frames per second, brought to the nearest allowed rate with a remark; None where there are none."""
    fps = node.number("fps", "frameRate")
    if fps is None:
        return None
    nearest = min(FRAME_RATES, key=lambda rate: (abs(rate - fps), rate))
    if nearest != fps:
        key = "fps" if node.has("fps") else "frameRate"
        allowed = ", ".join(str(rate) for rate in FRAME_RATES)
        node.ledger.changed(node.at(key), f"is none of {allowed}; the nearest is {nearest}", fps)
    return nearest


def colour(node: Node, *keys: str) -> str | None:
    """Read a colour as #RRGGBB; a member that is none is remarked."""
    found = node.take(*keys)
    if found is None:
        return None
    value, place = found
    known = _colour(value) if isinstance(value, str) else None
    if known is None:
        node.ledger.dropped(place, "is no colour like #1F7AE0", value)
    elif known[1]:
        node.ledger.changed(place, "loses its transparency", value)
    return None if known is None else known[0]


def _sides_of(text: str) -> tuple[int, int] | None:
    if (lines := _LINES.fullmatch(text)) is not None:
        return _whole_sides(round(int(lines[1]) * 16 / 9), int(lines[1]))
    sides = _SIDES.fullmatch(text)
    return None if sides is None else _whole_sides(int(sides[1]), int(sides[2]))


def _whole_sides(width_px: float | None, height_px: float | None) -> tuple[int, int] | None:
    if width_px is None or height_px is None:
        return None
    size = round(width_px), round(height_px)
    return size if min(size) >= 1 and max(size) <= _SIDE_MAX else None


def _even(side_px: float, limits: tuple[int, int]) -> int:
    return min(max(round(side_px / 2) * 2, limits[0]), limits[1])


def _colour(text: str) -> tuple[str, bool] | None:
    """The colour and whether it lost its transparency."""
    written = text.strip().lower()
    if written in _NAMED:
        return _NAMED[written], False
    if (rgb := _RGB.fullmatch(written)) is not None:
        parts = [int(part) for part in rgb.groups()]
        return ("#" + "".join(f"{part:02X}" for part in parts), "a(" in written) if max(parts) <= _BYTE_MAX else None
    digits = _HEX.fullmatch(written)
    if digits is None or (len(digits[1]) not in {3, 4, 6, 8}):
        return None
    full = "".join(digit * 2 for digit in digits[1]) if len(digits[1]) in {3, 4} else digits[1]
    return f"#{full[:6].upper()}", len(full) > len("RRGGBB")
