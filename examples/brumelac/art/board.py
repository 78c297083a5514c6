"""What is printed on the lake: frame, names, rings for lamps, channels, compass and the track of the moon."""

from math import atan2, cos, degrees, hypot, pi, sin

from PIL import Image, ImageDraw

from art.lake import (
    BOARD_HEIGHT,
    BOARD_WIDTH,
    CHANNELS,
    ISLANDS,
    MAP,
    QUAY,
    RING_RADIUS,
    View,
    draw_lake,
    place_of,
    ring_centres,
)
from art.palette import GOLD, INK, NIGHT, PAPER, PAPER_SHADE, blank, letters, mixed, write
from art.piece import stamp
from art.shapes import card_outline, disc, dotted, moon, polygon, ring
from art.surface import cast_shadow, grained

MOON_SPACES = 8
MOON_RADIUS = 42
QUAY_ANGLE = 24
_CORNER = 34
_ISLAND_EDGE = 143


def moon_space(index: int) -> tuple[float, float]:
    """Centre of a space of the moon track, 0 dusk to 7 dawn, in board units."""
    return 500 + index * 128.0, 1186


def draw_board(view: View) -> Image.Image:
    """Draw the part of the board that a view shows; mode RGBA, transparent outside the board's round corners."""
    paper = grained(Image.new("RGB", view.size_px, PAPER), seed=7, strength=0.016, cell_px=2.5 * view.scale)
    _inlay_map(paper, view)
    for start, end, bend in CHANNELS:
        _channel(paper, view, start, end, bend)
    _quay(paper, view)
    for name in ISLANDS:
        _island(paper, view, name)
    _compass(paper, view, (1590, 190))
    _moon_track(paper, view)
    _title(paper, view)
    board = blank(view.size_px)
    outline = Image.new("L", view.size_px, 0)
    left, top = view.at((0, 0))
    whole = card_outline((round(BOARD_WIDTH * view.scale), round(BOARD_HEIGHT * view.scale)), _CORNER * view.scale)
    outline.paste(whole, (round(left), round(top)))
    board.paste(paper)
    board.putalpha(outline)
    return board


def _inlay_map(paper: Image.Image, view: View) -> None:
    left, top = view.at(MAP[:2])
    size = round((MAP[2] - MAP[0]) * view.scale), round((MAP[3] - MAP[1]) * view.scale)
    window = card_outline(size, 22 * view.scale)
    line = max(2, round(3 * view.scale))
    border = card_outline((size[0] + 6 * line, size[1] + 6 * line), 22 * view.scale + 3 * line)
    paper.paste(mixed(PAPER_SHADE, INK, 0.55), (round(left) - 3 * line, round(top) - 3 * line), border)
    inner = card_outline((size[0] + 4 * line, size[1] + 4 * line), 22 * view.scale + 2 * line)
    paper.paste(PAPER, (round(left) - 2 * line, round(top) - 2 * line), inner)
    mask = Image.new("L", view.size_px, 0)
    mask.paste(window, (round(left), round(top)))
    paper.paste(draw_lake(view), (0, 0), mask)


def _channel(paper: Image.Image, view: View, start: str, end: str, bend: float) -> None:
    (x0, y0), (x1, y1) = place_of(start), place_of(end)
    length = hypot(x1 - x0, y1 - y0)
    from_edge, to_edge = _ISLAND_EDGE / length, (_ISLAND_EDGE if end in ISLANDS else 88) / length
    ends = tuple(view.at((x0 + (x1 - x0) * t, y0 + (y1 - y0) * t)) for t in (from_edge, 1 - to_edge))
    k = view.scale
    mask = dotted(view.size_px, (ends[0], ends[1]), bend * 0.6, (15 * k, 11 * k, 5.4 * k))
    box = mask.getbbox()
    if box is None:
        return
    crop = mask.crop(box)
    cast_shadow(paper, crop, box[:2], 2.2 * k, strength=0.5)
    paper.paste((240, 233, 208), box[:2], crop.point([int(v * 0.92) for v in range(256)]))


def _island(paper: Image.Image, view: View, name: str) -> None:
    k = view.scale
    for centre in ring_centres(name):
        x, y = view.at(centre)
        radius = round(RING_RADIUS * k)
        well = disc(2 * radius)
        stamp(paper, well, (x - radius, y - radius), (40, 66, 50), 0.42)
        stamp(paper, ring(2 * radius, max(2, 3.4 * k)), (x - radius, y - radius), (249, 240, 214), 0.95)
    x, y = ISLANDS[name]
    _banner(paper, view, (x, y + 112), name)


def _banner(paper: Image.Image, view: View, centre: tuple[float, float], text: str) -> None:
    k = view.scale
    font = letters(round(25 * k), 700)
    width, height = round(font.getlength(text) + 34 * k), round(38 * k)
    x, y = view.at(centre)
    tag = card_outline((width, height), 19 * k)
    corner = (round(x - width / 2), round(y - height / 2))
    cast_shadow(paper, tag, corner, 3.5 * k, strength=0.6)
    paper.paste(PAPER, corner, tag)
    write(ImageDraw.Draw(paper), (x, y - 0.5 * k), text, font, INK)


def _quay(paper: Image.Image, view: View) -> None:
    """The jetty where all boats begin: planks on two beams."""
    k = view.scale
    size = round(210 * k), round(116 * k)
    jetty = blank(size)
    draw = ImageDraw.Draw(jetty)
    for y in (0.2, 0.72):
        draw.rectangle((0, y * size[1], size[0], y * size[1] + 9 * k), (92, 66, 47, 255))
    planks = 11
    for plank in range(planks):
        left = plank * size[0] / planks
        tone = mixed((190, 150, 105), (150, 112, 76), (plank * 7 % 5) / 5)
        box = (left + 1.2 * k, 3 * k, left + size[0] / planks - 1.8 * k, size[1] - 3 * k)
        draw.rounded_rectangle(box, 3 * k, (*tone, 255))
    jetty = jetty.rotate(QUAY_ANGLE, Image.Resampling.BICUBIC, expand=True)
    x, y = view.at(QUAY)
    corner = (round(x - jetty.width / 2), round(y - jetty.height / 2))
    cast_shadow(paper, jetty.getchannel("A"), corner, 8 * k)
    paper.paste(jetty.convert("RGB"), corner, jetty.getchannel("A"))
    _banner(paper, view, (QUAY[0] + 16, QUAY[1] + 112), "Vieux-Quai")


def _compass(paper: Image.Image, view: View, centre: tuple[float, float]) -> None:
    k = view.scale
    x, y = view.at(centre)
    side = round(124 * k)
    for radius, tilt, tone in ((0.30, pi / 4, PAPER_SHADE), (0.50, 0.0, PAPER)):
        for quarter in range(4):
            turn = tilt + quarter * pi / 2
            for sense, share in ((1, 0.0), (-1, 0.72)):
                points = [(0.5, 0.5), (0.5 + radius * sin(turn), 0.5 - radius * cos(turn))]
                points.append((0.5 + 0.12 * sin(turn + sense * pi / 4), 0.5 - 0.12 * cos(turn + sense * pi / 4)))
                mask = polygon((side, side), [(a * side, b * side) for a, b in points])
                stamp(paper, mask, (x - side / 2, y - side / 2), mixed(tone, INK, share))
    write(ImageDraw.Draw(paper), (x, y - 76 * k), "N", letters(round(24 * k), 750), PAPER)


def _moon_track(paper: Image.Image, view: View) -> None:
    k = view.scale
    draw = ImageDraw.Draw(paper)
    first, last = view.at(moon_space(0)), view.at(moon_space(MOON_SPACES - 1))
    draw.line((*first, *last), mixed(PAPER_SHADE, INK, 0.35), round(5 * k))
    for index in range(MOON_SPACES):
        x, y = view.at(moon_space(index))
        radius = round(MOON_RADIUS * k)
        sky = mixed(NIGHT, (235, 158, 112), max(0, index - 4) / 3.4)
        corner = (x - radius, y - radius)
        cast_shadow(paper, disc(2 * radius), (round(corner[0]), round(corner[1])), 3 * k, strength=0.4)
        stamp(paper, disc(2 * radius), corner, sky)
        stamp(paper, ring(2 * radius, max(2, 3.5 * k)), corner, GOLD)
        face = round(44 * k)
        phase = (0.22, 0.38, 0.56, 0.78, 1, 1, 1, 1)[index]
        shape = _sun(face) if index == MOON_SPACES - 1 else moon(face, phase)
        fade = 1 if index in {4, MOON_SPACES - 1} else 1 - 0.2 * max(0, index - 4)
        stamp(paper, shape, (x - face / 2, y - face / 2), (255, 236, 190), fade)
    small = letters(round(23 * k), 700)
    write(draw, view.at((moon_space(0)[0] - 84, 1186)), "dusk", small, INK)
    write(draw, view.at((moon_space(MOON_SPACES - 1)[0] + 88, 1186)), "dawn", small, INK)


def _sun(size_px: int) -> Image.Image:
    mask = Image.new("L", (size_px, size_px), 0)
    core = round(size_px * 0.52)
    mask.paste(disc(core), ((size_px - core) // 2, (size_px - core) // 2))
    rays: list[tuple[float, float]] = []
    for step in range(48):
        radius = size_px * (0.5 if step % 4 == 0 else 0.30)
        rays.append((size_px / 2 + radius * sin(step * pi / 24), size_px / 2 - radius * cos(step * pi / 24)))
    star = polygon((size_px, size_px), rays)
    mask.paste(255, (0, 0), star)
    return mask


def _title(paper: Image.Image, view: View) -> None:
    k = view.scale
    draw = ImageDraw.Draw(paper)
    write(draw, view.at((214, 1172)), "BRUMELAC", letters(round(42 * k), 800), INK, tracking=0.06)
    write(draw, view.at((214, 1212)), "le lac aux lanternes", letters(round(20 * k), 550), mixed(INK, PAPER, 0.25))
    write(draw, view.at((1606, 1186)), "2–4  ·  30 min", letters(round(22 * k), 600), mixed(INK, PAPER, 0.2))


def heading_of(start: tuple[float, float], end: tuple[float, float]) -> float:
    """Angle in degrees, counter-clockwise, of the way from one point to another."""
    return degrees(atan2(start[1] - end[1], end[0] - start[0]))
