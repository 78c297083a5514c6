"""Printed sheets: the route cards, their back, and the player mat."""

from dataclasses import dataclass
from functools import cache
from math import pi, sin

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from art.palette import GLOW, GOLD, INK, NIGHT, PAPER, PAPER_SHADE, PLAYERS, Colour, colour, letters, mixed, write
from art.piece import filled, stamp
from art.shapes import boat, card_outline, disc, dotted, drop_points, lantern, moon, polygon, ring
from art.surface import glow, grained

# Every card and mat is drawn in units of a 630 × 880 card.
CARD = (630, 880)
MAT = (1180, 760)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A route card: two places to light, its points, and the colours of its evening (sky above, sky below, hills)."""

    start: str
    end: str
    points: int
    sky: tuple[str, str]
    hills: tuple[str, str]


ROUTES: tuple[Route, ...] = (
    Route(start="Héron", end="Loutre", points=6, sky=("#1d3557", "#e08e5b"), hills=("#6d6a75", "#26404a")),
    Route(start="Grise", end="Écluse", points=5, sky=("#2b2d5b", "#d97b8a"), hills=("#7d5f86", "#2f3a5a")),
    Route(start="Saule", end="Ancre", points=4, sky=("#12395b", "#6fb1a8"), hills=("#3f7f86", "#16404c")),
    Route(start="Joncs", end="Brochet", points=8, sky=("#3a2448", "#f0a45d"), hills=("#8a5566", "#38304d")),
    Route(start="Menhir", end="Saule", points=5, sky=("#0f3044", "#b9c9a4"), hills=("#5d8a7d", "#1f4a48")),
    Route(start="Écluse", end="Brochet", points=7, sky=("#25284f", "#eab676"), hills=("#86707c", "#2c3f55")),
)
# Where things stand on a route card, in fractions of it.
CARD_NAMES = (0.5, 0.085)
CARD_POINTS = (0.5, 0.885)
CARD_PICTURE = (0.075, 0.165, 0.85, 0.59)
# Where things lie on the mat, in fractions of it.
MAT_LAMPS = tuple((0.115 + 0.125 * column, 0.33 + 0.215 * row) for row in range(3) for column in range(3))
MAT_OIL = tuple((0.585 + 0.09 * column, 0.36) for column in range(4))
MAT_BOAT = (0.835, 0.71)


@cache
def route_card(index: int, scale: float, *, printed: bool = True) -> Image.Image:
    """Draw a route card, mode RGBA; `printed` gives it the tooth of paper, which a cut-out does without."""
    route = ROUTES[index]
    size = round(CARD[0] * scale), round(CARD[1] * scale)
    card = filled(card_outline(size, 34 * scale), PAPER)
    window = round(CARD_PICTURE[2] * size[0]), round(CARD_PICTURE[3] * size[1])
    corner = CARD_PICTURE[0] * size[0], CARD_PICTURE[1] * size[1]
    _paste_on(card, _evening(route, window), corner, card_outline(window, 22 * scale))
    draw = ImageDraw.Draw(card)
    write(
        draw,
        (size[0] * 0.5, size[1] * CARD_NAMES[1]),
        f"{route.start} – {route.end}",
        letters(round(52 * scale), 750),
        INK,
    )
    _points(card, size, route.points)
    if not printed:
        return card
    return grained(card, seed=60 + index, strength=0.012, cell_px=max(2, 3 * scale))


@cache
def card_back(scale: float) -> Image.Image:
    """Draw the back of the route cards."""
    size = round(CARD[0] * scale), round(CARD[1] * scale)
    card = filled(card_outline(size, 34 * scale), PAPER)
    inner = round(size[0] - 56 * scale), round(size[1] - 56 * scale)
    stamp(card, card_outline(inner, 22 * scale), (28 * scale, 28 * scale), (27, 68, 86))
    for step in range(5):
        side = round((520 - step * 88) * scale)
        tone = mixed((27, 68, 86), (120, 176, 168), 0.16 * (step + 1))
        stamp(card, disc(side), ((size[0] - side) / 2, (size[1] - side) / 2), tone)
    icon = round(250 * scale)
    metal, glass = lantern(icon)
    place = ((size[0] - icon) / 2, (size[1] - icon) / 2)
    stamp(card, glass, place, (255, 226, 150))
    stamp(card, metal, place, NIGHT)
    return card


@cache
def player_mat(player: str, scale: float) -> Image.Image:
    """Draw a player's mat with places for nine lamps, oil and the boat."""
    size = round(MAT[0] * scale), round(MAT[1] * scale)
    mat = filled(card_outline(size, 38 * scale), PAPER)
    base = PLAYERS[player]
    band = Image.new("L", size, 0)
    band.paste(255, (0, 0, size[0], round(112 * scale)))
    stamp(mat, band, (0, 0), base)
    draw = ImageDraw.Draw(mat)
    ink = PAPER if player in {"coral", "plum"} else INK
    for x, text in ((0.24, "Lamps"), (0.72, "Oil")):
        write(draw, (size[0] * x, 57 * scale), text, letters(round(46 * scale), 750), ink)
    for place in MAT_LAMPS:
        _well(mat, (place[0] * size[0], place[1] * size[1]), round(116 * scale), base)
    for place in MAT_OIL:
        side = round(96 * scale)
        drop = polygon((side, side), drop_points(side * 0.5, side * 0.64, side * 0.315))
        stamp(mat, drop, (place[0] * size[0] - side / 2, place[1] * size[1] - side / 2), PAPER_SHADE)
    _harbour(mat, size, scale, base)
    return grained(mat, seed=80, strength=0.012, cell_px=max(2, 3 * scale))


def _well(mat: Image.Image, centre: tuple[float, float], side: int, base: Colour) -> None:
    corner = (centre[0] - side / 2, centre[1] - side / 2)
    stamp(mat, disc(side), corner, PAPER_SHADE)
    stamp(mat, ring(side, max(2, side * 0.03)), corner, mixed(PAPER_SHADE, base, 0.55))


def _harbour(mat: Image.Image, size: tuple[int, int], scale: float, base: Colour) -> None:
    """The lower right of the mat: what a turn is, and the boat's mooring."""
    draw = ImageDraw.Draw(mat)
    left, top = 0.50 * size[0], 0.535 * size[1]
    for row, text in enumerate(("Roll", "Row", "Light", "Deliver")):
        y = top + row * 76 * scale
        side = round(50 * scale)
        stamp(mat, disc(side), (left, y - side / 2), mixed(base, PAPER, 0.1))
        ink = PAPER if sum(base) < 400 else INK
        write(draw, (left + side / 2, y), str(row + 1), letters(round(29 * scale), 750), ink)
        draw.text((left + 72 * scale, y), text, font=letters(round(38 * scale), 650), fill=INK, anchor="lm")
    side = round(230 * scale)
    outline, _, _ = boat(side)
    stamp(mat, outline, (MAT_BOAT[0] * size[0] - side / 2, MAT_BOAT[1] * size[1] - side / 2), PAPER_SHADE)


def _points(card: Image.Image, size: tuple[int, int], points: int) -> None:
    side = round(size[0] * 0.24)
    corner = (size[0] * CARD_POINTS[0] - side / 2, size[1] * CARD_POINTS[1] - side / 2)
    stamp(card, disc(side), corner, GOLD)
    inner = round(side * 0.88)
    shift = (side - inner) / 2
    stamp(card, ring(inner, max(2, side * 0.02)), (corner[0] + shift, corner[1] + shift), mixed(GOLD, INK, 0.45))
    centre = (size[0] * CARD_POINTS[0], size[1] * CARD_POINTS[1])
    write(ImageDraw.Draw(card), centre, str(points), letters(round(side * 0.56), 800), INK)
    small = round(side * 0.6)
    metal, glass = lantern(small)
    for x in (0.24, 0.76):
        place = (size[0] * x - small / 2, centre[1] - small / 2)
        stamp(card, glass, place, (250, 214, 130))
        stamp(card, metal, place, mixed(INK, PAPER, 0.15))


def _evening(route: Route, size: tuple[int, int]) -> Image.Image:
    """The card's picture: an evening on the lake in layers of cut paper, with a route between two lights."""
    width, height = size
    above, below = colour(route.sky[0]), colour(route.sky[1])
    share = np.clip(np.linspace(0, 1.45, height, dtype=np.float32), 0, 1)[:, None, None]
    sky = np.array(above, dtype=np.float32) * (1 - share) + np.array(below, dtype=np.float32) * share
    picture = Image.fromarray(np.broadcast_to(sky, (height, width, 3)).astype(np.uint8))
    seed = sum((route.start + route.end).encode())
    random = np.random.default_rng(seed)
    for _ in range(26):
        x, y = random.uniform(0, width), random.uniform(0, height * 0.4)
        dot = max(2, round(width * random.uniform(0.004, 0.011)))
        stamp(picture, disc(dot), (x, y), (255, 246, 220), 0.7)
    face = round(width * 0.21)
    moon_centre = (width * (0.24 + 0.5 * (seed % 5) / 4), height * 0.22)
    glow(picture, moon_centre, face * 1.5, (255, 230, 180), 0.5)
    stamp(
        picture,
        moon(face, 0.3 + 0.14 * (seed % 6)),
        (moon_centre[0] - face / 2, moon_centre[1] - face / 2),
        (255, 240, 206),
    )
    _hills(picture, route, random)
    _lake(picture, route, size)
    return picture


def _hills(picture: Image.Image, route: Route, random: np.random.Generator) -> None:
    width, height = picture.size
    far, near = (colour(code) for code in route.hills)
    for layer in range(4):
        level = height * (0.46 + 0.075 * layer)
        waves = [(random.uniform(0.7, 2.6), random.uniform(0, 2 * pi), random.uniform(0.3, 1)) for _ in range(4)]
        points = [(0.0, float(height))]
        for step in range(81):
            rise = sum(size * sin(count * 2 * pi * step / 80 + phase) for count, phase, size in waves)
            points.append((width * step / 80, level + rise * height * 0.024))
        points.append((float(width), float(height)))
        mask = polygon(picture.size, points)
        shade = mask.filter(ImageFilter.GaussianBlur(width * 0.018)).point([int(v * 0.3) for v in range(256)])
        stamp(picture, shade, (0, -height * 0.008), (14, 20, 30))
        stamp(picture, mask, (0, 0), mixed(far, near, layer / 3))


def _lake(picture: Image.Image, route: Route, size: tuple[int, int]) -> None:
    width, height = size
    water = mixed(colour(route.sky[0]), (40, 110, 120), 0.55)
    line = height * 0.77
    mask = Image.new("L", size, 0)
    mask.paste(255, (0, round(line), width, height))
    stamp(picture, mask, (0, 0), water)
    for row, (left, right) in enumerate(((0.08, 0.46), (0.5, 0.94), (0.2, 0.7), (0.6, 0.98))):
        strip = (round(left * width), round(line + height * (0.035 + 0.05 * row)), round(right * width), 0)
        bar = card_outline((strip[2] - strip[0], max(2, round(height * 0.009))), height * 0.004)
        stamp(picture, bar, strip[:2], mixed(water, PAPER, 0.45), 0.6)
    lights = ((width * 0.2, height * 0.70), (width * 0.8, height * 0.66))
    stamp(picture, dotted(size, lights, -0.10, (width * 0.03, width * 0.024, width * 0.012)), (0, 0), PAPER, 0.9)
    for x, y in lights:
        _lighthouse(picture, (x, y), width * 0.2)


def _lighthouse(picture: Image.Image, lamp: tuple[float, float], side: float) -> None:
    glow(picture, lamp, side * 1.25, GLOW, 0.95)
    icon = round(side * 0.92)
    metal, glass = lantern(icon)
    corner = (lamp[0] - icon / 2, lamp[1] - icon * 0.55)
    stamp(picture, glass, corner, (255, 243, 205))
    stamp(picture, metal, corner, (24, 28, 40))


def _paste_on(card: Image.Image, picture: Image.Image, corner: tuple[float, float], mask: Image.Image) -> None:
    alpha = card.getchannel("A")
    flat = card.convert("RGB")
    flat.paste(picture, (round(corner[0]), round(corner[1])), mask)
    card.paste(flat)
    card.putalpha(alpha)
