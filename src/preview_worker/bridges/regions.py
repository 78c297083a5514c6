"""Rectangles and points as foreign files write them, in fractions of a frame or picture."""

from __future__ import annotations

from preview_worker.bridges.node import Node

SMALLEST = 0.005
_PERCENT = 100.0
_DIGITS = 4
# Fractions may pass 1 a little by rounding, and sloppy ones by a third; beyond that they are percents or pixels.
_FRACTION_MAX = 1.34
RECTANGLE_KEYS = ("x", "y", "left", "top", "width", "height", "w", "h")
_SIZES = (("width", "w"), ("height", "h"))


def rectangle(node: Node, frame_px: tuple[int, int] | None = None) -> dict[str, float] | None:
    """Read a rectangle; None, with a remark, where it is incomplete or nothing of it lies inside.

    Args:
        node: The object with x, y, width and height, in fractions, in percents, or in pixels of the frame.
        frame_px: Width and height of the frame, where pixels may be meant.
    """
    numbers = [node.number("x", "left"), node.number("y", "top"), *(node.number(*keys) for keys in _SIZES)]
    if numbers[2] is None or numbers[3] is None:
        node.ledger.dropped(node.place, "is no rectangle: it needs x, y, width and height")
        return None
    values = _scaled(node, [number or 0.0 for number in numbers], frame_px)
    if values is None:
        return None
    left, top = max(values[0], 0.0), max(values[1], 0.0)
    right, bottom = min(values[0] + values[2], 1.0), min(values[1] + values[3], 1.0)
    if right - left < SMALLEST or bottom - top < SMALLEST:
        node.ledger.dropped(node.place, "lies outside the frame, or has no size")
        return None
    if abs(right - left - values[2]) > SMALLEST or abs(bottom - top - values[3]) > SMALLEST:
        node.ledger.changed(node.place, "reaches outside the frame and is cut at its edge")
    return region(left, top, right - left, bottom - top)


def point(node: Node) -> dict[str, float] | None:
    """Read what a callout points at: a point, or a rectangle where it has a size; None, with a remark, where neither.

    The numbers are fractions or percents of the picture.
    """
    if node.has("width", "w") and node.has("height", "h"):
        return rectangle(node)
    left, top = node.number("x", "left"), node.number("y", "top")
    if left is None or top is None:
        node.ledger.dropped(node.place, "carries no coordinates")
        return None
    node.drop("says nothing without the other side", "width", "height", "w", "h")
    values = _scaled(node, [left, top], None)
    if values is None:
        return None
    inside = [min(max(value, 0.0), 1.0) for value in values]
    if inside != values:
        node.ledger.changed(node.place, "lies outside the picture and is moved to its edge")
    return {"x": round(inside[0], _DIGITS), "y": round(inside[1], _DIGITS)}


def around(x: float, y: float, share: float) -> dict[str, float]:
    """Return the rectangle about a point that shows a share of the whole width and height, moved inside."""
    size = min(max(share, SMALLEST), 1.0)
    left, top = (min(max(middle - size / 2, 0.0), 1.0 - size) for middle in (x, y))
    return region(left, top, size, size)


def region(x: float, y: float, width: float, height: float) -> dict[str, float]:
    """Return a rectangle, rounded, as the payload has it."""
    left, top = round(x, _DIGITS), round(y, _DIGITS)
    wide, high = min(round(width, _DIGITS), 1 - left), min(round(height, _DIGITS), 1 - top)
    return {"x": left, "y": top, "width": round(wide, _DIGITS), "height": round(high, _DIGITS)}


def is_whole(rect: dict[str, float]) -> bool:
    """Tell whether a rectangle is the whole, but for a rounding."""
    return rect["width"] > 1 - SMALLEST and rect["height"] > 1 - SMALLEST


def _scaled(node: Node, values: list[float], frame_px: tuple[int, int] | None) -> list[float] | None:
    largest = max(abs(value) for value in values)
    if largest <= _FRACTION_MAX:
        return values
    if frame_px is not None and largest > _PERCENT:
        sides = [frame_px[0], frame_px[1]] * 2
        if all(abs(value) <= 2 * side for value, side in zip(values, sides, strict=False)):
            node.ledger.changed(node.place, f"is taken for pixels of {frame_px[0]}x{frame_px[1]}")
            return [value / side for value, side in zip(values, sides, strict=False)]
    if largest <= _PERCENT:
        node.ledger.changed(node.place, "is taken for percents")
        return [value / _PERCENT for value in values]
    node.ledger.dropped(node.place, "has numbers that are no fractions from 0 to 1")
    return None
