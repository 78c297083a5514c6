"""Pictures of the parts in the box, and the cut-outs."""

import numpy as np
from PIL import Image

from art.board import MOON_RADIUS
from art.boards import BRASS
from art.cards import (
    CARD,
    CARD_NAMES,
    CARD_PICTURE,
    CARD_POINTS,
    MAT,
    MAT_BOAT,
    MAT_LAMPS,
    MAT_OIL,
    card_back,
    player_mat,
    route_card,
)
from art.piece import bevelled, lay
from art.scene import DRAWN, Anchor, Scene
from art.tokens import lamp_token, moon_marker, pile, put_boat, put_die, put_drop, put_lamp, put_mist

PLAYERS = ("coral", "amber", "plum", "sky")
_HEAP = (
    (-0.95, 0.55),
    (0.05, 0.80),
    (1.0, 0.45),
    (-0.55, -0.35),
    (0.55, -0.50),
    (-0.35, 0.32),
    (0.52, 0.24),
    (0.02, -0.22),
    (0.10, 0.15),
)


def lamps() -> Scene:
    """Thirty-six lamp tokens in four heaps."""
    scene = Scene.on_table(1440, 1080, seed=11)
    for player, centre in zip(PLAYERS, ((390, 300), (1050, 300), (390, 790), (1050, 790)), strict=True):
        pile(scene.picture, player, scene.at(*centre), 168 * DRAWN, _HEAP)
        scene.box(player, centre, (500, 400))
    return scene


def boats() -> Scene:
    """The four boats."""
    scene = Scene.on_table(1440, 1080, seed=12)
    places = ((390, 310, 8), (1040, 290, -6), (410, 790, -5), (1060, 800, 7))
    for player, (x, y, angle) in zip(PLAYERS, places, strict=True):
        put_boat(scene.picture, player, scene.at(x, y), 440 * DRAWN, angle)
        scene.box(player, (x, y), (440, 440))
    return scene


def cards() -> Scene:
    """The route cards, fanned, and their deck."""
    scene = Scene.on_table(1440, 1080, seed=13)
    for lift in range(5):
        scene.sheet(card_back(0.56 * DRAWN), 226 - lift * 2, 420 - lift * 5, 7 + lift % 2)
    fan = ((500, 622, 14), (658, 572, 7), (820, 556, 0), (984, 574, -7), (1146, 628, -14))
    for index, (x, y, angle) in enumerate(fan):
        scene.sheet(route_card((4, 1, 3, 2, 0)[index], 0.66 * DRAWN), x, y, angle)
    scene.box("deck", (222, 410), (400, 550))
    scene.box("open cards", (830, 600), (1060, 780))
    return scene


def dice() -> Scene:
    """The two mist dice and banks of mist."""
    scene = Scene.on_table(1440, 1080, seed=14)
    for x, y, size, angle in ((300, 300, 360, 6), (1130, 820, 400, -5), (330, 800, 330, -8)):
        put_mist(scene.picture, scene.at(x, y), size * DRAWN, angle)
    put_die(scene.picture, scene.at(660, 560), 260 * DRAWN, "mist", 14)
    put_die(scene.picture, scene.at(1010, 390), 260 * DRAWN, "drop", -19)
    scene.box("mist die", (666, 580), (360, 370))
    scene.box("drop die", (1016, 412), (390, 400))
    scene.box("mist token", (1130, 826), (430, 350))
    return scene


def oil() -> Scene:
    """Drops of oil and the moon marker."""
    scene = Scene.on_table(1440, 1080, seed=15)
    random = np.random.default_rng(77)
    for row in range(4):
        for column in range(5):
            x = 190 + column * 168 + (row % 2) * 62 + random.uniform(-24, 24)
            y = 190 + row * 222 + random.uniform(-26, 26)
            put_drop(scene.picture, scene.at(x, y), 190 * DRAWN, random.uniform(-55, 55))
    marker = moon_marker(300 * DRAWN)
    lay(scene.picture, marker, scene.at(1230, 540), angle=-10, thickness_px=30 * DRAWN, edge=BRASS, bevel_px=6)
    scene.box("moon marker", (1230, 545), (8 * MOON_RADIUS, 8 * MOON_RADIUS))
    return scene


def mat() -> Scene:
    """A player's mat, ready for the first turn."""
    scene = Scene.on_table(1440, 1080, seed=16)
    scale = 1.1
    width, height = MAT[0] * scale, MAT[1] * scale
    left, top = 720 - width / 2, 540 - height / 2
    scene.sheet(player_mat("coral", scale * DRAWN), 720, 540, thickness_px=5)
    for index, (x, y) in enumerate(MAT_LAMPS):
        spot = scene.at(left + x * width, top + y * height)
        put_lamp(scene.picture, "coral", spot, 118 * DRAWN, angle=(index * 37) % 23 - 11)
    for x, y in MAT_OIL[:3]:
        put_drop(scene.picture, scene.at(left + x * width, top + y * height), 112 * DRAWN)
    boat = (left + MAT_BOAT[0] * width, top + MAT_BOAT[1] * height)
    put_boat(scene.picture, "coral", scene.at(*boat), 258 * DRAWN)
    scene.box("lamps", (left + 0.24 * width, top + 0.545 * height), (0.40 * width, 0.66 * height))
    scene.box("oil", (left + 0.675 * width, top + 0.36 * height), (0.30 * width, 0.20 * height))
    scene.box("boat", boat, (290, 290))
    for name, x, y in (("above lamps", 0.24, 0.205), ("above oil", 0.72, 0.225), ("above boat", MAT_BOAT[0], 0.50)):
        scene.point(name, left + x * width, top + y * height)
    return scene


def card_cutout() -> tuple[Image.Image, dict[str, Anchor]]:
    """A route card alone, 1400 px wide, with transparent corners."""
    card = route_card(0, 1400 / CARD[0], printed=False)
    names = (0.1, round(CARD_NAMES[1] - 0.045, 4), 0.8, 0.09)
    points = (round(CARD_POINTS[0] - 0.14, 4), round(CARD_POINTS[1] - 0.1, 4), 0.28, 0.2)
    return card, {"names": names, "points": points, "picture": CARD_PICTURE}


def lamp_cutout() -> tuple[Image.Image, dict[str, Anchor]]:
    """A lamp token alone, 1400 px wide, transparent around it."""
    token = bevelled(lamp_token("coral", 1400, printed=False), 22, strength=0.4)
    return token, {"flame": (0.5, 0.55)}
