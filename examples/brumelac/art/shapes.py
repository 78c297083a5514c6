"""Outlines as masks: lantern, boat, drop, cloud, moon, dotted paths. Each fills a square or box of the given size."""

from math import cos, hypot, pi, sin

from PIL import Image, ImageChops, ImageDraw

from art.piece import mask_of

Point = tuple[float, float]


def disc(size_px: int) -> Image.Image:
    """A full circle."""
    return mask_of((size_px, size_px), lambda draw, k: draw.ellipse((k, k, (size_px - 1) * k, (size_px - 1) * k), 255))


def ring(size_px: int, width_px: float) -> Image.Image:
    """A circle's line."""
    inner = int(width_px)
    hole = Image.new("L", (size_px, size_px), 0)
    hole.paste(disc(size_px - 2 * inner), (inner, inner))
    return ImageChops.subtract(disc(size_px), hole)


def card_outline(size_px: tuple[int, int], radius_px: float) -> Image.Image:
    """A rectangle with round corners."""
    return mask_of(
        size_px,
        lambda draw, k: draw.rounded_rectangle((0, 0, size_px[0] * k - 1, size_px[1] * k - 1), radius_px * k, 255),
    )


def polygon(size_px: tuple[int, int], points: list[Point]) -> Image.Image:
    """A closed shape from points in pixels."""
    return mask_of(size_px, lambda draw, k: draw.polygon([(x * k, y * k) for x, y in points], 255))


def lantern(size_px: int) -> tuple[Image.Image, Image.Image]:
    """A storm lantern: its metal parts, and its glass."""

    def metal(draw: ImageDraw.ImageDraw, k: float) -> None:
        s = size_px * k
        draw.arc((0.31 * s, 0.02 * s, 0.69 * s, 0.44 * s), 180, 360, 255, round(0.05 * s))
        draw.polygon([(0.5 * s, 0.12 * s), (0.70 * s, 0.29 * s), (0.30 * s, 0.29 * s)], 255)
        draw.rounded_rectangle((0.26 * s, 0.27 * s, 0.74 * s, 0.345 * s), 0.03 * s, 255)
        for x in (0.305, 0.665):
            draw.rectangle((x * s, 0.33 * s, (x + 0.035) * s, 0.80 * s), 255)
        draw.rounded_rectangle((0.24 * s, 0.77 * s, 0.76 * s, 0.86 * s), 0.03 * s, 255)
        draw.rounded_rectangle((0.32 * s, 0.85 * s, 0.68 * s, 0.93 * s), 0.03 * s, 255)

    def glass(draw: ImageDraw.ImageDraw, k: float) -> None:
        s = size_px * k
        draw.rounded_rectangle((0.36 * s, 0.37 * s, 0.64 * s, 0.745 * s), 0.08 * s, 255)

    return mask_of((size_px, size_px), metal), mask_of((size_px, size_px), glass)


def flame(size_px: int) -> Image.Image:
    """A small flame, round below and pointed above."""
    return polygon((size_px, size_px), drop_points(size_px * 0.5, size_px * 0.62, size_px * 0.30))


def drop_points(x: float, y: float, radius: float) -> list[Point]:
    """Points of a drop around its round part's centre, tip upwards."""
    points = []
    for step in range(120):
        turn = 2 * pi * step / 120
        narrow = (1 + cos(turn)) / 2
        points.append(
            (x + radius * sin(turn) * (1 - 0.72 * narrow**1.6), y - radius * cos(turn) * (1 + 0.85 * narrow**2))
        )
    return points


def boat(size_px: int) -> tuple[Image.Image, Image.Image, Image.Image]:
    """A sailing dinghy from the side, as a wooden figure: whole outline, hull, sail."""

    def curve(start: Point, bend: Point, end: Point) -> list[Point]:
        steps = [step / 24 for step in range(25)]
        return [
            tuple((1 - t) ** 2 * a + 2 * t * (1 - t) * b + t * t * c for a, b, c in zip(start, bend, end, strict=True))  # type: ignore[misc]
            for t in steps
        ]

    s = float(size_px)
    hull = [*curve((0.05, 0.62), (0.18, 0.92), (0.36, 0.92)), *curve((0.68, 0.92), (0.88, 0.90), (0.95, 0.58))]
    hull += curve((0.95, 0.58), (0.5, 0.70), (0.05, 0.62))
    sail = [*curve((0.55, 0.06), (0.86, 0.30), (0.86, 0.55)), *curve((0.86, 0.55), (0.66, 0.61), (0.52, 0.60))]
    jib = [*curve((0.45, 0.14), (0.24, 0.38), (0.15, 0.56)), *curve((0.15, 0.56), (0.34, 0.62), (0.45, 0.60))]
    mast = [(0.455, 0.04), (0.525, 0.04), (0.525, 0.75), (0.455, 0.75)]
    masks = [polygon((size_px, size_px), [(x * s, y * s) for x, y in part]) for part in (hull, sail, jib, mast)]
    sails = ImageChops.lighter(masks[1], masks[2])
    whole = ImageChops.lighter(ImageChops.lighter(masks[0], masks[3]), sails)
    return whole, masks[0], sails


def cloud(size_px: int) -> Image.Image:
    """A low bank of mist."""
    puffs = ((0.26, 0.60, 0.20), (0.46, 0.46, 0.25), (0.68, 0.54, 0.21), (0.82, 0.64, 0.14), (0.50, 0.66, 0.18))

    def outline(draw: ImageDraw.ImageDraw, k: float) -> None:
        s = size_px * k
        for x, y, radius in puffs:
            draw.ellipse(((x - radius) * s, (y - radius) * s, (x + radius) * s, (y + radius) * s), 255)
        draw.rounded_rectangle((0.08 * s, 0.62 * s, 0.95 * s, 0.84 * s), 0.11 * s, 255)

    return mask_of((size_px, size_px), outline)


def moon(size_px: int, phase: float) -> Image.Image:
    """A waxing moon; phase 0 is new, 0.5 half, 1 full."""

    def outline(draw: ImageDraw.ImageDraw, k: float) -> None:
        s = size_px * k
        # Light and shade meet on half an ellipse, whose width is the share of the face beyond or short of the half.
        half_width = abs(2 * phase - 1) * s / 2
        draw.pieslice((0, 0, s - 1, s - 1), -90, 90, 255)
        terminator = (s / 2 - half_width, 0, s / 2 + half_width, s - 1)
        draw.ellipse(terminator, 255 if phase > 0.5 else 0)

    return mask_of((size_px, size_px), outline)


def dotted(
    size_px: tuple[int, int], ends: tuple[Point, Point], bend: float, dash: tuple[float, float, float]
) -> Image.Image:
    """A dashed line between two points, bowed to one side by a share of its length; dash is (length, gap, width) px."""
    (x0, y0), (x1, y1) = ends
    length = hypot(x1 - x0, y1 - y0)
    middle = ((x0 + x1) / 2 - (y1 - y0) * bend, (y0 + y1) / 2 + (x1 - x0) * bend)

    def at(t: float) -> Point:
        a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t * t
        return a * x0 + b * middle[0] + c * x1, a * y0 + b * middle[1] + c * y1

    def outline(draw: ImageDraw.ImageDraw, k: float) -> None:
        count = max(1, round(length / (dash[0] + dash[1])))
        for index in range(count):
            start = index / count + dash[1] / 2 / length
            stretch = [at(start + dash[0] / length * part / 6) for part in range(7)]
            draw.line([(x * k, y * k) for x, y in stretch], 255, round(dash[2] * k), joint="curve")
            for x, y in (stretch[0], stretch[-1]):
                half = dash[2] / 2 * k
                draw.ellipse((x * k - half, y * k - half, x * k + half, y * k + half), 255)

    return mask_of(size_px, outline)
