"""A piece of the game: drawn flat, then laid on the table with thickness, bevel and shadow."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from art.palette import Colour, mixed
from art.surface import cast_shadow

Outline = Callable[[ImageDraw.ImageDraw, float], None]
OVERSAMPLING = 3


def mask_of(size_px: tuple[int, int], outline: Outline) -> Image.Image:
    """Return an anti-aliased mask, mode L; `outline` draws with fill 255 at the scale it is given."""
    big = Image.new("L", (size_px[0] * OVERSAMPLING, size_px[1] * OVERSAMPLING), 0)
    outline(ImageDraw.Draw(big), float(OVERSAMPLING))
    return big.reduce(OVERSAMPLING)


def filled(mask: Image.Image, fill: Colour) -> Image.Image:
    """Return a picture of one colour in the shape of a mask."""
    picture = Image.new("RGBA", mask.size, (*fill, 255))
    picture.putalpha(mask)
    return picture


def stamp(
    picture: Image.Image, mask: Image.Image, corner: tuple[float, float], fill: Colour, opacity: float = 1
) -> None:
    """Print a shape on a piece; the piece's outline stays as it is."""
    ink = mask if opacity >= 1 else mask.point(lambda value: int(value * opacity))
    place = (round(corner[0]), round(corner[1]))
    if picture.mode != "RGBA":
        picture.paste(fill, place, ink)
        return
    alpha = picture.getchannel("A")
    flat = picture.convert("RGB")
    flat.paste(fill, place, ink)
    picture.paste(flat)
    picture.putalpha(alpha)


def bevelled(piece: Image.Image, width_px: float, strength: float = 0.5) -> Image.Image:
    """Return the piece with a lit edge at the top left and a shaded one at the bottom right."""
    alpha = piece.getchannel("A")
    soft = np.asarray(alpha.filter(ImageFilter.GaussianBlur(max(0.6, width_px * 0.7))), dtype=np.float32) / 255
    reach = max(1, round(width_px))
    slope = np.roll(soft, (-reach, -reach), (0, 1)) - np.roll(soft, (reach, reach), (0, 1))
    bands = np.asarray(piece.convert("RGB"), dtype=np.float32)
    raised = np.clip(slope, 0, 1)[..., None] * strength
    lowered = np.clip(-slope, 0, 1)[..., None] * strength
    bands = bands + (255 - bands) * raised - bands * lowered * 0.8
    result = Image.fromarray(np.clip(bands, 0, 255).astype(np.uint8))
    result.putalpha(alpha)
    return result


def lay(
    picture: Image.Image,
    piece: Image.Image,
    centre: tuple[float, float],
    *,
    angle: float = 0,
    thickness_px: float = 6,
    edge: Colour = (120, 96, 70),
    bevel_px: float = 2,
) -> None:
    """Lay a piece on a picture.

    Args:
        picture: Mode RGB, drawn on in place.
        piece: Mode RGBA.
        centre: Where the middle of its top comes to lie.
        angle: Degrees, counter-clockwise.
        thickness_px: How thick it is, seen as its side and its shadow.
        edge: Colour of its side.
        bevel_px: Width of the lit edge; 0 for none.
    """
    turned = piece.rotate(angle, Image.Resampling.BICUBIC, expand=True) if angle else piece
    margin = int(thickness_px + bevel_px * 3) + 3
    framed = Image.new("RGBA", (turned.width + 2 * margin, turned.height + 2 * margin), (*edge, 0))
    framed.paste(turned, (margin, margin))
    mask = framed.getchannel("A")
    left, top = round(centre[0] - framed.width / 2), round(centre[1] - framed.height / 2)
    cast_shadow(picture, mask, (left, top), thickness_px + 2)
    _side(picture, mask, (left, top), thickness_px, edge)
    top_face = bevelled(framed, bevel_px) if bevel_px else framed
    picture.paste(top_face.convert("RGB"), (left, top), mask)


def _side(picture: Image.Image, mask: Image.Image, corner: tuple[int, int], thickness_px: float, edge: Colour) -> None:
    steps = max(1, round(thickness_px))
    for step in range(steps, 0, -1):
        shade = mixed(edge, (20, 14, 14), 0.25 + 0.45 * step / steps)
        picture.paste(shade, (corner[0] + round(step * 0.35), corner[1] + round(step * 0.75)), mask)
