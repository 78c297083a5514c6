"""Colours and letters that all drawings share."""

from collections.abc import Iterator
from functools import cache

import fontpkg_inter
from PIL import Image, ImageColor, ImageDraw, ImageFont

Colour = tuple[int, int, int]

INK: Colour = (38, 42, 54)
PAPER: Colour = (243, 231, 207)
PAPER_SHADE: Colour = (226, 208, 174)
GOLD: Colour = (247, 196, 84)
GLOW: Colour = (255, 205, 110)
MIST: Colour = (226, 233, 232)
NIGHT: Colour = (22, 42, 62)

PLAYERS: dict[str, Colour] = {
    "coral": (221, 91, 72),
    "amber": (232, 163, 61),
    "plum": (126, 78, 148),
    "sky": (104, 166, 205),
}

# From the deepest water to the hilltops: one sheet of paper each.
SHEETS: tuple[Colour, ...] = (
    (18, 54, 74),
    (24, 71, 90),
    (33, 92, 105),
    (52, 118, 123),
    (96, 156, 150),
    (226, 196, 147),
    (164, 174, 110),
    (112, 145, 94),
    (79, 118, 84),
)


def mixed(first: Colour, second: Colour, share: float) -> Colour:
    """Return a colour on the way from the first (share 0) to the second (share 1)."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return (red, green, blue)


def colour(code: str) -> Colour:
    """Return the colour of a code such as #1F7AE0."""
    red, green, blue = ImageColor.getrgb(code)[:3]
    return (red, green, blue)


@cache
def letters(size_px: int, weight: int = 600) -> ImageFont.FreeTypeFont:
    """Return Inter at a size and weight; large letters use its display cut."""
    font = ImageFont.truetype(str(fontpkg_inter.ROOT / "files" / "Inter[opsz,wght].ttf"), size_px)
    font.set_variation_by_axes([32 if size_px > 40 else 14, weight])
    return font


def write(
    draw: ImageDraw.ImageDraw,
    centre: tuple[float, float],
    text: str,
    font: ImageFont.FreeTypeFont,
    fill: Colour | tuple[int, int, int, int] | int,
    tracking: float = 0.0,
) -> None:
    """Draw a line of text centred on a point; tracking is extra space between letters in em."""
    if not tracking:
        draw.text(centre, text, font=font, fill=fill, anchor="mm")
        return
    for letter, left in _spaced(text, font, tracking, centre[0]):
        draw.text((left, centre[1]), letter, font=font, fill=fill, anchor="lm")


def _spaced(text: str, font: ImageFont.FreeTypeFont, tracking: float, centre_x: float) -> Iterator[tuple[str, float]]:
    gap = font.size * tracking
    widths = [font.getlength(letter) for letter in text]
    left = centre_x - (sum(widths) + gap * (len(text) - 1)) / 2
    for letter, width in zip(text, widths, strict=True):
        yield letter, left
        left += width + gap


def blank(size_px: tuple[int, int]) -> Image.Image:
    """Return a fully transparent picture."""
    return Image.new("RGBA", size_px, (0, 0, 0, 0))
