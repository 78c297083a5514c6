"""The small pieces: lamp tokens, boats, drops of oil, mist, dice and the moon marker. Sizes are in pixels."""

from collections.abc import Sequence
from functools import cache
from math import pi, sin

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from art.palette import GLOW, GOLD, INK, MIST, NIGHT, PAPER, PLAYERS, mixed
from art.piece import filled, lay, mask_of, stamp
from art.shapes import boat, card_outline, cloud, disc, drop_points, flame, lantern, moon, polygon, ring
from art.surface import Field, cast_shadow, glow, grained


@cache
def lamp_token(player: str, size_px: int, *, printed: bool = True) -> Image.Image:
    """A round lamp token of a player's colour with a burning lantern; `printed` gives it the tooth of painted wood."""
    base = PLAYERS[player]
    token = filled(disc(size_px), base)
    if printed:
        token = grained(token, seed=31, strength=0.02, cell_px=max(2, size_px / 60))
    inset = round(size_px * 0.06)
    stamp(token, ring(size_px - 2 * inset, max(1.0, size_px * 0.022)), (inset, inset), mixed(base, PAPER, 0.65))
    halo = round(size_px * 0.84)
    light = np.clip(1 - _distances(halo), 0, 1) ** 1.4 * 200
    corner = ((size_px - halo) / 2, (size_px - halo) / 2 + size_px * 0.03)
    stamp(token, Image.fromarray(light.astype(np.uint8)), corner, mixed(GLOW, base, 0.1))
    icon = round(size_px * 0.68)
    metal, glass = lantern(icon)
    corner = ((size_px - icon) / 2, (size_px - icon) / 2 + size_px * 0.005)
    stamp(token, glass, corner, (255, 238, 190))
    stamp(token, metal, corner, mixed(base, INK, 0.78))
    spark = round(icon * 0.34)
    stamp(token, flame(spark), ((size_px - spark) / 2, corner[1] + icon * 0.40), (240, 150, 52))
    return token


@cache
def boat_figure(player: str, size_px: int) -> Image.Image:
    """A painted wooden boat."""
    whole, hull, sails = boat(size_px)
    base = PLAYERS[player]
    figure = filled(whole, mixed(base, INK, 0.35))
    stamp(figure, hull, (0, 0), base)
    stamp(figure, sails, (0, 0), mixed(base, PAPER, 0.80))
    return grained(figure, seed=41, strength=0.025, cell_px=max(2, size_px / 70))


@cache
def oil_drop(size_px: int) -> Image.Image:
    """A drop of amber glass."""
    points = drop_points(size_px * 0.5, size_px * 0.64, size_px * 0.315)
    mask = polygon((size_px, size_px), points)
    drop = filled(mask, (226, 142, 38))
    distance = _distances(size_px)
    inside = np.clip(1.15 - distance, 0, 1) * 190
    soft = Image.fromarray(inside.astype(np.uint8))
    stamp(drop, soft, (size_px * 0.06, size_px * 0.16), (255, 205, 96))
    for x, y, radius, opacity in ((0.415, 0.52, 0.06, 0.85), (0.345, 0.66, 0.036, 0.7)):
        spot = disc(round(2 * radius * size_px)).filter(ImageFilter.GaussianBlur(size_px * 0.012))
        stamp(drop, spot, ((x - radius) * size_px, (y - radius) * size_px), (255, 250, 232), opacity)
    return drop


@cache
def mist_token(size_px: int) -> Image.Image:
    """A bank of mist cut from white board, with three soft lines."""
    token = grained(filled(cloud(size_px), MIST), seed=51, strength=0.02, cell_px=max(2, size_px / 60))

    def lines(draw: ImageDraw.ImageDraw, k: float) -> None:
        s = size_px * k
        for row, (left, right) in enumerate(((0.22, 0.66), (0.30, 0.84), (0.20, 0.72))):
            points = [
                ((left + (right - left) * step / 30) * s, (0.53 + 0.09 * row + 0.012 * sin(step / 30 * 4 * pi)) * s)
                for step in range(31)
            ]
            draw.line(points, 255, round(0.028 * s), joint="curve")

    stamp(token, mask_of((size_px, size_px), lines), (0, 0), (150, 176, 184))
    return token


@cache
def die_face(size_px: int, face: str) -> Image.Image:
    """The top of an ivory die: `mist` or `drop`."""
    die = filled(card_outline((size_px, size_px), size_px * 0.17), (247, 238, 217))
    light = np.clip(1 - _distances(size_px) * 0.8, 0, 1) * 130
    stamp(die, Image.fromarray(light.astype(np.uint8)), (0, 0), (255, 252, 242))
    icon = round(size_px * 0.66)
    corner = ((size_px - icon) / 2, (size_px - icon) / 2)
    if face == "mist":
        stamp(die, cloud(icon), (corner[0], corner[1] - icon * 0.04), (70, 118, 134))
    else:
        points = drop_points(icon * 0.5, icon * 0.64, icon * 0.315)
        stamp(die, polygon((icon, icon), points), (corner[0], corner[1] - icon * 0.06), (222, 138, 40))
    return die


@cache
def moon_marker(size_px: int) -> Image.Image:
    """The moon marker: a brass-rimmed night disc."""
    marker = filled(disc(size_px), mixed(GOLD, INK, 0.12))
    inner = round(size_px * 0.80)
    stamp(marker, disc(inner), ((size_px - inner) / 2, (size_px - inner) / 2), NIGHT)
    face = round(size_px * 0.54)
    stamp(marker, moon(face, 0.36), ((size_px - face) / 2 - size_px * 0.06, (size_px - face) / 2), (255, 232, 176))
    return marker


def put_lamp(
    picture: Image.Image,
    player: str,
    centre: tuple[float, float],
    size_px: int,
    *,
    angle: float = 0,
    lights: bool = False,
) -> None:
    """Lay a lamp token down; one that lights also warms what lies around it."""
    if lights:
        glow(picture, centre, size_px * 1.7, GLOW, 0.50)
    edge = mixed(PLAYERS[player], (196, 160, 112), 0.55)
    thickness = size_px * 0.09
    lay(picture, lamp_token(player, size_px), centre, angle=angle, thickness_px=thickness, edge=edge)
    if lights:
        glow(picture, centre, size_px * 0.6, GLOW, 0.12)


def put_boat(picture: Image.Image, player: str, centre: tuple[float, float], size_px: int, angle: float = 0) -> None:
    """Lay a boat down."""
    edge = mixed(PLAYERS[player], INK, 0.25)
    figure = boat_figure(player, size_px)
    lay(picture, figure, centre, angle=angle, thickness_px=size_px * 0.085, edge=edge, bevel_px=max(2, size_px * 0.012))


def put_drop(picture: Image.Image, centre: tuple[float, float], size_px: int, angle: float = 0) -> None:
    """Lay a drop of oil down; its glass throws a warm spot into its own shadow."""
    thickness = size_px * 0.09
    drop = oil_drop(size_px)
    lay(picture, drop, centre, angle=angle, thickness_px=thickness, edge=(196, 112, 28), bevel_px=size_px * 0.025)
    spot = (centre[0] + size_px * 0.16, centre[1] + size_px * 0.30)
    glow(picture, spot, size_px * 0.62, (255, 150, 40), 0.30)


def put_mist(picture: Image.Image, centre: tuple[float, float], size_px: int, angle: float = 0) -> None:
    """Lay a mist token down."""
    token = mist_token(size_px)
    lay(picture, token, centre, angle=angle, thickness_px=size_px * 0.05, edge=(168, 160, 146))


def put_die(picture: Image.Image, centre: tuple[float, float], size_px: int, face: str, angle: float = 0) -> None:
    """Set a die down, seen from above and a little from below, so that its front side shows."""
    die = die_face(size_px, face)
    cast_shadow(
        picture, die.rotate(angle, expand=True).getchannel("A"), _corner(die, centre, angle), size_px * 0.34, 0.5
    )
    lay(
        picture,
        die,
        centre,
        angle=angle,
        thickness_px=size_px * 0.20,
        edge=(226, 208, 172),
        bevel_px=max(2, size_px * 0.03),
    )


def pile(
    picture: Image.Image, player: str, centre: tuple[float, float], size_px: int, places: Sequence[tuple[float, float]]
) -> None:
    """Heap lamp tokens; places are offsets in token sizes, later ones lie on top."""
    for index, (dx, dy) in enumerate(places):
        spot = (centre[0] + dx * size_px, centre[1] + dy * size_px)
        put_lamp(picture, player, spot, size_px, angle=(index * 47 + len(player) * 13) % 50 - 25)


def _corner(piece: Image.Image, centre: tuple[float, float], angle: float) -> tuple[int, int]:
    turned = piece.rotate(angle, expand=True)
    return round(centre[0] - turned.width / 2), round(centre[1] - turned.height / 2)


def _distances(size_px: int) -> Field:
    # From the centre, 1 at the middle of each side; float32, shape (size_px, size_px).
    axis = np.linspace(-1, 1, size_px, dtype=np.float32)
    return np.sqrt(np.square(axis[None, :]) + np.square(axis[:, None]))
