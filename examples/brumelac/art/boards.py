"""Pictures in which the game board is seen: whole, set up on the table, and close."""

from art.board import MOON_RADIUS, MOON_SPACES, draw_board, heading_of, moon_space
from art.cards import MAT, MAT_LAMPS, MAT_OIL, card_back, player_mat, route_card
from art.lake import BOARD_HEIGHT, BOARD_WIDTH, ISLANDS, QUAY, View, ring_centres
from art.piece import lay
from art.scene import DRAWN, Scene
from art.tokens import moon_marker, pile, put_boat, put_die, put_drop, put_lamp, put_mist

BRASS = (168, 128, 52)
_HEAP = ((-0.55, 0.25), (0.5, 0.42), (0.05, -0.5), (-0.02, 0.12), (0.95, -0.3))


def whole_board() -> Scene:
    """The board at dusk, before anybody has rowed out."""
    scene = Scene.on_table(1920, 1440, seed=1)
    view = View(scale=DRAWN)
    corner = (960 - BOARD_WIDTH / 2, 720 - BOARD_HEIGHT / 2)
    scene.board(draw_board(view), 960, 720)
    _marker(scene, view, corner, 0)
    for index, player in enumerate(("coral", "amber", "plum", "sky")):
        x, y = QUAY[0] - 84 + index * 58, QUAY[1] + 26 - index * 26
        put_boat(scene.picture, player, scene.at(corner[0] + x, corner[1] + y), 92 * DRAWN, angle=-6 + index * 4)
    scene.points(view, corner, {**ISLANDS, "Vieux-Quai": QUAY, "dusk": moon_space(0), "dawn": moon_space(7)})
    middle = (corner[0] + (moon_space(0)[0] + moon_space(7)[0]) / 2, corner[1] + moon_space(0)[1])
    scene.box("moon track", middle, ((MOON_SPACES - 1) * 128 + 2.5 * MOON_RADIUS, 2.5 * MOON_RADIUS))
    first = (corner[0] + moon_space(0)[0], corner[1] + moon_space(0)[1])
    scene.box("moon at dusk", first, (1.8 * MOON_RADIUS, 1.8 * MOON_RADIUS))
    scene.box("quay", (corner[0] + QUAY[0], corner[1] + QUAY[1]), (270, 220))
    return scene


def set_table() -> Scene:
    """A game in full swing, seen from above."""
    scene = Scene.on_table(1920, 1080, seed=2)
    scale = 0.62
    view = View(scale=scale * DRAWN)
    corner = (960 - BOARD_WIDTH * scale / 2, 424 - BOARD_HEIGHT * scale / 2)
    scene.board(draw_board(view), 960, 424)
    _marker(scene, view, corner, 3)
    lamps = {"Héron": "coral", "Menhir": "coral plum", "Écluse": "sky", "Loutre": "amber coral", "Ancre": "plum amber"}
    for island, players in {**lamps, "Saule": "sky", "Joncs": "plum"}.items():
        for place, player in zip(ring_centres(island), players.split(), strict=False):
            spot = (corner[0] + place[0] * scale, corner[1] + place[1] * scale)
            put_lamp(
                scene.picture, player, scene.at(*spot), round(62 * scale * DRAWN), angle=place[0] % 30, lights=True
            )
    boats = (("coral", 880, 640, 8), ("plum", 740, 912, -6), ("amber", 1180, 850, 4), ("sky", 1040, 300, -4))
    for player, x, y, angle in boats:
        put_boat(
            scene.picture,
            player,
            scene.at(corner[0] + x * scale, corner[1] + y * scale),
            round(130 * scale * DRAWN),
            angle,
        )
    for x, y in ((1462, 566), (300, 640)):
        put_mist(
            scene.picture, scene.at(corner[0] + x * scale, corner[1] + (y - 4) * scale), round(190 * scale * DRAWN)
        )
    _around_the_board(scene)
    scene.points(view, corner, ISLANDS)
    return scene


def _around_the_board(scene: Scene) -> None:
    for player, x, y in (("coral", 196, 236), ("plum", 1726, 250)):
        scene.sheet(player_mat(player, 0.30 * DRAWN), x, y, thickness_px=4)
        left, top = x - MAT[0] * 0.15, y - MAT[1] * 0.15
        for place in MAT_LAMPS[3:]:
            spot = scene.at(left + place[0] * MAT[0] * 0.3, top + place[1] * MAT[1] * 0.3)
            put_lamp(scene.picture, player, spot, 34 * DRAWN, angle=place[0] * 40)
        for place in MAT_OIL[:2]:
            spot = scene.at(left + place[0] * MAT[0] * 0.3, top + place[1] * MAT[1] * 0.3)
            put_drop(scene.picture, spot, 32 * DRAWN)
    for index, (x, angle) in enumerate(((700, 3), (878, -2), (1056, 2), (1234, -3))):
        scene.sheet(route_card(index + 1, 0.26 * DRAWN), x, 970, angle)
    for lift in range(3):
        scene.sheet(card_back(0.26 * DRAWN), 500 - lift * 2, 968 - lift * 4, 1 + lift)
    pile(scene.picture, "amber", scene.at(170, 560), 76 * DRAWN, _HEAP)
    pile(scene.picture, "sky", scene.at(1740, 580), 76 * DRAWN, _HEAP)
    for x, y, angle in ((120, 800, 10), (190, 770, -30), (250, 840, 24), (150, 900, 60), (230, 930, -8)):
        put_drop(scene.picture, scene.at(x, y), 74 * DRAWN, angle)
    put_die(scene.picture, scene.at(1640, 860), 84 * DRAWN, "mist", 16)
    put_die(scene.picture, scene.at(1776, 900), 84 * DRAWN, "drop", -22)


def rowing() -> Scene:
    """Two islands close by, and a boat on the channel between them."""
    view = View(left=560, top=440, width=720, height=540, scale=2 * DRAWN)
    scene = Scene.on(draw_board(view))
    for island, player in (("Menhir", "coral"), ("Menhir", "sky"), ("Joncs", "plum")):
        place = ring_centres(island)[0 if player != "sky" else 2]
        put_lamp(scene.picture, player, view.at(place), round(66 * view.scale), angle=-8, lights=True)
    boat, goal = (846.0, 560.0), ISLANDS["Loutre"]
    put_boat(scene.picture, "coral", view.at(boat), round(128 * view.scale), heading_of(boat, goal) + 8)
    put_boat(scene.picture, "plum", view.at((770, 876)), round(112 * view.scale), -6)
    places = {"Menhir": ISLANDS["Menhir"], "Loutre": goal, "boat": boat, "free ring": ring_centres("Loutre")[0]}
    scene.points(view, (0, 0), places)
    x, y = view.share(goal)
    scene.box("Loutre rings", (x * 1440, (y + 0.005) * 1080), (330, 300))
    scene.box("coral boat", (view.share(boat)[0] * 1440, view.share(boat)[1] * 1080), (270, 270))
    return scene


def lighting() -> Scene:
    """A lamp lit on an island while the mist lies on the next."""
    view = View(left=1000, top=190, width=640, height=480, scale=2.25 * DRAWN)
    scene = Scene.on(draw_board(view))
    rings = ring_centres("Saule")
    put_lamp(scene.picture, "amber", view.at(rings[0]), round(66 * view.scale), angle=12, lights=True)
    put_lamp(scene.picture, "coral", view.at(rings[1]), round(66 * view.scale), angle=-6, lights=True)
    put_boat(scene.picture, "coral", view.at((1376, 392)), round(124 * view.scale), 6)
    put_mist(scene.picture, view.at((1462, 556)), round(196 * view.scale), -3)
    for x, y, angle in ((1062, 470, -24), (1112, 520, 16)):
        put_drop(scene.picture, view.at((x, y)), round(58 * view.scale), angle)
    scene.points(view, (0, 0), {"new lamp": rings[1], "free ring": rings[2], "drop": (1112, 520)})
    for name, centre, size in (("Saule", ISLANDS["Saule"], (460, 440)), ("mist", (1462, 560), (450, 360))):
        x, y = view.share(centre)
        scene.box(name, (x * 1440, y * 1080), size)
    return scene


def dawn() -> Scene:
    """The end of the game: the moon has set, and the delivered routes lie in a row."""
    scene = Scene.on_table(1440, 1080, seed=6)
    view = View(scale=DRAWN)
    corner = (-228.0, 400.0 - BOARD_HEIGHT)
    board = draw_board(view)
    scene.board(board, corner[0] + BOARD_WIDTH / 2, corner[1] + BOARD_HEIGHT / 2)
    _marker(scene, view, corner, MOON_SPACES - 1)
    for island, player in (("Joncs", "plum"), ("Ancre", "coral"), ("Ancre", "amber")):
        place = ring_centres(island)[0 if player != "amber" else 1]
        spot = scene.at(corner[0] + place[0], corner[1] + place[1])
        put_lamp(scene.picture, player, spot, 64 * DRAWN, angle=9, lights=True)
    for index, x in enumerate((232, 610, 988)):
        scene.sheet(route_card((0, 3, 2)[index], 0.56 * DRAWN), x, 722 + index % 2 * 12, (3, -2, 2)[index])
        scene.box(f"route {index + 1}", (x, 722 + index % 2 * 12), (360, 500))
    for x, y, angle in ((1262, 590, 12), (1340, 650, -20), (1264, 720, 30), (1346, 790, -6)):
        put_drop(scene.picture, scene.at(x, y), 92 * DRAWN, angle)
    scene.box("oil left", (1302, 690), (200, 320))
    x, y = moon_space(MOON_SPACES - 1)
    scene.point("dawn", corner[0] + x, corner[1] + y)
    return scene


def _marker(scene: Scene, view: View, corner: tuple[float, float], space: int) -> None:
    scale = view.scale / DRAWN
    x, y = moon_space(space)
    spot = scene.at(corner[0] + x * scale, corner[1] + y * scale)
    size = round(88 * view.scale)
    lay(scene.picture, moon_marker(size), spot, angle=-8, thickness_px=size * 0.12, edge=BRASS)
